/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/stdio_session.h"

#include <stdio.h>

#include "base/event.h"
#include "base/language.h"
#include "net/connection.h"

/* ---- the conversation ---- */

/* Proxies that know no half-close end both directions then, in good order. A peer that has nothing
 * to say looks the same, so that the sentence is for those who ask for details. */
static void tell_lost_answer(const struct stdio_session *stdio, enum relay_end end)
{
    const struct relay *relay = &stdio->session.relay;

    if (stdio->options.awaits_answer && end == RELAY_BOTH_ENDED && !relay->far_first &&
        relay->out.passes_end && relay->out.sent && !relay->in.received)
        event_say(EVENT_VERBOSE,
                  "%s ended without an answer; if the proxy lost one, --no-shutdown gets it",
                  stream_label(stdio->session.far));
}

/* This side's end also ends the run while there is no peer. */
static void finish_kept(struct stdio_session *stdio, struct err *err)
{
    ending_tell_untaken(stdio->kept.peer, stdio_session_give_up(stdio));
    literal_input_fini(&stdio->literals);
    if (stdio->kept.replaced && err->kind == ERR_NONE)
        err_set(err, ERR_TEXT, "%s", "");
    stdio->handler.done(stdio->handler.owner, err);
}

/* The same conversion goes on with the next peer. */
static int convert_kept(struct stdio_session *stdio, const void *bytes, size_t n, struct err *err)
{
    struct conversion conversion = {.codec = stdio->kept.outward,
                                    .literals = stdio->options.literals ? &stdio->literals : NULL};
    struct buf *pending = &stdio->kept.pending.bytes;
    int result;

    if (!stdio->kept.converts)
        return buf_append(pending, bytes, n) < 0 ? err_memory(err) : 0;
    result = conversion_push(&conversion, bytes, n, !n, pending, err);
    stdio->kept.outward = conversion.codec;
    return result;
}

/* Reads until there is something for the next peer. -1: this side has ended, or *err. */
static int read_kept(struct stdio_session *stdio, struct err *err)
{
    unsigned char bytes[CHUNK_FIRST];
    ssize_t got = stream_read(stdio->kept.near, bytes, sizeof bytes, err);

    if (got == STREAM_AGAIN)
        return 0;
    if (got == STREAM_FAIL || convert_kept(stdio, bytes, (size_t)got, err) < 0)
        return -1;
    if (chunk_length(&stdio->kept.pending))
        stream_watch(stdio->kept.near, STREAM_LOSS);
    return got || chunk_length(&stdio->kept.pending) ? 0 : -1;
}

static void on_near_ready(void *owner, unsigned bits)
{
    struct stdio_session *stdio = owner;
    struct err err = {0};

    if (stream_check(stdio->kept.near, &err) < 0 ||
        (bits & STREAM_IN && read_kept(stdio, &err) < 0))
        finish_kept(stdio, &err);
}

static void keep(struct stdio_session *stdio)
{
    struct session *session = &stdio->session;
    int untaken = connection_unacknowledged(session->far);

    ending_tell_untaken(stream_label(session->far), untaken > 0 ? (uint64_t)untaken : 0);
    snprintf(stdio->kept.peer, sizeof stdio->kept.peer, "%s", stream_label(session->far));
    stdio->kept.near = session->near;
    stdio->kept.pending = session->relay.out.pending;
    stdio->kept.outward = session->outward.codec;
    stdio->kept.outward.faults = (struct codec_faults){0};
    stdio->kept.converts = session->relay.out.conversion;
    session->near = NULL;
    chunk_init(&session->relay.out.pending, 0);
    stream_own(stdio->kept.near, on_near_ready, stdio);
    stream_watch(stdio->kept.near,
                 STREAM_LOSS | (chunk_length(&stdio->kept.pending) ? 0u : (unsigned)STREAM_IN));
}

static void resume(struct stdio_session *stdio)
{
    struct session *session = &stdio->session;

    session->outward.codec = stdio->kept.outward;
    relay_take_pending(&session->relay, &stdio->kept.pending);
    stdio->kept.near = NULL;
}

size_t stdio_session_give_up(struct stdio_session *stdio)
{
    size_t unsent = stdio->kept.near ? chunk_length(&stdio->kept.pending) : 0;

    if (stdio->kept.near) {
        chunk_fini(&stdio->kept.pending);
        stream_close(stdio->kept.near, STREAM_LINGER);
    }
    stdio->kept.near = NULL;
    return unsent;
}

/* Only what the peer or the way to it did; a timeout of -i is of the way, too. */
static bool may_resume(const struct stdio_session *stdio, enum relay_end end, const struct err *err)
{
    return stdio->handler.again && relay_can_resume(&stdio->session.relay) && end != RELAY_QUIT &&
           (err->kind == ERR_NONE || err->kind == ERR_TIMEOUT || err_is_of_peer(err));
}

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct stdio_session *stdio = owner;
    struct session *session = &stdio->session;
    enum stream_close how = session_far_close(session, end, err);
    struct err outcome;
    bool resumes;

    tell_lost_answer(stdio, end);
    session_conclude(session, end, err, stream_label(session->near), &outcome);
    resumes = may_resume(stdio, end, err) &&
              stdio->handler.again(stdio->handler.owner, stream_label(session->far), err);
    if (resumes)
        keep(stdio);
    session_close(session, STREAM_LINGER, how, NULL);
    stdio->kept.replaced |= outcome.kind == ERR_TEXT;
    if (resumes)
        return;
    literal_input_fini(&stdio->literals);
    if (stdio->kept.replaced && outcome.kind == ERR_NONE)
        err_set(&outcome, ERR_TEXT, "%s", "");
    stdio->handler.done(stdio->handler.owner, &outcome);
}

static void on_waits(void *owner)
{
    const struct stdio_session *stdio = owner;

    event_say(EVENT_ALWAYS, "%s has ended; waiting for standard input (--end-with-peer ends here)",
              stream_label(stdio->session.far));
}

static int open_near(struct stdio_session *stdio, struct err *err)
{
    stdio->session.near = stdio_new(stdio->loop, stdio->options.stdio, err);
    if (!stdio->session.near)
        return -1;
    stdio->is_typed = stdio_is_typed(stdio->session.near);
    stdio->session.near = misread_tee_new(stdio->session.near, &stdio->input, err);
    return stdio->session.near ? 0 : -1;
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

    stdio->session.near = stdio->kept.near;
    if (!stdio->session.near && open_near(stdio, err) < 0)
        return -1;
    how.relay.near_follows |= stdio->is_typed;
    how.relay.resumes = stdio->handler.again;
    how.literals = options->literals ? &stdio->literals : NULL;
    how.relay.waits = options->tells_waiting ? on_waits : NULL;
    if (session_join(&stdio->session, &how, on_done, stdio, err) < 0)
        return -1;
    if (stdio->kept.near)
        resume(stdio);
    return 0;
}

static int stdio_session_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct stdio_session *stdio = (struct stdio_session *)handler;

    session_begin(&stdio->session, stdio->loop, stream, handler->is_dialled);
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
    *stdio = (struct stdio_session){.handler = {.ops = &stdio_session_ops},
                                    .loop = loop,
                                    .options = *options,
                                    .input = {.given = options->peer ? options->local : NULL,
                                              .legacy = options->legacy,
                                              .charsets = options->charsets,
                                              .what = N_("standard input"),
                                              .option = "--local-encoding"}};
    literal_input_init(&stdio->literals, options->local, options->utf8);
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
    struct ending ending = {.reason = reason};
    bool is_whole;

    if (!stdio_session_serves(stdio))
        return;
    is_whole = relay_has_sent_all(relay);
    if (is_whole)
        ending = relay->far_first ? closed_by_peer : closed_by_us;
    session_say(session, ending);
    if (relay->out.state != RELAY_OPEN)
        ending_tell_untaken(stream_label(session->far), chunk_length(&relay->out.pending));
    session_close(session, STREAM_LINGER, is_whole ? STREAM_LINGER : STREAM_ABORT, NULL);
    literal_input_fini(&stdio->literals);
}
