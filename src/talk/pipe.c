#include "talk/pipe.h"

#include "base/log.h"
#include "io/transcript_tee.h"
#include "talk/report.h"

/* ---- the conversation ---- */

static void on_relay_closed(struct relay *relay)
{
    struct pipe *pipe = relay->owner;

    codec_fini(&pipe->outward);
    codec_fini(&pipe->inward);
}

/* Without -e nobody asked for text: a terminal then shows what it can, and no fault is told. */
static bool say_all_faults(const struct pipe *pipe)
{
    bool replaced;

    if (!pipe->options.peer)
        return false;
    replaced = report_faults(&pipe->inward, stream_label(pipe->peer));
    replaced |= report_faults(&pipe->outward, stream_label(pipe->local));
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

static void close_all(struct pipe *pipe, enum stream_close how)
{
    relay_close(&pipe->relay, on_relay_closed);
    stream_close(pipe->local, STREAM_LINGER);
    stream_close(pipe->peer, how);
    pipe->peer = NULL;
}

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct pipe *pipe = owner;
    struct err outcome = *err;
    bool replaced;

    report_relay(&pipe->relay, ending_of_relay(&pipe->relay, end, err));
    replaced = say_all_faults(pipe);
    if (replaced && outcome.kind == ERR_NONE)
        err_set(&outcome, ERR_TEXT, "%s", "");
    close_all(pipe, how_to_close(&pipe->relay, end, err));
    pipe->handler.done(pipe->handler.owner, &outcome);
}

static void on_waits(void *owner)
{
    const struct pipe *pipe = owner;

    log_say(LOG_NOTICE, "%s has ended; waiting for standard input (--end-with-peer ends here)",
            stream_label(pipe->peer));
}

bool pipe_is_sending(const struct pipe *pipe)
{
    return pipe->peer && pipe->relay.out.state == RELAY_DRAIN;
}

void pipe_interrupt(struct pipe *pipe, const char *reason)
{
    bool whole;

    if (!pipe->peer)
        return;
    whole = relay_has_sent_all(&pipe->relay);
    if (whole)
        report_relay(&pipe->relay, pipe->relay.far_first ? closed_by_peer : closed_by_us);
    else
        report_relay(&pipe->relay, (struct ending){.reason = reason});
    if (pipe->relay.out.state != RELAY_OPEN)
        report_untaken(stream_label(pipe->peer), buf_length(&pipe->relay.out.pending));
    close_all(pipe, whole ? STREAM_LINGER : STREAM_ABORT);
}

static struct codec *open_codec(struct codec *codec, const struct codec_plan *plan)
{
    codec_init(codec, plan);
    return codec_is_identity(plan) ? NULL : codec;
}

static struct codec_plan outward_plan(const struct pipe_options *options)
{
    return (struct codec_plan){
        .from = options->peer ? options->local : NULL,
        .to = options->peer,
        .checks = options->checks,
        .crlf = options->crlf,
        .bad = options->bad,
        .wire = WIRE_IS_OUTPUT,
    };
}

/* A terminal is shown text, whatever the peer sends; without -e in the charset of here. */
static struct codec_plan inward_plan(const struct pipe_options *options)
{
    bool is_text = options->peer || options->shows;

    return (struct codec_plan){
        .from = options->peer ? options->peer
                : is_text     ? options->local
                              : NULL,
        .to = is_text ? options->local : NULL,
        .checks = options->checks && options->peer,
        .safe = options->shows,
        .bad = options->peer ? options->bad : BAD_REPLACE,
        .wire = WIRE_IS_INPUT,
    };
}

static int start_relay(struct pipe *pipe, struct err *err)
{
    const struct pipe_options *options = &pipe->options;
    struct relay_options relay = options->relay;
    struct codec_plan outward = outward_plan(options);
    struct codec_plan inward = inward_plan(options);

    relay.outward = open_codec(&pipe->outward, &outward);
    relay.inward = open_codec(&pipe->inward, &inward);
    relay.near_follows |= stdio_is_typed(pipe->local);
    relay.waits = options->tells_waiting ? on_waits : NULL;
    return relay_start(&pipe->relay, pipe->loop, pipe->local, pipe->peer, &relay, on_done, pipe,
                       err);
}

static int open_local(struct pipe *pipe, struct err *err)
{
    pipe->local = stdio_new(pipe->loop, pipe->options.stdio, err);
    return pipe->local ? 0 : -1;
}

static int open_tee(struct pipe *pipe, struct err *err)
{
    const struct pipe_options *options = &pipe->options;
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
    tee = transcript_tee_new(pipe->peer, &how, err);
    if (tee)
        pipe->peer = tee;
    return tee ? 0 : -1;
}

static int pipe_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct pipe *pipe = (struct pipe *)handler;

    pipe->peer = stream;
    pipe->since = uv_now(pipe->loop);
    log_say(LOG_VERBOSE, "%s connected", stream_label(stream));
    if (open_local(pipe, err) == 0) {
        if (open_tee(pipe, err) == 0 && start_relay(pipe, err) == 0)
            return 0;
        stream_close(pipe->local, STREAM_ABORT);
        codec_fini(&pipe->outward);
        codec_fini(&pipe->inward);
    }
    stream_close(pipe->peer, STREAM_ABORT);
    pipe->peer = NULL;
    return -1;
}

static void pipe_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct pipe *pipe = (const struct pipe *)handler;

    if (pipe->peer)
        report_visit(&pipe->relay, pipe->peer, pipe->since, visit, owner);
}

static const struct handler_ops pipe_ops = {
    .serve = pipe_serve,
    .visit = pipe_visit,
};

void pipe_init(struct pipe *pipe, uv_loop_t *loop, const struct pipe_options *options)
{
    *pipe = (struct pipe){.handler = {.ops = &pipe_ops}, .loop = loop, .options = *options};
}
