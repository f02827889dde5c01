/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/fanout.h"

#include "room/flow.h"

/* ---- those who take nothing ---- */

/* The rest of the time for which a member is waited for that took bytes at this time. */
static uint64_t left_since(const struct room *room, uint64_t time)
{
    uint64_t past = uv_now(room->loop) - time;

    return past < ROOM_PATIENCE_MS ? ROOM_PATIENCE_MS - past : 0;
}

/* The one that took something last stands first. */
uint64_t fanout_holds_up(const struct room *room, const struct member *speaker)
{
    const struct member *first = TAILQ_FIRST(&room->congested);

    if (room->is_heavy && left_since(room, room->took_at))
        return left_since(room, room->took_at);
    if (first && first == speaker)
        first = TAILQ_NEXT(first, seat.congested);
    return first ? left_since(room, first->took_at) : 0;
}

bool room_is_ready(const struct room *room)
{
    return TAILQ_EMPTY(&room->congested) && !room->is_heavy;
}

void fanout_congested(struct room *room, struct member *member)
{
    struct member *behind = TAILQ_FIRST(&room->congested);

    while (behind && left_since(room, behind->took_at) && behind->took_at > member->took_at)
        behind = TAILQ_NEXT(behind, seat.congested);
    if (behind && left_since(room, member->took_at))
        TAILQ_INSERT_BEFORE(behind, member, seat.congested);
    else
        TAILQ_INSERT_TAIL(&room->congested, member, seat.congested);
}

/* Not at once: whoever is told says more, in the middle of what another one says. */
static void note_drained(struct room *room)
{
    if (room_is_ready(room) && !room->is_over)
        flow_tell_drained_soon(room);
}

static bool is_over(const struct room *room, size_t bytes)
{
    return room->sum.queued > bytes || room->sum.held > bytes;
}

static void weigh(struct room *room)
{
    bool was_heavy = room->is_heavy;

    room->is_heavy = is_over(room, ROOM_MEMORY / 2);
    if (was_heavy && !room->is_heavy)
        note_drained(room);
}

void fanout_took(struct room *room, struct member *member)
{
    room->took_at = uv_now(room->loop);
    if (!member->is_congested)
        return;
    TAILQ_REMOVE(&room->congested, member, seat.congested);
    TAILQ_INSERT_HEAD(&room->congested, member, seat.congested);
}

void fanout_drained(struct room *room, struct member *member)
{
    TAILQ_REMOVE(&room->congested, member, seat.congested);
    flow_drained(room, member);
    note_drained(room);
}

bool fanout_begin(struct room *room)
{
    bool was_begun = room->is_delivering;

    room->is_delivering = true;
    return was_begun;
}

void fanout_end(struct room *room, bool was_begun)
{
    room->is_delivering = was_begun;
}

/* ---- who is evicted ---- */

/* The only one is waited for. */
static bool may_evict(const struct room *room)
{
    return room->options.mode.evicts && room->roster.count > 1;
}

static void mark(struct room *room, struct member *member)
{
    if (member->seat.is_marked || !may_evict(room))
        return;
    member->seat.is_marked = true;
    TAILQ_INSERT_TAIL(&room->marked, member, seat.marked);
}

static void unmark(struct room *room, struct member *member)
{
    if (member->seat.is_marked)
        TAILQ_REMOVE(&room->marked, member, seat.marked);
    member->seat.is_marked = false;
}

static void evict_the_marked(struct room *room)
{
    struct member *member;

    while ((member = TAILQ_FIRST(&room->marked))) {
        unmark(room, member);
        if (may_evict(room))
            room_evict(room, member);
    }
}

static struct member *larger(struct member *most, struct member *member)
{
    return !most || member->outbox.bytes > most->outbox.bytes ? member : most;
}

/* All are looked at only where nobody is congested: very many, with a little each. */
static struct member *largest(const struct room *room)
{
    struct member *most = NULL, *member;

    TAILQ_FOREACH(member, &room->congested, seat.congested)
    most = larger(most, member);
    for (member = most ? NULL : room->roster.first; member; member = member->seat.next)
        most = larger(most, member);
    return most;
}

/* A member that leaves holds memory for a while and no longer needs the room. */
static void drop_leaving(struct room *room)
{
    struct member *first = TAILQ_FIRST(&room->leaving);

    first->seat.ending = (struct ending){.reason = "memory is short"};
    member_close(first, STREAM_ABORT);
}

static void keep_memory(struct room *room)
{
    while (is_over(room, ROOM_MEMORY) && may_evict(room) && !TAILQ_EMPTY(&room->leaving))
        drop_leaving(room);
    while (is_over(room, ROOM_MEMORY) && may_evict(room))
        room_evict(room, largest(room));
}

/* Once all have the message, so that they have it before the notice. */
static void keep_bounds(struct room *room)
{
    evict_the_marked(room);
    weigh(room);
    keep_memory(room);
}

void fanout_stalled(struct room *room, struct member *member)
{
    mark(room, member);
    keep_bounds(room);
}

/* A room of two is a conversation, which waits for its slower side. */
static bool is_awaited(const struct room *room, const struct member *member)
{
    return flow_is_awaited_by_others(room, member) && room->roster.count > 2;
}

/* Those that are stalled, behind the others, hold nobody up. */
void fanout_was_awaited(struct room *room, uint64_t ms)
{
    uint64_t now = uv_now(room->loop);
    struct member *member;

    TAILQ_FOREACH(member, &room->congested, seat.congested)
    {
        if (!left_since(room, member->took_at))
            break;
        if (is_awaited(room, member) &&
            patience_add(&member->seat.rate.patience, ms, now) >= FANOUT_AWAITED_MS)
            mark(room, member);
    }
    keep_bounds(room);
}

/* ---- writing ---- */

static void forget_pending(struct room *room, struct member *member)
{
    if (member->seat.is_pending)
        TAILQ_REMOVE(&room->pending, member, seat.pending);
    member->seat.is_pending = false;
}

void fanout_pending(struct room *room, struct member *member)
{
    if (!member->seat.is_pending)
        TAILQ_INSERT_TAIL(&room->pending, member, seat.pending);
    member->seat.is_pending = true;
}

void fanout_flush(struct room *room)
{
    struct member *member;

    while ((member = TAILQ_FIRST(&room->pending))) {
        forget_pending(room, member);
        member_flush(member);
    }
    weigh(room); /* without what was taken meanwhile, and the message that was in hand */
}

/* ---- filling ---- */

/* Past the limit it is asked once more before it is given up: the loop may not have come to it. */
static void deliver(struct room *room, struct member *member, struct message *message)
{
    if (member->seat.is_marked || member->state != MEMBER_TALKING)
        return;
    if (member_hear(member, message) < 0) {
        room_tell(room, "%s did not get this: out of memory", member->seat.name);
        return;
    }
    if (member->outbox.bytes > room->options.limit)
        member_flush(member);
    if (member->outbox.bytes > room->options.limit)
        mark(room, member);
}

void fanout_to_all(struct room *room, const struct member *except, struct message *message)
{
    bool was_begun = fanout_begin(room);
    struct member *next;

    for (struct member *member = room->roster.first; member; member = next) {
        next = member->seat.next;
        if (member != except)
            deliver(room, member, message);
    }
    if (!was_begun)
        keep_bounds(room);
    fanout_end(room, was_begun);
}

void fanout_to_one(struct room *room, struct member *member, struct message *message)
{
    bool was_begun = fanout_begin(room);

    deliver(room, member, message);
    if (!was_begun)
        keep_bounds(room);
    fanout_end(room, was_begun);
}

void fanout_forget(struct room *room, struct member *member)
{
    forget_pending(room, member);
    unmark(room, member);
    weigh(room);
    if (!member->is_congested)
        return;
    member->is_congested = false;
    TAILQ_REMOVE(&room->congested, member, seat.congested);
    note_drained(room);
}
