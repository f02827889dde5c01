/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/transcript_tee.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/observer.h"
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
    struct observer observer;
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

/* ---- the observer ---- */

static struct voice *voice_of(struct transcript_tee *tee, unsigned way)
{
    return way == STREAM_IN ? &tee->peer : &tee->own;
}

static void transcript_tee_passed(struct observer *observer, unsigned way, const struct iovec *iov,
                                  size_t n)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        hear(tee, voice_of(tee, way), iov->iov_base, piece);
        n -= piece;
    }
}

static void transcript_tee_ended(struct observer *observer, unsigned way)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    hear_end(tee, voice_of(tee, way));
}

static void transcript_tee_closed(struct observer *observer)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    hear_end(tee, &tee->own);
    hear_end(tee, &tee->peer);
    framer_fini(&tee->own.framer);
    framer_fini(&tee->peer.framer);
    free(tee);
}

static const struct observer_ops transcript_tee_ops = {
    .passed = transcript_tee_passed,
    .ended = transcript_tee_ended,
    .closed = transcript_tee_closed,
};

struct stream *transcript_tee_new(struct stream *inner,
                                  const struct transcript_tee_options *options, struct err *err)
{
    unsigned ways = STREAM_IN | (options->own ? (unsigned)STREAM_OUT : 0u);
    struct transcript_tee *tee = observer_new(sizeof *tee, inner, &transcript_tee_ops, ways, err);

    if (!tee)
        return NULL;
    tee->options = *options;
    voice_init(&tee->own, options->own ? options->own : "", options->charset);
    voice_init(&tee->peer, options->peer, options->charset);
    return &tee->observer.stream;
}
