/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/stdio_session.h"

#include <stdlib.h>

#include "base/log.h"
#include "io/observer.h"

/* ---- text of another charset ---- */

struct reader {
    struct observer observer;
    struct misread *misread;
};

static void reader_passed(struct observer *observer, unsigned way, const struct iovec *iov,
                          size_t n)
{
    struct reader *reader = (struct reader *)observer;

    (void)way;
    for (; n; iov++) {
        size_t piece = n < iov->iov_len ? n : iov->iov_len;

        misread_push(reader->misread, iov->iov_base, piece);
        n -= piece;
    }
}

static void reader_closed(struct observer *observer)
{
    free(observer);
}

/* Puts a reader around the stream. */
static int read_along(struct stream **stream, struct misread *misread, struct err *err)
{
    static const struct observer_ops ops = {.passed = reader_passed, .closed = reader_closed};
    struct reader *reader = observer_new(sizeof *reader, *stream, &ops, STREAM_IN, err);

    if (!reader)
        return -1;
    reader->misread = misread;
    *stream = &reader->observer.stream;
    return 0;
}

/* The charset that text looks like, in place of the given one; NULL: none. */
static struct charset *likelier(const struct stdio_session *stdio, const struct misread *misread,
                                const struct charset *given)
{
    const struct stdio_session_options *options = &stdio->options;
    struct charset *other;

    if (!charset_is_utf8(given))
        return misread_is_utf8(misread) ? charset_find(options->charsets, "utf-8", NULL) : NULL;
    if (!misread_is_no_utf8(misread))
        return NULL;
    other = charset_find(options->charsets, options->legacy(), NULL);
    return other && misread_is(misread, other) ? other : NULL;
}

/* Received text is read in -e's charset, or for a terminal in the local one. */
static const struct charset *read_in(const struct stdio_session *stdio)
{
    return stdio->options.peer    ? stdio->options.peer
           : stdio->options.shows ? stdio->options.local
                                  : NULL;
}

static void say_misread(const struct stdio_session *stdio)
{
    const struct stdio_session_options *options = &stdio->options;
    const struct charset *given = read_in(stdio);
    const struct charset *other = given ? likelier(stdio, &stdio->received, given) : NULL;

    if (other)
        log_say(LOG_NOTICE, "%s: what was received looks like %s, not %s (see -e)",
                stream_label(stdio->session.far), charset_name(other), charset_name(given));
    other = options->peer ? likelier(stdio, &stdio->sent, options->local) : NULL;
    if (other)
        log_say(LOG_NOTICE, "standard input looks like %s, not %s (see --local-encoding)",
                charset_name(other), charset_name(options->local));
}

/* ---- the conversation ---- */

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct stdio_session *stdio = owner;
    struct session *session = &stdio->session;
    struct err outcome;

    session_conclude(session, end, err, stream_label(session->near), &outcome);
    say_misread(stdio);
    session_close(session, STREAM_LINGER, session_far_close(session, end, err), NULL);
    stdio->handler.done(stdio->handler.owner, &outcome);
}

static void on_waits(void *owner)
{
    const struct stdio_session *stdio = owner;

    log_say(LOG_NOTICE, "%s has ended; waiting for standard input (--end-with-peer ends here)",
            stream_label(stdio->session.far));
}

static int join(struct stdio_session *stdio, struct err *err)
{
    const struct stdio_session_options *options = &stdio->options;
    struct session_options how = {
        .near = options->local,
        .far = options->peer,
        .text = options->text,
        .shows = options->shows,
        .outward_wire = WIRE_IS_OUTPUT,
        .relay = options->relay,
        .tee = {.transcript = options->transcript,
                .charset = options->peer ? options->peer : options->local,
                .utf8 = options->utf8,
                .is_telnet = options->peer,
                .own = options->name,
                .peer = "peer"},
    };

    stdio->session.near = stdio_new(stdio->loop, options->stdio, err);
    if (!stdio->session.near)
        return -1;
    how.relay.near_follows |= stdio_is_typed(stdio->session.near);
    if (read_in(stdio) && read_along(&stdio->session.far, &stdio->received, err) < 0)
        return -1;
    if (options->peer && read_along(&stdio->session.near, &stdio->sent, err) < 0)
        return -1;
    how.relay.waits = options->tells_waiting ? on_waits : NULL;
    return session_join(&stdio->session, &how, on_done, stdio, err);
}

static int stdio_session_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct stdio_session *stdio = (struct stdio_session *)handler;

    session_begin(&stdio->session, stdio->loop, stream);
    if (join(stdio, err) == 0)
        return 0;
    session_close(&stdio->session, STREAM_ABORT, STREAM_ABORT, NULL);
    return -1;
}

static void stdio_session_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct stdio_session *stdio = (const struct stdio_session *)handler;

    if (stdio_session_serves(stdio))
        session_visit(&stdio->session, visit, owner);
}

static const struct handler_ops stdio_session_ops = {
    .serve = stdio_session_serve,
    .visit = stdio_session_visit,
};

void stdio_session_init(struct stdio_session *stdio, uv_loop_t *loop,
                        const struct stdio_session_options *options)
{
    *stdio = (struct stdio_session){
        .handler = {.ops = &stdio_session_ops}, .loop = loop, .options = *options};
}

bool stdio_session_serves(const struct stdio_session *stdio)
{
    return stdio->session.far;
}

bool stdio_session_is_sending(const struct stdio_session *stdio)
{
    return stdio_session_serves(stdio) && stdio->session.relay.out.state == RELAY_DRAIN;
}

void stdio_session_interrupt(struct stdio_session *stdio, const char *reason)
{
    struct session *session = &stdio->session;
    const struct relay *relay = &session->relay;
    bool is_whole;

    if (!stdio_session_serves(stdio))
        return;
    is_whole = relay_has_sent_all(relay);
    session_say(session, !is_whole          ? (struct ending){.reason = reason}
                         : relay->far_first ? closed_by_peer
                                            : closed_by_us);
    if (relay->out.state != RELAY_OPEN)
        ending_say_untaken(stream_label(session->far), chunk_length(&relay->out.pending));
    session_close(session, STREAM_LINGER, is_whole ? STREAM_LINGER : STREAM_ABORT, NULL);
}
