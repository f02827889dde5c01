/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/stdio_session.h"

#include "base/log.h"
#include "io/transcript_tee.h"
#include "relay/session.h"

/* ---- the conversation ---- */

static void on_relay_closed(struct relay *relay)
{
    struct stdio_session *session = relay->owner;

    codec_fini(&session->outward);
    codec_fini(&session->inward);
}

/* Without -e nobody asked for text: a terminal then shows what it can, and no fault is told. */
static bool say_all_faults(const struct stdio_session *session)
{
    bool replaced;

    if (!session->options.peer)
        return false;
    replaced = session_faults(&session->inward, stream_label(session->peer));
    replaced |= session_faults(&session->outward, stream_label(session->local));
    return replaced;
}

/* With --on-bad-text stop the peer gets all that precedes the bad text. */
static enum stream_close how_to_close(const struct relay *relay, enum relay_end end,
                                      const struct err *err)
{
    if (end == RELAY_FAILED || end == RELAY_IDLE)
        return err->kind == ERR_TEXT ? STREAM_BREAK : STREAM_ABORT;
    return buf_length(&relay->out.pending) ? STREAM_ABORT : STREAM_LINGER;
}

static void close_all(struct stdio_session *session, enum stream_close how)
{
    relay_close(&session->relay, on_relay_closed);
    stream_close(session->local, STREAM_LINGER);
    stream_close(session->peer, how);
    session->peer = NULL;
}

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct stdio_session *session = owner;
    struct err outcome = *err;
    bool replaced;

    session_relay(&session->relay, ending_of_relay(&session->relay, end, err));
    replaced = say_all_faults(session);
    if (replaced && outcome.kind == ERR_NONE)
        err_set(&outcome, ERR_TEXT, "%s", "");
    close_all(session, how_to_close(&session->relay, end, err));
    session->handler.done(session->handler.owner, &outcome);
}

static void on_waits(void *owner)
{
    const struct stdio_session *session = owner;

    log_say(LOG_NOTICE, "%s has ended; waiting for standard input (--end-with-peer ends here)",
            stream_label(session->peer));
}

bool stdio_session_is_sending(const struct stdio_session *session)
{
    return session->peer && session->relay.out.state == RELAY_DRAIN;
}

void stdio_session_interrupt(struct stdio_session *session, const char *reason)
{
    bool whole;

    if (!session->peer)
        return;
    whole = relay_has_sent_all(&session->relay);
    if (whole)
        session_relay(&session->relay, session->relay.far_first ? closed_by_peer : closed_by_us);
    else
        session_relay(&session->relay, (struct ending){.reason = reason});
    if (session->relay.out.state != RELAY_OPEN)
        ending_say_untaken(stream_label(session->peer), buf_length(&session->relay.out.pending));
    close_all(session, whole ? STREAM_LINGER : STREAM_ABORT);
}

static struct codec *open_codec(struct codec *codec, const struct codec_plan *plan)
{
    codec_init(codec, plan);
    return codec_is_identity(plan) ? NULL : codec;
}

static struct codec_plan outward_plan(const struct stdio_session_options *options)
{
    return (struct codec_plan){
        .from = options->peer ? options->local : NULL,
        .to = options->peer,
        .text = options->text,
        .wire = WIRE_IS_OUTPUT,
    };
}

/* A terminal is shown text, whatever the peer sends; without -e in the charset of here. */
static struct codec_plan inward_plan(const struct stdio_session_options *options)
{
    bool is_text = options->peer || options->shows;
    struct text_options text = {0};

    if (options->peer)
        text = options->text;
    text.eol = EOL_AS_IS;
    return (struct codec_plan){
        .from = options->peer ? options->peer
                : is_text     ? options->local
                              : NULL,
        .to = is_text ? options->local : NULL,
        .text = text,
        .safe = options->shows,
        .wire = WIRE_IS_INPUT,
    };
}

static int start_relay(struct stdio_session *session, struct err *err)
{
    const struct stdio_session_options *options = &session->options;
    struct relay_options relay = options->relay;
    struct codec_plan outward = outward_plan(options);
    struct codec_plan inward = inward_plan(options);

    relay.outward = open_codec(&session->outward, &outward);
    relay.inward = open_codec(&session->inward, &inward);
    relay.near_follows |= stdio_is_typed(session->local);
    relay.waits = options->tells_waiting ? on_waits : NULL;
    return relay_start(&session->relay, session->loop, session->local, session->peer, &relay,
                       on_done, session, err);
}

static int open_local(struct stdio_session *session, struct err *err)
{
    session->local = stdio_new(session->loop, session->options.stdio, err);
    return session->local ? 0 : -1;
}

static int open_tee(struct stdio_session *session, struct err *err)
{
    const struct stdio_session_options *options = &session->options;
    struct transcript_tee_options how = {
        .transcript = options->transcript,
        .charset = options->peer ? options->peer : options->local,
        .utf8 = options->utf8,
        .own = options->name,
        .peer = "peer",
    };
    struct stream *tee;

    if (!options->transcript)
        return 0;
    tee = transcript_tee_new(session->peer, &how, err);
    if (tee)
        session->peer = tee;
    return tee ? 0 : -1;
}

static int pipe_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct stdio_session *session = (struct stdio_session *)handler;

    session->peer = stream;
    session->since = uv_now(session->loop);
    log_say(LOG_VERBOSE, "%s connected", stream_label(stream));
    if (open_local(session, err) == 0) {
        if (open_tee(session, err) == 0 && start_relay(session, err) == 0)
            return 0;
        stream_close(session->local, STREAM_ABORT);
        codec_fini(&session->outward);
        codec_fini(&session->inward);
    }
    stream_close(session->peer, STREAM_ABORT);
    session->peer = NULL;
    return -1;
}

static void pipe_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct stdio_session *session = (const struct stdio_session *)handler;

    if (session->peer)
        session_visit(&session->relay, session->peer, session->since, visit, owner);
}

static const struct handler_ops pipe_ops = {
    .serve = pipe_serve,
    .visit = pipe_visit,
};

void stdio_session_init(struct stdio_session *session, uv_loop_t *loop,
                        const struct stdio_session_options *options)
{
    *session =
        (struct stdio_session){.handler = {.ops = &pipe_ops}, .loop = loop, .options = *options};
}
