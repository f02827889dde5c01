/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/transcript_tee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "io/observer.h"
#include "text/codec.h"
#include "text/decoder.h"
#include "text/framer.h"
#include "text/telnet.h"

enum { LINE = 8192, NAME = 768, TEXT_CAP = 16 * (FRAMING_MOST + FRAMER_PUSH) };

struct direction {
    char name[NAME];
    const char *way; /* "in" or "out" */
    bool continues;  /* the next line is a further piece of one that was too long */
    struct telnet telnet;
    struct framer framer;
};

/* A piece of what passes, behind the beginning of a command that waits for it. */
static unsigned char chunk[FRAMER_PUSH];

struct transcript_tee {
    struct observer observer;
    struct transcript_tee_options options;
    struct direction own, peer;
};

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    return decoder_unfinished(owner, bytes, n);
}

static void direction_init(struct direction *direction, const char *name, const char *way,
                           struct charset *charset)
{
    direction->way = way;
    snprintf(direction->name, sizeof direction->name, "%s", name);
    framer_init(&direction->framer, LINE, unfinished, charset);
}

struct said {
    const struct line *wire;
    const struct buf *text;
    bool replaced;
};

static void tell(const struct transcript_tee *tee, const struct direction *direction,
                 const struct said *said)
{
    event_tell(&(struct event){
        .kind = EVENT_MESSAGE,
        .level = EVENT_RECORDED,
        .peer = tee->options.is_local ? NULL : stream_label(tee->observer.inner),
        .name = direction->name,
        .direction = direction->way,
        .how = "say",
        .encoding = charset_name(tee->options.charset),
        .text = (const char *)buf_bytes(said->text),
        .text_n = buf_length(said->text),
        .bytes = said->wire->head + said->wire->n + said->wire->end,
        .replaced = said->replaced,
    });
}

static void write_line(struct transcript_tee *tee, struct direction *direction,
                       const struct line *line, enum framer_end end)
{
    struct codec_plan plan = {
        .from = tee->options.charset, .to = tee->options.utf8, .text.checked = true};
    struct codec codec;
    struct buf text;

    buf_init(&text, TEXT_CAP);
    codec_init(&codec, &plan);
    if (codec_push(&codec, line->bytes, line->n, true, &text, NULL) < 0)
        transcript_lose(tee->options.transcript);
    (direction->continues ? transcript_further
                          : transcript_line)(tee->options.transcript, direction->name,
                                             (const char *)buf_bytes(&text), buf_length(&text));
    direction->continues = end == FRAMER_CUT;
    tell(tee, direction, &(struct said){line, &text, codec.faults.undecodable > 0});
    buf_fini(&text);
}

/* The first n bytes of the chunk are text, except telnet's commands among them. */
static void take_text(struct transcript_tee *tee, struct direction *direction, size_t n, bool last)
{
    struct telnet_input input = {chunk, n, last};
    enum framer_end end;
    struct telnet_run run;
    struct line line;
    int more;

    while ((more = telnet_next(&direction->telnet, &input, &run)) > 0) {
        if (framer_push(&direction->framer, run.text, run.n) < 0)
            transcript_lose(tee->options.transcript);
        while ((end = framer_next(&direction->framer, &line)) != FRAMER_NONE)
            write_line(tee, direction, &line, end);
    }
    if (more < 0)
        transcript_lose(tee->options.transcript);
}

static void take(struct transcript_tee *tee, struct direction *direction,
                 const unsigned char *bytes, size_t n)
{
    while (n) {
        size_t kept = telnet_kept(&direction->telnet, chunk);
        size_t piece = n < sizeof chunk - kept ? n : sizeof chunk - kept;

        memcpy(chunk + kept, bytes, piece);
        take_text(tee, direction, kept + piece, false);
        bytes += piece;
        n -= piece;
    }
}

static void take_end(struct transcript_tee *tee, struct direction *direction)
{
    struct line line;
    enum framer_end end;

    take_text(tee, direction, telnet_kept(&direction->telnet, chunk), true);
    end = framer_rest(&direction->framer, true, &line);
    if (end != FRAMER_NONE)
        write_line(tee, direction, &line, end);
}

/* ---- the observer ---- */

static struct direction *direction_of(struct transcript_tee *tee, unsigned way)
{
    return way == STREAM_IN ? &tee->peer : &tee->own;
}

/* This side doubles each FF for a peer that has negotiated, and says no commands. */
static void undouble(struct direction *own)
{
    own->telnet.place = TELNET_AFTER_GREETING;
    own->telnet.first = FIRST_TELNET;
}

static void transcript_tee_passed(struct observer *observer, unsigned way, const struct iovec *iov,
                                  size_t n)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    if (tee->peer.telnet.negotiated)
        undouble(&tee->own);
    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        take(tee, direction_of(tee, way), iov->iov_base, piece);
        n -= piece;
    }
}

static void transcript_tee_ended(struct observer *observer, unsigned way, bool breaks)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    (void)breaks;
    take_end(tee, direction_of(tee, way));
}

static void transcript_tee_concluded(struct observer *observer)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    take_end(tee, &tee->own);
    take_end(tee, &tee->peer);
}

static void transcript_tee_closed(struct observer *observer)
{
    struct transcript_tee *tee = (struct transcript_tee *)observer;

    transcript_tee_concluded(observer);
    telnet_fini(&tee->own.telnet);
    telnet_fini(&tee->peer.telnet);
    framer_fini(&tee->own.framer);
    framer_fini(&tee->peer.framer);
    free(tee);
}

static const struct observer_ops transcript_tee_ops = {
    .passed = transcript_tee_passed,
    .ended = transcript_tee_ended,
    .concluded = transcript_tee_concluded,
    .closed = transcript_tee_closed,
};

struct stream *transcript_tee_new(struct stream *inner,
                                  const struct transcript_tee_options *options, struct err *err)
{
    unsigned ways = STREAM_IN | (options->own ? (unsigned)STREAM_OUT : 0u);
    struct transcript_tee *tee = observer_new(sizeof *tee, inner, &transcript_tee_ops, ways, err);
    const struct framing *framing = &options->transcript->framing;
    bool is_text;

    if (!tee)
        return NULL;
    tee->options = *options;
    direction_init(&tee->own, options->own ? options->own : "", "out", options->charset);
    direction_init(&tee->peer, options->peer, options->is_local ? "out" : "in", options->charset);
    is_text = options->is_local || framing->kind == FRAMING_LINES || framing->is_text;
    if (!options->is_local)
        framer_use(&tee->peer.framer, framing);
    telnet_set_charsets(&tee->peer.telnet, options->is_telnet && is_text ? options->charset : NULL,
                        NULL);
    return &tee->observer.stream;
}
