#include "talk/delivery.h"

#include "talk/turn.h"

/* ---- those who take nothing ---- */

/* What is left of the time that somebody has who took something then. */
static uint64_t left_since(const struct room *room, uint64_t time)
{
    uint64_t past = uv_now(room->loop) - time;

    return past < ROOM_PATIENCE_MS ? ROOM_PATIENCE_MS - past : 0;
}

/* The one that took something last stands first. */
uint64_t delivery_holds_up(const struct room *room, const struct member *speaker)
{
    const struct member *first = TAILQ_FIRST(&room->crowded);

    if (room->is_heavy && left_since(room, room->took_at))
        return left_since(room, room->took_at);
    if (first && first == speaker)
        first = TAILQ_NEXT(first, seat.crowded);
    return first ? left_since(room, first->took_at) : 0;
}

bool room_is_ready(const struct room *room)
{
    return TAILQ_EMPTY(&room->crowded) && !room->is_heavy;
}

void delivery_crowded(struct room *room, struct member *member)
{
    struct member *behind = TAILQ_FIRST(&room->crowded);

    while (behind && left_since(room, behind->took_at) && behind->took_at > member->took_at)
        behind = TAILQ_NEXT(behind, seat.crowded);
    if (behind && left_since(room, member->took_at))
        TAILQ_INSERT_BEFORE(behind, member, seat.crowded);
    else
        TAILQ_INSERT_TAIL(&room->crowded, member, seat.crowded);
}

static void tell_drained(struct room *room)
{
    room->owes_drained = room->is_delivering;
    if (room->is_delivering || !room_is_ready(room))
        return;
    room->op->ops->drained(room->op);
    turn_resume(room);
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
        tell_drained(room);
}

void delivery_took(struct room *room, struct member *member)
{
    room->took_at = uv_now(room->loop);
    if (!member->is_crowded)
        return;
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
    TAILQ_INSERT_HEAD(&room->crowded, member, seat.crowded);
}

void delivery_drained(struct room *room, struct member *member)
{
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
    turn_drained(room, member);
    tell_drained(room);
}

bool delivery_begin(struct room *room)
{
    bool was_begun = room->is_delivering;

    room->is_delivering = true;
    return was_begun;
}

void delivery_end(struct room *room, bool was_begun)
{
    room->is_delivering = was_begun;
    if (!was_begun && room->owes_drained)
        tell_drained(room);
}

/* ---- who is cut ---- */

/* The only one is waited for. */
static bool may_cut(const struct room *room)
{
    return room->options.rules & ROOM_CUT && room->roster.count > 1;
}

void delivery_stuck(struct room *room, struct member *member)
{
    if (may_cut(room))
        room_cut(room, member);
}

static void doom(struct room *room, struct member *member)
{
    if (member->seat.is_doomed || !may_cut(room))
        return;
    member->seat.is_doomed = true;
    TAILQ_INSERT_TAIL(&room->doomed, member, seat.doomed);
}

static void forget_doom(struct room *room, struct member *member)
{
    if (member->seat.is_doomed)
        TAILQ_REMOVE(&room->doomed, member, seat.doomed);
    member->seat.is_doomed = false;
}

static void cut_the_doomed(struct room *room)
{
    struct member *member;

    while ((member = TAILQ_FIRST(&room->doomed))) {
        forget_doom(room, member);
        if (may_cut(room))
            room_cut(room, member);
    }
}

static struct member *larger(struct member *most, struct member *member)
{
    return !most || member->outbox.bytes > most->outbox.bytes ? member : most;
}

/* All are looked at only where nobody is crowded: very many, with a little each. */
static struct member *largest(const struct room *room)
{
    struct member *most = NULL, *member;

    TAILQ_FOREACH(member, &room->crowded, seat.crowded)
    most = larger(most, member);
    for (member = most ? NULL : room->roster.first; member; member = member->seat.next)
        most = larger(most, member);
    return most;
}

static void keep_memory(struct room *room)
{
    while (is_over(room, ROOM_MEMORY) && may_cut(room))
        room_cut(room, largest(room));
}

/* Once all have the message, so that they have it before the notice. */
static void keep_bounds(struct room *room)
{
    cut_the_doomed(room);
    weigh(room);
    keep_memory(room);
}

/* ---- writing ---- */

static void forget_debt(struct room *room, struct member *member)
{
    if (member->seat.is_owing)
        TAILQ_REMOVE(&room->owing, member, seat.owing);
    member->seat.is_owing = false;
}

void delivery_owes(struct room *room, struct member *member)
{
    if (!member->seat.is_owing)
        TAILQ_INSERT_TAIL(&room->owing, member, seat.owing);
    member->seat.is_owing = true;
}

void delivery_flush(struct room *room)
{
    struct member *member;

    while ((member = TAILQ_FIRST(&room->owing))) {
        forget_debt(room, member);
        member_flush(member);
    }
    weigh(room); /* without what was taken meanwhile, and the message that was in hand */
}

/* ---- filling ---- */

/* Past the limit it is asked once more before it is given up: the loop may not have come to it. */
static void deliver(struct room *room, struct member *member, struct message *message)
{
    if (member->seat.is_doomed || member->state != MEMBER_TALKING)
        return;
    if (member_hear(member, message) < 0) {
        room_tell(room, "%s did not get this: out of memory", member->seat.name);
        return;
    }
    if (member->outbox.bytes > room->options.limit)
        member_flush(member);
    if (member->outbox.bytes > room->options.limit)
        doom(room, member);
}

void delivery_to_all(struct room *room, const struct member *except, struct message *message)
{
    bool was_begun = delivery_begin(room);
    struct member *next;

    for (struct member *member = room->roster.first; member; member = next) {
        next = member->seat.next;
        if (member != except)
            deliver(room, member, message);
    }
    if (!was_begun)
        keep_bounds(room);
    delivery_end(room, was_begun);
}

void delivery_to_one(struct room *room, struct member *member, struct message *message)
{
    bool was_begun = delivery_begin(room);

    deliver(room, member, message);
    if (!was_begun)
        keep_bounds(room);
    delivery_end(room, was_begun);
}

void delivery_forget(struct room *room, struct member *member)
{
    forget_debt(room, member);
    forget_doom(room, member);
    weigh(room);
    if (!member->is_crowded)
        return;
    member->is_crowded = false;
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
    tell_drained(room);
}
