/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/member.h"

#include <stdlib.h>
#include <string.h>

enum {
    MESSAGES = 1000,  /* of one turn, before the loop looks at others */
    NEXT_TURN_MS = 1, /* a timer of 0 ms would come before the others */
};

static void watch(struct member *member)
{
    bool reads = member->state == MEMBER_TALKING && member->can_read;
    bool writes = member->state == MEMBER_TALKING ? outbox_waits(&member->outbox) : true;

    stream_watch(member->stream, (reads ? STREAM_IN : 0u) | (writes ? STREAM_OUT : 0u));
}

/* The owner lets the member leave, or keeps it. */
static void end(struct member *member, enum member_end how, const struct err *err)
{
    struct err lack;

    if (member->state != MEMBER_TALKING)
        return;
    uv_timer_stop(&member->silence);
    uv_timer_stop(&member->idle);
    if (member->outbox.lacks) {
        err_set(&lack, ERR_LOCAL, "%s: out of memory", member_address(member));
        how = MEMBER_FAILED;
        err = &lack;
    }
    member->events->ended(member->owner, member, how, err);
}

/* ---- reading ---- */

static void pull(struct member *member);

static void on_pull(uv_timer_t *timer)
{
    pull(timer->data);
}

/* A member that may not speak now is not read. */
static bool may_speak(struct member *member)
{
    uint64_t delay = member->events->delay(member->owner, member);

    member->can_read = !delay;
    if (delay && delay != MEMBER_WAITS)
        uv_timer_start(&member->silence, on_pull, delay, 0);
    return member->can_read;
}

/* An offer becomes a message as far as the owner grants it. */
static enum inbox_result take_offer(struct member *member, struct inbound *inbound, struct err *err)
{
    size_t n = inbound->wire.n;
    bool is_line = inbound->is_last || n >= INBOX_LINE || memchr(inbound->wire.bytes, '\n', n);
    enum inbox_result result;

    if (member->events->grants)
        n = member->events->grants(member->owner, member, inbound->wire.bytes, n, is_line);
    result = n ? inbox_take(&member->inbox, n, inbound, err) : INBOX_AGAIN;
    member->can_read = result != INBOX_AGAIN || !is_line;
    return result == INBOX_AGAIN ? INBOX_OFFER : result;
}

static void tell_changes(struct member *member, unsigned changes);

/* Tells the owner, and frees the message. */
static void tell(struct member *member, enum inbox_result result, struct inbound *inbound,
                 const struct err *err)
{
    switch (result) {
    case INBOX_MESSAGE: member->events->said(member->owner, member, inbound); break;
    case INBOX_DROPPED: member->events->dropped(member->owner, member, inbound); break;
    case INBOX_ANSWER:
        tell_changes(member, outbox_answer(&member->outbox, inbound->wire.bytes, inbound->wire.n));
        break;
    case INBOX_END: end(member, MEMBER_ENDED, err); break;
    case INBOX_FAILED: end(member, MEMBER_FAILED, err); break;
    case INBOX_OFFER:
    case INBOX_AGAIN: break;
    }
    inbound_fini(inbound);
}

/* False where there is nothing now. */
static bool pull_one(struct member *member)
{
    struct inbound inbound;
    struct err err = {0};
    enum inbox_result result = inbox_next(&member->inbox, &inbound, &err);

    if (result == INBOX_OFFER)
        result = take_offer(member, &inbound, &err);
    tell(member, result, &inbound, &err);
    return result != INBOX_AGAIN;
}

/* The failure that bad text is, and the end, follow the last message at once. */
static bool goes_on(struct member *member)
{
    return member->state == MEMBER_TALKING &&
           (member->inbox.is_over || member->inbox.is_bad || may_speak(member));
}

static void pull_in(struct member *member, uint64_t ms)
{
    if (member->state == MEMBER_TALKING)
        uv_timer_start(&member->silence, on_pull, ms, 0);
}

/* One turn. True where something has come. */
static bool pull_turn(struct member *member)
{
    uint64_t received = member->inbox.received;
    int messages = 0;

    uv_timer_stop(&member->silence);
    member->is_pulling = true;
    inbox_begin_turn(&member->inbox);
    while (goes_on(member) && messages < MESSAGES && pull_one(member) && member->can_read)
        messages++;
    member->is_pulling = false;
    if (member->inbox.received != received)
        member->active_at = uv_now(member->silence.loop);
    if (messages == MESSAGES ||
        (messages && member->can_read && member->outbox.write == OUTBOX_CLOSED))
        pull_in(member, NEXT_TURN_MS);
    return messages || member->inbox.received != received;
}

static void on_silence(uv_timer_t *timer);

/* Between two turns. Many members are idle most of the time. */
static void rest(struct member *member)
{
    uint64_t timeout;

    if (member->state != MEMBER_TALKING)
        return;
    inbox_trim(&member->inbox);
    timeout = member->can_read ? inbox_timeout(&member->inbox, uv_now(member->silence.loop))
                               : INBOX_NEVER;
    if (timeout != INBOX_NEVER && !uv_is_active((uv_handle_t *)&member->silence))
        uv_timer_start(&member->silence, on_silence, timeout, 0);
    watch(member);
}

static void pull(struct member *member)
{
    if (member->is_pulling)
        return;
    if (!pull_turn(member) && member->outbox.lacks && member->can_read)
        end(member, MEMBER_FAILED, NULL);
    rest(member);
}

/* The loop may have been late: it was a silence only if nothing has come meanwhile. */
static void on_silence(uv_timer_t *timer)
{
    struct member *member = timer->data;
    struct inbound inbound = {0};
    enum inbox_result result;
    struct err err;

    if (pull_turn(member) || !member->can_read || member->state != MEMBER_TALKING) {
        rest(member);
        return;
    }
    result = inbox_end_line(&member->inbox, uv_now(timer->loop), &inbound, &err);
    member->is_pulling = true;
    tell(member, result, &inbound, &err);
    member->is_pulling = false;
    pull(member);
}

/* Our time is up: what has arrived is still said, whether the member may speak or not. */
static void end_in_time(struct member *member, enum member_end how, const struct err *err)
{
    enum inbox_result result;

    member->is_pulling = true;
    do {
        struct inbound inbound;
        struct err failure;

        result = inbox_next_held(&member->inbox, &inbound, &failure);
        tell(member, result, &inbound, &failure);
    } while (result != INBOX_AGAIN && member->state == MEMBER_TALKING);
    member->is_pulling = false;
    end(member, how, err);
}

void member_resume(struct member *member)
{
    member->can_read = true;
    pull(member);
}

/* ---- writing ---- */

static void on_quit(uv_timer_t *timer)
{
    end_in_time(timer->data, MEMBER_TOO_LATE, &(struct err){0});
}

static void on_stalled(uv_timer_t *timer);

/* The timer is a congested outbox's; once our end is acknowledged the peer has -q's time. A peer
 * that cannot be written to is read until it fails. */
static unsigned note(struct member *member, unsigned changes)
{
    uv_timer_t *limit = &member->limit;

    if (changes & OUTBOX_TOOK)
        member->took_at = member->active_at = uv_now(limit->loop);
    if (changes & OUTBOX_FILLED)
        uv_timer_start(limit, on_stalled, OUTBOX_PATIENCE_MS, 0);
    if (changes & (OUTBOX_DRAINED | OUTBOX_ENDED))
        uv_timer_stop(limit);
    if (changes & OUTBOX_ENDED && member->outbox.write == OUTBOX_CLOSED && member->can_read)
        pull_in(member, 0);
    if (changes & OUTBOX_ENDED && member->outbox.write == OUTBOX_FINISHED && member->options->quits)
        uv_timer_start(limit, on_quit, member->options->quit_ms, 0);
    return changes;
}

static void tell_changes(struct member *member, unsigned changes)
{
    if (changes)
        member->events->wrote(member->owner, member, note(member, changes));
}

unsigned member_flush(struct member *member)
{
    unsigned changes = note(member, outbox_flush(&member->outbox));

    watch(member);
    return changes;
}

/* The loop may come to the timer before it comes to a peer that takes everything. */
static void on_stalled(uv_timer_t *timer)
{
    struct member *member = timer->data;

    uv_timer_start(timer, on_stalled, OUTBOX_PATIENCE_MS, 0);
    tell_changes(member, outbox_flush(&member->outbox));
    if (member->stream)
        watch(member);
    if (member->state == MEMBER_TALKING && member->outbox.load == LOAD_CONGESTED)
        member->events->stalled(member->owner, member);
}

static void on_ready(void *owner, unsigned bits)
{
    struct member *member = owner;

    if (bits & STREAM_OUT && member->state == MEMBER_LEAVING)
        leaving_write(member);
    else if (bits & STREAM_OUT)
        tell_changes(member, outbox_flush(&member->outbox));
    if (member->stream && bits & STREAM_IN && member->state == MEMBER_TALKING)
        pull(member);
    else if (member->stream)
        watch(member);
}

unsigned member_send(struct member *member, struct message *message, size_t put)
{
    struct outbox *outbox = &member->outbox;
    bool is_open = outbox->write == OUTBOX_OPEN && member->state == MEMBER_TALKING;
    struct form_plan plan = member_plan(member);
    unsigned changes = 0;

    if (is_open)
        changes = outbox_send_rest(outbox, message ? message_form(message, &plan) : NULL, put);
    if (message && outbox->write == OUTBOX_CLOSED && (!is_open || outbox->lacks))
        outbox_lose(outbox, message);
    if (changes > OUTBOX_PENDING) {
        note(member, changes);
        watch(member);
    }
    return changes;
}

void member_finish(struct member *member)
{
    outbox_finish(&member->outbox);
    watch(member);
}

/* ---- coming and going ---- */

/* One timer, started again for what is left, so that traffic costs no timer call. A member that is
 * not read is not idle. */
static void on_idle(uv_timer_t *timer)
{
    struct member *member = timer->data;
    uint64_t silent = member->can_read ? uv_now(timer->loop) - member->active_at : 0;
    uint64_t most = member->options->idle_ms;
    struct err err;

    if (silent < most) {
        uv_timer_start(timer, on_idle, most - silent, 0);
        return;
    }
    err_set(&err, ERR_TIMEOUT, "%s: nothing was sent or received for %.10g s",
            member_address(member), (double)most / 1000);
    end_in_time(member, MEMBER_FAILED, &err);
}

static void start_timers(struct member *member, uv_loop_t *loop)
{
    uv_timer_init(loop, &member->silence);
    uv_timer_init(loop, &member->idle);
    uv_timer_init(loop, &member->limit);
    member->silence.data = member->idle.data = member->limit.data = member;
    member->timers = 3;
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
    *member = (struct member){
        .options = options, .events = events, .owner = owner, .stream = stream, .can_read = true};
    inbox_init(&member->inbox, stream, &options->inbox, &options->encodings);
    outbox_init(&member->outbox, stream, options->pool);
    start_timers(member, loop);
    stream_own(stream, on_ready, member);
    watch(member);
    return member;
}
