/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/relay.h"

#include <stdlib.h>

#include "base/event.h"
#include "io/loop.h"

/* A half is a small state machine:
 *
 *     state   event                                 action, next state
 *     ------  ------------------------------------  -------------------------------------------
 *     OPEN    bytes are read                        converted, written, before the next read
 *     OPEN    `from` ends, or near has to follow    the last bytes converted; DRAIN
 *     OPEN    `from` fails                          the failure is kept, passes_end cleared; DRAIN
 *     OPEN    the codec stops at bad text           DRAIN, then the relay ends
 *     DRAIN   all is written                        `to` is finished (passes_end); CLOSED
 *     any     `to` fails or hangs up                pending bytes are dropped; CLOSED
 *
 * and the relay joins the two:
 *
 *     reading from a peer failed                    the other half is CLOSED: it has no receiver
 *     reading from a peer was cut off               the other half goes on until its end, or until
 *                                                   nothing came for RELAY_SILENCE_MS
 *     writing to a peer failed                      that half is CLOSED; the other goes on, because
 *                                                   bytes may still be readable
 *     far is over, near is not, and `resumes`       near is left as it is; the relay ends
 *     a local end failed                            the relay ends at once
 *     both halves are CLOSED                        the relay ends
 *
 * The kind of a failure tells a peer from a local end. `far` is always a peer; `near` is one if it
 * is a connection (ERR_NETWORK, ERR_SECURITY) or a program that reads no more (ERR_NONE).
 */

enum {
    TURN = 2 << 20,        /* bytes that a half moves before the loop turns to others */
    BULK = 64 << 10,       /* in one turn: many follow */
    PENDING_CAP = 1 << 20, /* bytes that one chunk may be converted to */
};

/* ---- the end ---- */

static void end(struct relay *relay, enum relay_end how, const struct err *err)
{
    if (relay->ended)
        return;
    relay->ended = true;
    stream_watch(relay->out.from, 0);
    stream_watch(relay->out.to, 0);
    uv_timer_stop(&relay->quit);
    uv_timer_stop(&relay->idle);
    uv_timer_stop(&relay->silence);
    relay->done(relay->owner, how, err);
}

static void end_if_closed(struct relay *relay)
{
    if ((relay->out.state != RELAY_CLOSED && !relay->is_cut) || relay->in.state != RELAY_CLOSED)
        return;
    if (relay->failed.kind != ERR_NONE)
        end(relay, RELAY_FAILED, &relay->failed);
    else
        end(relay, relay->peer_gone ? RELAY_PEER_GONE : RELAY_BOTH_ENDED, &relay->failed);
}

static void on_quit(uv_timer_t *timer)
{
    struct relay *relay = timer->data;

    end(relay, RELAY_QUIT, &relay->failed);
}

/* The timer starts again for the rest of the time, so that moving bytes costs no timer call. */
static void on_idle(uv_timer_t *timer)
{
    struct relay *relay = timer->data;
    uint64_t silent = uv_now(timer->loop) - relay->active_at;
    struct err err;

    if (silent < relay->options.idle_ms) {
        uv_timer_start(timer, on_idle, relay->options.idle_ms - silent, 0);
        return;
    }
    err_set(&err, ERR_TIMEOUT, "%s: nothing was sent or received for %.10g s",
            stream_label(relay->in.from), (double)relay->options.idle_ms / 1000);
    end(relay, RELAY_IDLE, &err);
}

/* ---- changes of state ---- */

static void set_state(struct relay *relay, struct relay_half *half, enum relay_state state)
{
    static const char *const names[] = {
        [RELAY_OPEN] = "OPEN", [RELAY_DRAIN] = "DRAIN", [RELAY_CLOSED] = "CLOSED"};

    if (half->state != state)
        event_state(stream_label(relay->in.from), half == &relay->in ? "relay in" : "relay out",
                    names[half->state], names[state]);
    half->state = state;
}

/* Far is over, or this direction. */
static void cut(struct relay *relay)
{
    relay->is_cut |= relay->options.resumes && relay->out.state == RELAY_OPEN;
}

static void close_half(struct relay *relay, struct relay_half *half)
{
    if (half == &relay->out)
        cut(relay);
    if (half == &relay->in || !relay->is_cut)
        chunk_drop(&half->pending);
    set_state(relay, half, RELAY_CLOSED);
}

/* A peer's failure is kept and told when all is delivered; a local one ends the relay. */
static void fail(struct relay *relay, const struct err *err)
{
    if (err_is_of_peer(err) || err->kind == ERR_NONE)
        err_keep(&relay->failed, err);
    else
        end(relay, RELAY_FAILED, err);
}

static void convert(struct relay *relay, struct relay_half *half, size_t n, bool last)
{
    struct err err;

    if (conversion_push(half->conversion, relay->raw, n, last, &half->pending.bytes, &err) == 0)
        return;
    if (err.kind != ERR_TEXT && err.kind != ERR_USAGE) { /* bad text, a bad literal */
        fail(relay, &err);
        return;
    }
    half->stopped = err;
    set_state(relay, half, RELAY_DRAIN);
}

static void start_quit_timer(struct relay *relay)
{
    if (relay->options.quits)
        uv_timer_start(&relay->quit, on_quit, relay->options.quit_ms, 0);
}

/* The timer works as the idle timer does. Bytes that one end does not take yet are no silence of
 * the other end. */
static void on_silence(uv_timer_t *timer)
{
    struct relay *relay = timer->data;
    uint64_t silent = uv_now(timer->loop) - relay->active_at;
    const struct relay_half *half = relay->in.state == RELAY_CLOSED ? &relay->out : &relay->in;

    if (half->state != RELAY_OPEN)
        return;
    if (silent < RELAY_SILENCE_MS || chunk_length(&half->pending))
        uv_timer_start(timer, on_silence,
                       silent < RELAY_SILENCE_MS ? RELAY_SILENCE_MS - silent : RELAY_SILENCE_MS, 0);
    else if (relay->failed.kind != ERR_NONE)
        end(relay, RELAY_FAILED, &relay->failed);
    else
        relay->options.waits(relay->owner);
}

static void drain_half(struct relay *relay, struct relay_half *half)
{
    relay->far_first |= half == &relay->in && relay->out.state == RELAY_OPEN;
    if (half == &relay->in)
        cut(relay);
    half->passes_end &= !relay->is_cut;
    set_state(relay, half, RELAY_DRAIN);
    if (half->conversion)
        convert(relay, half, conversion_kept(half->conversion, relay->raw), true);
    if (relay->ended || half == &relay->out || relay->is_cut)
        return;
    if (relay->options.ends_with_far)
        start_quit_timer(relay);
    if ((relay->options.near_follows || relay->options.ends_with_far) &&
        relay->out.state == RELAY_OPEN)
        drain_half(relay, &relay->out);
}

/* Data that was cut off must not look complete to the other end: it gets no FIN. Some programs
 * half-close TLS by a FIN alone: that is a failure, too, but they still take what is sent. */
static void on_read_failure(struct relay *relay, struct relay_half *half, const struct err *err)
{
    struct err gone;
    struct relay_half *other = half == &relay->in ? &relay->out : &relay->in;
    bool may_take = half == &relay->in || err->kind == ERR_SECURITY;

    fail(relay, err);
    if (relay->ended)
        return;
    half->passes_end = false;
    drain_half(relay, half);
    if (other->state != RELAY_CLOSED && (!may_take || stream_check(half->from, &gone) < 0))
        close_half(relay, other);
}

static void on_write_failure(struct relay *relay, struct relay_half *half, const struct err *err)
{
    fail(relay, err);
    if (!relay->ended)
        close_half(relay, half);
}

/* ---- moving bytes ---- */

/* Reads one chunk; false where none is there now. */
static bool read_chunk(struct relay *relay, struct relay_half *half)
{
    struct conversion *conversion = half->conversion;
    size_t kept = conversion ? conversion_kept(conversion, relay->raw) : 0;
    struct err err = {0};
    ssize_t got =
        conversion ? chunk_fill(&half->pending, half->from, relay->raw + kept, CHUNK - kept, &err)
                   : chunk_read(&half->pending, half->from, &err);

    if (got == STREAM_AGAIN)
        return false;
    if (got == STREAM_FAIL) {
        on_read_failure(relay, half, &err);
    } else if (got == 0) {
        drain_half(relay, half);
    } else {
        half->received += (uint64_t)got;
        if (conversion)
            convert(relay, half, kept + (size_t)got, false);
    }
    return true;
}

/* True when nothing is pending any more. */
static bool write_pending(struct relay *relay, struct relay_half *half)
{
    while (chunk_length(&half->pending)) {
        struct err err;
        ssize_t put = chunk_write(&half->pending, half->to, &err);

        if (put == STREAM_AGAIN)
            return false;
        if (put == STREAM_FAIL) {
            on_write_failure(relay, half, &err);
            return false;
        }
        half->sent += (uint64_t)put;
    }
    return true;
}

static void finish_half(struct relay *relay, struct relay_half *half)
{
    struct err err;
    int finished = half->passes_end ? stream_finish(half->to, &err) : 0;

    if (finished == STREAM_AGAIN)
        return;
    if (finished == STREAM_FAIL) {
        on_write_failure(relay, half, &err);
        return;
    }
    set_state(relay, half, RELAY_CLOSED);
    if (half == &relay->out && !relay->options.ends_with_far)
        start_quit_timer(relay);
    if (relay->failed.kind != ERR_NONE || (half == &relay->in && relay->options.waits))
        uv_timer_start(&relay->silence, on_silence, RELAY_SILENCE_MS, 0);
}

/* A source is only asked if it is said to be readable, or goes on after a write. */
static void pump(struct relay *relay, struct relay_half *half, bool is_readable)
{
    uint64_t received = half->received, sent = half->sent;

    while (!relay->ended && !halves_rest(relay, half)) {
        if (!write_pending(relay, half) || half->state == RELAY_CLOSED)
            break;
        if (half->stopped.kind != ERR_NONE) {
            end(relay, RELAY_FAILED, &half->stopped);
            break;
        }
        if (half->state == RELAY_DRAIN) {
            finish_half(relay, half);
            break;
        }
        if (half->received - received >= BULK)
            chunk_expect_bulk(&half->pending, half->from, half->to);
        if (half->received - received >= TURN || (!is_readable && half->sent == sent) ||
            !read_chunk(relay, half))
            break;
    }
    if (relay->ended) /* its owner may have closed the streams */
        return;
    chunk_pause(&half->pending, half->to);
    if (half->received != received || half->sent != sent)
        relay->active_at = uv_now(relay->idle.loop);
}

static void go_on(struct relay *relay, bool near_is_readable, bool far_is_readable)
{
    if (!relay->ended)
        pump(relay, &relay->in, far_is_readable);
    if (!relay->ended)
        pump(relay, &relay->out, near_is_readable);
    if (!relay->ended && relay->failed.kind != ERR_NONE && relay->in.from->connection)
        pump(relay, &relay->in, true); /* that may fail now, though nothing comes */
    if (!relay->ended)
        end_if_closed(relay);
    if (!relay->ended)
        halves_watch(relay);
}

static void on_near_ready(void *owner, unsigned ready)
{
    struct relay *relay = owner;
    struct err err;

    if (ready & STREAM_LOSS && relay->in.state != RELAY_CLOSED &&
        stream_check(relay->in.to, &err) < 0)
        on_write_failure(relay, &relay->in, &err);
    go_on(relay, ready & STREAM_IN, false);
}

static void on_far_ready(void *owner, unsigned ready)
{
    struct relay *relay = owner;
    struct relay_half *out = &relay->out;
    struct err err;

    if (ready & STREAM_LOSS && relay->in.state == RELAY_CLOSED) {
        bool is_lost = stream_check(out->to, &err) < 0;

        if (is_lost && err.kind != ERR_NONE) {
            on_write_failure(relay, out, &err);
        } else if (!chunk_length(&out->pending) && out->state == RELAY_OPEN) {
            relay->peer_gone = true;
            close_half(relay, out);
        }
    }
    go_on(relay, false, ready & STREAM_IN);
}

/* ---- start and close ---- */

static void set_up_half(struct relay_half *half, struct stream *from, struct stream *to,
                        struct conversion *conversion, bool passes_end)
{
    *half = (struct relay_half){
        .from = from, .to = to, .conversion = conversion, .passes_end = passes_end};
    chunk_init(&half->pending, PENDING_CAP);
}

int relay_start(struct relay *relay, uv_loop_t *loop, struct stream *near, struct stream *far,
                const struct relay_options *options, relay_done *done, void *owner, struct err *err)
{
    *relay = (struct relay){.options = *options, .done = done, .owner = owner};
    if ((options->outward || options->inward) && !(relay->raw = malloc(CHUNK)))
        return err_memory(err);
    set_up_half(&relay->out, near, far, options->outward, !options->no_shutdown);
    set_up_half(&relay->in, far, near, options->inward, true);
    uv_timer_init(loop, &relay->quit);
    uv_timer_init(loop, &relay->idle);
    loop_weak_timer(loop, &relay->silence, relay);
    relay->quit.data = relay->idle.data = relay;
    relay->timers = 3;
    relay->active_at = uv_now(loop);
    if (options->idle_ms)
        uv_timer_start(&relay->idle, on_idle, options->idle_ms, 0);
    stream_own(near, on_near_ready, relay);
    stream_own(far, on_far_ready, relay);
    halves_watch(relay);
    return 0;
}

void relay_take_pending(struct relay *relay, const struct chunk *pending)
{
    chunk_fini(&relay->out.pending);
    relay->out.pending = *pending;
    halves_watch(relay);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct relay *relay = handle->data;

    if (--relay->timers == 0)
        relay->closed(relay);
}

void relay_close(struct relay *relay, void (*closed)(struct relay *relay))
{
    relay->ended = true;
    relay->closed = closed;
    chunk_fini(&relay->out.pending);
    chunk_fini(&relay->in.pending);
    free(relay->raw);
    relay->raw = NULL;
    uv_close((uv_handle_t *)&relay->quit, on_timer_closed);
    uv_close((uv_handle_t *)&relay->idle, on_timer_closed);
    uv_close((uv_handle_t *)&relay->silence, on_timer_closed);
}
