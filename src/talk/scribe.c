#include "talk/scribe.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/address.h"
#include "text/codec.h"
#include "text/decoder.h"
#include "text/framer.h"

enum { LINE = 8192, NAME = 2 * ADDRESS_LABEL, TEXT_CAP = 16 * (LINE + FRAMER_PUSH) };

/* One direction. */
struct voice {
    char name[NAME];
    bool continues; /* what comes next goes on with a line that was too long */
    struct framer framer;
};

struct scribe {
    struct stream stream;
    struct stream *inner;
    struct scribe_options options;
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

static void take_down(struct scribe *scribe, struct voice *voice, const struct line *line,
                      enum framer_end end)
{
    struct codec_plan plan = {
        .from = scribe->options.charset, .to = scribe->options.utf8, .checks = true};
    struct codec codec;
    struct buf text;

    buf_init(&text, TEXT_CAP);
    codec_init(&codec, &plan);
    if (codec_push(&codec, line->bytes, line->n, true, &text, NULL) < 0)
        transcript_lose(scribe->options.transcript);
    (voice->continues ? transcript_further : transcript_line)(
        scribe->options.transcript, voice->name, (const char *)buf_bytes(&text), buf_length(&text));
    voice->continues = end == FRAMER_CUT;
    codec_fini(&codec);
    buf_fini(&text);
}

static void hear(struct scribe *scribe, struct voice *voice, const unsigned char *bytes, size_t n)
{
    enum framer_end end;
    struct line line;

    while (n) {
        size_t piece = n < FRAMER_PUSH ? n : FRAMER_PUSH;

        if (framer_push(&voice->framer, bytes, piece) < 0)
            transcript_lose(scribe->options.transcript);
        while ((end = framer_next(&voice->framer, &line)) != FRAMER_NONE)
            take_down(scribe, voice, &line, end);
        bytes += piece;
        n -= piece;
    }
}

static void hear_end(struct scribe *scribe, struct voice *voice)
{
    struct line line;
    enum framer_end end = framer_rest(&voice->framer, true, &line);

    if (end != FRAMER_NONE)
        take_down(scribe, voice, &line, end);
}

static ssize_t scribe_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct scribe *scribe = (struct scribe *)stream;
    ssize_t got = stream_read(scribe->inner, bytes, n, err);

    if (got > 0)
        hear(scribe, &scribe->peer, bytes, (size_t)got);
    else if (got != STREAM_AGAIN)
        hear_end(scribe, &scribe->peer);
    return got;
}

static void hear_own(struct scribe *scribe, const struct iovec *iov, size_t n)
{
    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        hear(scribe, &scribe->own, iov->iov_base, piece);
        n -= piece;
    }
}

static ssize_t scribe_writev(struct stream *stream, const struct iovec *iov, int count,
                             struct err *err)
{
    struct scribe *scribe = (struct scribe *)stream;
    ssize_t put = scribe->inner->ops->writev(scribe->inner, iov, count, err);

    if (put > 0 && scribe->options.own)
        hear_own(scribe, iov, (size_t)put);
    return put;
}

static int scribe_finish(struct stream *stream, struct err *err)
{
    struct scribe *scribe = (struct scribe *)stream;

    hear_end(scribe, &scribe->own);
    return stream_finish(scribe->inner, err);
}

static void on_ready(void *owner, unsigned bits)
{
    struct scribe *scribe = owner;

    scribe->stream.ready(scribe->stream.owner, bits);
}

static void scribe_watch(struct stream *stream, unsigned bits)
{
    stream_watch(((struct scribe *)stream)->inner, bits);
}

static const char *scribe_label(const struct stream *stream)
{
    return stream_label(((const struct scribe *)stream)->inner);
}

static const struct stream *scribe_inner(const struct stream *stream)
{
    return ((const struct scribe *)stream)->inner;
}

static void scribe_close(struct stream *stream, enum stream_close how)
{
    struct scribe *scribe = (struct scribe *)stream;

    hear_end(scribe, &scribe->own);
    hear_end(scribe, &scribe->peer);
    stream_close(scribe->inner, how);
    framer_fini(&scribe->own.framer);
    framer_fini(&scribe->peer.framer);
    free(scribe);
}

static const struct stream_ops scribe_ops = {
    .read = scribe_read,
    .writev = scribe_writev,
    .finish = scribe_finish,
    .watch = scribe_watch,
    .label = scribe_label,
    .close = scribe_close,
    .inner = scribe_inner,
};

struct stream *scribe_new(struct stream *inner, const struct scribe_options *options,
                          struct err *err)
{
    struct scribe *scribe = calloc(1, sizeof *scribe);

    if (!scribe) {
        err_memory(err);
        return NULL;
    }
    scribe->stream.ops = &scribe_ops;
    scribe->inner = inner;
    scribe->options = *options;
    voice_init(&scribe->own, options->own ? options->own : "", options->charset);
    voice_init(&scribe->peer, options->peer, options->charset);
    stream_own(inner, on_ready, scribe);
    return &scribe->stream;
}
