#include "talk/delivery.h"

#include "talk/turn.h"

/* ---- those who take nothing ---- */

static bool is_lively(const struct room *room, const struct member *member)
{
    return uv_now(room->loop) - member->took_at < ROOM_PATIENCE_MS;
}

/* The one that took something last stands first. */
bool delivery_is_held_up(const struct room *room, const struct member *speaker)
{
    const struct member *first = TAILQ_FIRST(&room->crowded);

    if (first && first == speaker)
        first = TAILQ_NEXT(first, seat.crowded);
    return first && is_lively(room, first);
}

void delivery_crowded(struct room *room, struct member *member)
{
    struct member *behind = TAILQ_FIRST(&room->crowded);

    while (behind && is_lively(room, behind) && behind->took_at > member->took_at)
        behind = TAILQ_NEXT(behind, seat.crowded);
    if (behind && is_lively(room, member))
        TAILQ_INSERT_BEFORE(behind, member, seat.crowded);
    else
        TAILQ_INSERT_TAIL(&room->crowded, member, seat.crowded);
}

void delivery_took(struct room *room, struct member *member)
{
    if (!member->is_crowded)
        return;
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
    TAILQ_INSERT_HEAD(&room->crowded, member, seat.crowded);
}

static void tell_drained(struct room *room)
{
    room->owes_drained = room->is_delivering;
    if (room->is_delivering || !TAILQ_EMPTY(&room->crowded))
        return;
    room->op->ops->drained(room->op);
    turn_resume(room);
}

void delivery_drained(struct room *room, struct member *member)
{
    TAILQ_REMOVE(&room->crowded, member, seat.crowded);
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

static struct member *largest(const struct room *room)
{
    struct member *most = NULL, *member;

    TAILQ_FOREACH(member, &room->crowded, seat.crowded)
    if (!most || member->outbox.bytes > most->outbox.bytes)
        most = member;
    return most;
}

static bool is_too_much(const struct outbox_sum *sum)
{
    return sum->queued > ROOM_MEMORY || sum->held > ROOM_MEMORY;
}

static void keep_memory(struct room *room)
{
    struct member *most;

    while (is_too_much(&room->sum) && may_cut(room) && (most = largest(room)))
        room_cut(room, most);
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
}

/* ---- filling ---- */

/* Past the limit it is asked once more before it is given up: the loop may not have come to it. */
static void deliver(struct room *room, struct member *member, struct message *message)
{
    if (member->seat.is_doomed)
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

/* Who is cut is cut once all have the message, so that they have it before the notice. */
void delivery_to_all(struct room *room, const struct member *except, struct message *message)
{
    bool was_begun = delivery_begin(room);
    struct member *next;

    for (struct member *member = room->roster.first; member; member = next) {
        next = member->seat.next;
        if (member != except)
            deliver(room, member, message);
    }
    if (!was_begun) {
        cut_the_doomed(room);
        keep_memory(room);
    }
    delivery_end(room, was_begun);
}

void delivery_to_one(struct room *room, struct member *member, struct message *message)
{
    deliver(room, member, message);
    if (!room->is_delivering)
        cut_the_doomed(room);
}

void delivery_forget(struct room *room, struct member *member)
{
    forget_debt(room, member);
    forget_doom(room, member);
    if (!member->is_crowded)
        return;
    member->is_crowded = false;
    delivery_drained(room, member);
}
