#include "talk/turn.h"

#include "talk/delivery.h"

enum {
    PACE_MS = 50,
    TURN_DELIVERIES = 60000, /* but at least */
    TURN_MESSAGES = 64,      /* because one write takes as many */
    TURN_BYTES = 64 * 1024,
};

/* ---- the line ---- */

void turn_forget(struct member *member)
{
    if (member->seat.queue)
        TAILQ_REMOVE(member->seat.queue, member, seat.waiting);
    member->seat.queue = NULL;
}

static void wait_in(struct member_queue *queue, struct member *member)
{
    if (member->seat.queue == queue)
        return;
    turn_forget(member);
    TAILQ_INSERT_TAIL(queue, member, seat.waiting);
    member->seat.queue = queue;
}

static void wait_in_line(struct room *room, struct member *member)
{
    wait_in(&room->waiting, member);
}

bool turn_is_awaited(const struct room *room)
{
    return !TAILQ_EMPTY(&room->waiting) || !TAILQ_EMPTY(&room->open);
}

/* Not asked in this round yet. */
static struct member *first_of(const struct member_queue *queue, unsigned round)
{
    struct member *first = TAILQ_FIRST(queue);

    return first && first->seat.round != round ? first : NULL;
}

/* Whom the operator would hear of those who wait. */
static struct member *next_in_line(const struct room *room)
{
    const struct operator_ops *ops = room->op->ops;
    struct member *only = ops->hears_only ? ops->hears_only(room->op) : NULL, *next;

    if (!ops->listens(room->op))
        return NULL;
    if (only)
        return only->seat.queue && only->seat.round != room->round ? only : NULL;
    next = first_of(&room->waiting, room->round);
    return next ? next : first_of(&room->open, room->round);
}

void turn_drained(struct room *room, struct member *member)
{
    if (!(room->options.rules & ROOM_ANSWERS) || !member->paused)
        return;
    wait_in_line(room, member);
    turn_resume_soon(room);
}

/* Each once: who has to wait again stands behind. */
void turn_resume(struct room *room)
{
    struct member *member;

    room->round++;
    while ((member = next_in_line(room))) {
        member->seat.round = room->round;
        turn_forget(member);
        room->asked = member;
        member_resume(member);
        room->asked = NULL;
    }
}

/* ---- who may speak ---- */

/* What peers may say to peers before anything is written: else those who take all that is sent
 * would look as if they did not. */
static bool is_spent(const struct room *room)
{
    const struct turn *turn = &room->turn;

    return (turn->deliveries >= TURN_DELIVERIES && turn->messages >= TURN_MESSAGES) ||
           turn->bytes >= TURN_BYTES || turn->bytes >= room->options.limit / 4;
}

void turn_spent(struct room *room, size_t deliveries, size_t bytes)
{
    room->turn.messages++;
    room->turn.deliveries += deliveries;
    room->turn.bytes += bytes;
}

bool turn_is_awaited_by_others(const struct room *room, const struct member *member)
{
    const struct member *first = TAILQ_FIRST(&room->waiting);

    return first && (first != member || TAILQ_NEXT(first, seat.waiting));
}

static void on_pace(uv_timer_t *timer)
{
    struct room *room = timer->data;

    delivery_was_awaited(room, uv_now(room->loop) - room->paced_at);
    turn_resume(room);
}

/* However many come to wait meanwhile. */
static void look_again(struct room *room, uint64_t ms)
{
    if (uv_is_active((uv_handle_t *)&room->pace))
        return;
    room->paced_at = uv_now(room->loop);
    uv_timer_start(&room->pace, on_pace, ms < PACE_MS ? ms : PACE_MS, 0);
}

/* Its own answers, that is; it is asked again once it has taken them. */
static bool waits_for_itself(const struct room *room, const struct member *member)
{
    return room->options.rules & ROOM_ANSWERS && member->is_congested;
}

/* True where it waits, and will be asked again. */
static bool waits_for_peers(struct room *room, struct member *member)
{
    uint64_t held_up;

    if (!(room->options.rules & ROOM_MESH))
        return false;
    if (is_spent(room)) {
        wait_in_line(room, member);
        turn_resume_soon(room);
        return true;
    }
    held_up = delivery_holds_up(room, member);
    if (held_up) {
        wait_in_line(room, member);
        look_again(room, held_up);
        return true;
    }
    return false;
}

static bool waits_for_operator(struct room *room, struct member *member)
{
    if (room->op->ops->listens(room->op))
        return false;
    wait_in_line(room, member);
    return true;
}

uint64_t turn_listens(struct room *room, struct member *member)
{
    if (waits_for_itself(room, member) || waits_for_peers(room, member) ||
        waits_for_operator(room, member))
        return MEMBER_WAITS;
    return rate_wait(&room->rate, &member->seat.rate, uv_now(room->loop));
}

size_t turn_grants(struct room *room, struct member *member, const unsigned char *bytes, size_t n,
                   bool is_line)
{
    const struct operator_ops *ops = room->op->ops;
    size_t granted = ops->grants ? ops->grants(room->op, member, bytes, n, is_line) : n;

    if (granted == n)
        turn_forget(member);
    else
        wait_in(is_line ? &room->waiting : &room->open, member);
    return granted;
}

/* ---- the loop's turns ---- */

static void end_turn(struct room *room)
{
    delivery_flush(room);
    room->turn = (struct turn){0};
}

static void on_prepare(uv_prepare_t *prepare)
{
    end_turn(prepare->data);
}

static void tell_drained(struct room *room)
{
    bool is_told = room->is_drained_untold && room_is_ready(room);

    room->is_drained_untold = false;
    if (is_told)
        room->op->ops->drained(room->op);
}

static void on_idle(uv_idle_t *idle)
{
    struct room *room = idle->data;

    uv_idle_stop(idle);
    uv_unref((uv_handle_t *)idle);
    end_turn(room);
    tell_drained(room);
    turn_resume(room);
}

/* An idle handle keeps the loop from waiting, and, while it is held, from ending: those who are not
 * read may be all that there is. */
static void go_on_soon(struct room *room)
{
    uv_ref((uv_handle_t *)&room->soon);
    uv_idle_start(&room->soon, on_idle);
}

void turn_resume_soon(struct room *room)
{
    if (turn_is_awaited(room))
        go_on_soon(room);
}

void turn_tell_drained_soon(struct room *room)
{
    room->is_drained_untold = true;
    go_on_soon(room);
}

void turn_open(struct room *room)
{
    uv_timer_init(room->loop, &room->pace);
    uv_idle_init(room->loop, &room->soon);
    uv_prepare_init(room->loop, &room->before_waiting);
    uv_prepare_start(&room->before_waiting, on_prepare);
    room->pace.data = room->soon.data = room->before_waiting.data = room;
}
