/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/member.h"

#include <stdlib.h>

#include "room/inbox.h"

enum { LEAVE_MS = 5000 /* how long a leaving member may take for what is left */ };

/* ---- watching ---- */

void member_watch(struct member *member)
{
    bool reads = member->state == MEMBER_TALKING && !member->paused;
    bool writes =
        !member->write_closed && (member->is_blocked || (member->finishing && !member->finished));

    stream_watch(member->stream, (reads ? STREAM_IN : 0u) | (writes ? STREAM_OUT : 0u));
}

/* Tells it; the owner lets the member leave. */
void member_end(struct member *member, enum member_end how, const struct err *err)
{
    if (member->state != MEMBER_TALKING)
        return;
    uv_timer_stop(&member->silence);
    uv_timer_stop(&member->idle);
    member->events->ended(member->owner, member, how, err);
}

void member_resume(struct member *member)
{
    if (member->state != MEMBER_TALKING)
        return;
    member->paused = false;
    inbox_go_on(member);
}

/* ---- writing ---- */

static void on_quit(uv_timer_t *timer)
{
    struct err none = {0};

    inbox_end_in_time(timer->data, MEMBER_TOO_LATE, &none);
}

/* What it said before it went is still to be read; then the stream tells the failure again. */
static void close_writing(struct member *member)
{
    member->write_closed = true;
    member->is_blocked = false;
    outbox_fini(&member->outbox);
    uv_timer_stop(&member->limit);
}

/* Our end is out and acknowledged: from now on the peer has -q's time. */
static void finish(struct member *member)
{
    struct err err;
    int finished = stream_finish(member->stream, &err);

    if (finished == STREAM_FAIL)
        close_writing(member);
    member->finished = finished == 0;
    if (member->finished && member->options->quits)
        uv_timer_start(&member->limit, on_quit, member->options->quit_ms, 0);
}

/* The loop may come to the timer before it comes to a peer that takes everything. */
static void on_stalled(uv_timer_t *timer)
{
    struct member *member = timer->data;

    uv_timer_start(timer, on_stalled, OUTBOX_PATIENCE_MS, 0);
    member_flush(member);
    if (member->is_congested)
        member->events->stalled(member->owner, member);
}

/* Only what was tried and did not go is congestion. It ends at half of where it began, so that who
 * is waited for has a pause. */
static void note_congestion(struct member *member)
{
    size_t most = member->options->congested;
    bool is_congested =
        member->is_blocked && member->outbox.bytes > (member->is_congested ? most / 2 : most);

    if (is_congested == member->is_congested)
        return;
    member->is_congested = is_congested;
    if (is_congested) {
        uv_timer_start(&member->limit, on_stalled, OUTBOX_PATIENCE_MS, 0);
        member->events->congested(member->owner, member);
        return;
    }
    if (!member->finished) /* then it is -q's */
        uv_timer_stop(&member->limit);
    member->events->drained(member->owner, member);
}

/* A peer that breaks off before it has our last words is not closed by this side. */
static void go_on_leaving(struct member *member, int written, const struct err *err)
{
    struct ending *ending = &member->seat.ending;

    if (written == STREAM_AGAIN)
        return;
    if (written == STREAM_FAIL && !ending->by_peer && !ending->reason)
        *ending = ending_of_failure(member_address(member), err);
    member_close(member, written == 0 ? member->leaves : STREAM_ABORT);
}

static void write_on(struct member *member)
{
    uint64_t sent = member->outbox.sent;
    struct err err;
    int written = outbox_write(&member->outbox, member->stream, &err);

    member->is_blocked = written == STREAM_AGAIN;
    if (member->outbox.sent != sent) {
        member->took_at = member->active_at = uv_now(member->silence.loop);
        member->events->took(member->owner, member);
    }
    if (member->state == MEMBER_LEAVING) {
        go_on_leaving(member, written, &err);
        return;
    }
    if (written == STREAM_FAIL)
        close_writing(member);
    else if (written == 0 && member->finishing && !member->finished)
        finish(member);
    note_congestion(member);
}

static void on_ready(void *owner, unsigned bits)
{
    struct member *member = owner;

    if (bits & STREAM_OUT)
        write_on(member);
    if (member->stream && bits & STREAM_IN && member->state == MEMBER_TALKING)
        inbox_go_on(member);
    if (member->stream)
        member_watch(member);
}

const struct form *member_form(const struct member *member, struct message *message)
{
    struct form_plan plan = {member_is_raw(member) ? NULL : encoding_reply(&member->encoding),
                             member->options->crlf, member->options->bad};

    return message_form(message, &plan);
}

void member_flush(struct member *member)
{
    if (member->write_closed)
        return;
    write_on(member);
    if (member->stream) /* the owner may have been told something, and let it leave */
        member_watch(member);
}

int member_hear(struct member *member, struct message *message)
{
    const struct form *form;

    if (member->write_closed || member->finishing || member->state != MEMBER_TALKING)
        return 0;
    form = member_form(member, message);
    if (!form || outbox_push(&member->outbox, form) < 0)
        return -1;
    if (member->is_blocked)
        note_congestion(member);
    else if (member->outbox.bytes > member->options->congested)
        member_flush(member);
    else
        member->events->pending(member->owner, member);
    return 0;
}

void member_finish(struct member *member)
{
    member->finishing = true;
    member_watch(member);
}

const char *member_address(const struct member *member)
{
    return member->stream ? stream_label(member->stream) : "?"; /* closed meanwhile */
}

static void set_encodings(struct member *member, const struct encoding_list *encodings)
{
    if (encodings->first)
        encoding_init(&member->encoding, encodings);
    else
        member->encoding = (struct encoding){0};
}

void member_set_encodings(struct member *member, const struct encoding_list *encodings)
{
    set_encodings(member, encodings);
    member->seat.told_replaced = false;
}

/* ---- coming and going ---- */

/* One timer, started again for what is left, so that traffic costs no timer call. Who is not read
 * is not idle. */
static void on_idle(uv_timer_t *timer)
{
    struct member *member = timer->data;
    uint64_t silent = uv_now(timer->loop) - member->active_at;
    uint64_t most = member->options->idle_ms;
    struct err err;

    if (silent < most || member->paused) {
        uv_timer_start(timer, on_idle, member->paused ? most : most - silent, 0);
        return;
    }
    err_set(&err, ERR_TIMEOUT, "%s: nothing was sent or received for %.10g s",
            member_address(member), (double)most / 1000);
    inbox_end_in_time(member, MEMBER_FAILED, &err);
}

static void start_timers(struct member *member, uv_loop_t *loop)
{
    uv_timer_t *const timers[] = {&member->silence, &member->idle, &member->limit};

    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(loop, timers[i]);
        timers[i]->data = member;
        member->timers++;
    }
    member->active_at = uv_now(loop);
    if (member->options->idle_ms)
        uv_timer_start(&member->idle, on_idle, member->options->idle_ms, 0);
}

struct member *member_new(uv_loop_t *loop, struct stream *stream,
                          const struct member_options *options, const struct member_events *events,
                          void *owner, struct err *err)
{
    struct member *member = calloc(1, sizeof *member);

    if (!member) {
        stream_close(stream, STREAM_ABORT);
        err_memory(err);
        return NULL;
    }
    member->stream = stream;
    member->options = options;
    member->events = events;
    member->owner = owner;
    set_encodings(member, &options->encodings);
    inbox_init(member);
    outbox_init(&member->outbox, options->sum);
    start_timers(member, loop);
    stream_own(stream, on_ready, member);
    member_watch(member);
    return member;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct member *member = handle->data;

    if (--member->timers)
        return;
    member->events->closed(member->owner, member);
    framer_fini(&member->framer);
    free(member);
}

void member_close(struct member *member, enum stream_close how)
{
    member->events->closing(member->owner, member);
    stream_close(member->stream, how);
    member->stream = NULL;
    outbox_fini(&member->outbox);
    uv_close((uv_handle_t *)&member->silence, on_timer_closed);
    uv_close((uv_handle_t *)&member->idle, on_timer_closed);
    uv_close((uv_handle_t *)&member->limit, on_timer_closed);
}

static void on_left_too_slowly(uv_timer_t *timer)
{
    struct member *member = timer->data;

    member->seat.ending = (struct ending){.reason = "it did not take what was left for it"};
    member_close(member, STREAM_ABORT);
}

void member_leave(struct member *member, enum stream_close how)
{
    uv_timer_stop(&member->silence);
    uv_timer_stop(&member->idle);
    uv_timer_stop(&member->limit);
    member->state = MEMBER_LEAVING;
    member->leaves = how;
    if (how == STREAM_ABORT || !member->outbox.count) {
        member_close(member, how);
        return;
    }
    uv_timer_start(&member->limit, on_left_too_slowly, LEAVE_MS, 0);
    write_on(member);
    if (member->stream)
        member_watch(member);
}
