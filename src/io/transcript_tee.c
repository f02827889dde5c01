/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/transcript_tee.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/observer.h"
#include "text/codec.h"
#include "text/decoder.h"
#include "text/framer.h"

enum { LINE = 8192, NAME = 768, TEXT_CAP = 16 * (LINE + FRAMER_PUSH) };

struct direction {
    char name[NAME];
    bool continues; /* the next line is a further piece of one that was too long */
    struct framer framer;
};

struct transcript_tee {
    struct observer observer;
    struct transcript_tee_options options;
    struct direction own, peer;
};

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    return decoder_unfinished(owner, bytes, n);
}

static void direction_init(struct direction *direction, const char *name, struct charset *charset)
{
    snprintf(direction->name, sizeof direction->name, "%s", name);
    framer_init(&direction->framer, LINE, unfinished, charset);
}

static void write_line(struct transcript_tee *tee, struct direction *direction,
                       const struct line *line, enum framer_end end)
{
    struct codec_plan plan = {
        .from = tee->options.charset, .to = tee->options.utf8, .text.checked = true};
    struct buf text;

    buf_init(&text, TEXT_CAP);
    if (codec_convert(&plan, line->bytes, line->n, &text, NULL) < 0)
        transcript_lose(tee->options.transcript);
    (direction->continues ? transcript_further
                          : transcript_line)(tee->options.transcript, direction->name,
                                             (const char *)buf_bytes(&text), buf_length(&text));
    direction->continues = end == FRAMER_CUT;
    buf_fini(&text);
}

static void take(struct transcript_tee *tee, struct direction *direction,
                 const unsigned char *bytes, size_t n)
{
    enum framer_end end;
    struct line line;

    while (n) {
        size_t piece = n < FRAMER_PUSH ? n : FRAMER_PUSH;

        if (framer_push(&direction->framer, bytes, piece) < 0)
            transcript_lose(tee->options.transcript);
        while ((end = framer_next(&direction->framer, &line)) != FRAMER_NONE)
            write_line(tee, direction, &line, end);
        bytes += piece;
        n -= piece;
    }
}

static void take_end(struct transcript_tee *tee, struct direction *direction)
{
    struct line line;
    enum framer_end end = framer_rest(&direction->framer, true, &line);

    if (end != FRAMER_NONE)
        write_line(tee, direction, &line, end);
}

/* ---- the observer ---- */

static struct direction *direction_of(struct transcript_tee *tee, unsigned way)
{
    return way == STREAM_IN ? &tee->peer : &tee->own;
}

static void transcript_tee_passed(struct observer *observer, unsigned way, const struct iovec *iov,
                                  size_t n)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        take(tee, direction_of(tee, way), iov->iov_base, piece);
        n -= piece;
    }
}

static void transcript_tee_ended(struct observer *observer, unsigned way)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    take_end(tee, direction_of(tee, way));
}

static void transcript_tee_closed(struct observer *observer)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    take_end(tee, &tee->own);
    take_end(tee, &tee->peer);
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
    direction_init(&tee->own, options->own ? options->own : "", options->charset);
    direction_init(&tee->peer, options->peer, options->charset);
    return &tee->observer.stream;
}
