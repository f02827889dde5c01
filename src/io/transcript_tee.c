/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/transcript_tee.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/codec.h"
#include "text/decoder.h"
#include "text/framer.h"

enum { LINE = 8192, NAME = 768, TEXT_CAP = 16 * (LINE + FRAMER_PUSH) };

/* One direction. */
struct voice {
    char name[NAME];
    bool continues; /* what comes next goes on with a line that was too long */
    struct framer framer;
};

struct transcript_tee {
    struct stream stream;
    struct stream *inner;
    struct transcript_tee_options options;
    struct voice own, peer;
};

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    return decoder_unfinished(owner, bytes, n);
}

static void voice_init(struct voice *voice, const char *name, struct charset *charset)
{
    snprintf(voice->name, sizeof voice->name, "%s", name);
    framer_init(&voice->framer, LINE, unfinished, charset);
}

static void take_down(struct transcript_tee *tee, struct voice *voice, const struct line *line,
                      enum framer_end end)
{
    struct codec_plan plan = {
        .from = tee->options.charset, .to = tee->options.utf8, .checks = true};
    struct codec codec;
    struct buf text;

    buf_init(&text, TEXT_CAP);
    codec_init(&codec, &plan);
    if (codec_push(&codec, line->bytes, line->n, true, &text, NULL) < 0)
        transcript_lose(tee->options.transcript);
    (voice->continues ? transcript_further : transcript_line)(
        tee->options.transcript, voice->name, (const char *)buf_bytes(&text), buf_length(&text));
    voice->continues = end == FRAMER_CUT;
    codec_fini(&codec);
    buf_fini(&text);
}

static void hear(struct transcript_tee *tee, struct voice *voice, const unsigned char *bytes,
                 size_t n)
{
    enum framer_end end;
    struct line line;

    while (n) {
        size_t piece = n < FRAMER_PUSH ? n : FRAMER_PUSH;

        if (framer_push(&voice->framer, bytes, piece) < 0)
            transcript_lose(tee->options.transcript);
        while ((end = framer_next(&voice->framer, &line)) != FRAMER_NONE)
            take_down(tee, voice, &line, end);
        bytes += piece;
        n -= piece;
    }
}

static void hear_end(struct transcript_tee *tee, struct voice *voice)
{
    struct line line;
    enum framer_end end = framer_rest(&voice->framer, true, &line);

    if (end != FRAMER_NONE)
        take_down(tee, voice, &line, end);
}

static ssize_t transcript_tee_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct transcript_tee *tee = (struct transcript_tee *)stream;
    ssize_t got = stream_read(tee->inner, bytes, n, err);

    if (got > 0)
        hear(tee, &tee->peer, bytes, (size_t)got);
    else if (got != STREAM_AGAIN)
        hear_end(tee, &tee->peer);
    return got;
}

static void hear_own(struct transcript_tee *tee, const struct iovec *iov, size_t n)
{
    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        hear(tee, &tee->own, iov->iov_base, piece);
        n -= piece;
    }
}

static ssize_t transcript_tee_writev(struct stream *stream, const struct iovec *iov, int count,
                                     struct err *err)
{
    struct transcript_tee *tee = (struct transcript_tee *)stream;
    ssize_t put = tee->inner->ops->writev(tee->inner, iov, count, err);

    if (put > 0 && tee->options.own)
        hear_own(tee, iov, (size_t)put);
    return put;
}

static int transcript_tee_finish(struct stream *stream, struct err *err)
{
    struct transcript_tee *tee = (struct transcript_tee *)stream;

    hear_end(tee, &tee->own);
    return stream_finish(tee->inner, err);
}

static void on_ready(void *owner, unsigned bits)
{
    struct transcript_tee *tee = owner;

    tee->stream.ready(tee->stream.owner, bits);
}

static void transcript_tee_watch(struct stream *stream, unsigned bits)
{
    stream_watch(((struct transcript_tee *)stream)->inner, bits);
}

static const char *transcript_tee_label(const struct stream *stream)
{
    return stream_label(((const struct transcript_tee *)stream)->inner);
}

static const struct stream *transcript_tee_inner(const struct stream *stream)
{
    return ((const struct transcript_tee *)stream)->inner;
}

static void transcript_tee_close(struct stream *stream, enum stream_close how)
{
    struct transcript_tee *tee = (struct transcript_tee *)stream;

    hear_end(tee, &tee->own);
    hear_end(tee, &tee->peer);
    stream_close(tee->inner, how);
    framer_fini(&tee->own.framer);
    framer_fini(&tee->peer.framer);
    free(tee);
}

static const struct stream_ops transcript_tee_ops = {
    .read = transcript_tee_read,
    .writev = transcript_tee_writev,
    .finish = transcript_tee_finish,
    .watch = transcript_tee_watch,
    .label = transcript_tee_label,
    .close = transcript_tee_close,
    .inner = transcript_tee_inner,
};

struct stream *transcript_tee_new(struct stream *inner,
                                  const struct transcript_tee_options *options, struct err *err)
{
    struct transcript_tee *tee = calloc(1, sizeof *tee);

    if (!tee) {
        err_memory(err);
        return NULL;
    }
    tee->stream.ops = &transcript_tee_ops;
    tee->inner = inner;
    tee->options = *options;
    voice_init(&tee->own, options->own ? options->own : "", options->charset);
    voice_init(&tee->peer, options->peer, options->charset);
    stream_own(inner, on_ready, tee);
    return &tee->stream;
}
