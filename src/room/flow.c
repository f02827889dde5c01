/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/flow.h"

#include "room/fanout.h"

enum {
    PACE_MS = 50,
    FLOW_DELIVERIES = 60000, /* but at least */
    FLOW_MESSAGES = 64,      /* because one write takes as many */
    FLOW_BYTES = 64 * 1024,
};

/* ---- the line ---- */

void flow_forget(struct member *member)
{
    if (member->seat.queue)
        TAILQ_REMOVE(member->seat.queue, member, seat.waiting);
    member->seat.queue = NULL;
}

static void wait_in(struct member_queue *queue, struct member *member)
{
    if (member->seat.queue == queue)
        return;
    flow_forget(member);
    TAILQ_INSERT_TAIL(queue, member, seat.waiting);
    member->seat.queue = queue;
}

static void wait_in_line(struct room *room, struct member *member)
{
    wait_in(&room->waiting, member);
}

bool flow_is_awaited(const struct room *room)
{
    return !TAILQ_EMPTY(&room->waiting) || !TAILQ_EMPTY(&room->open);
}

/* Not asked in this round yet. */
static struct member *first_of(const struct member_queue *queue, unsigned round)
{
    struct member *first = TAILQ_FIRST(queue);

    return first && first->seat.round != round ? first : NULL;
}

/* The waiting member that the operator would hear next. */
static struct member *next_in_line(const struct room *room)
{
    const struct operator_ops *ops = room->op->ops;
    struct member *only = ops->only_member ? ops->only_member(room->op) : NULL, *next;

    if (!ops->accepts_input(room->op))
        return NULL;
    if (only)
        return only->seat.queue && only->seat.round != room->round ? only : NULL;
    next = first_of(&room->waiting, room->round);
    return next ? next : first_of(&room->open, room->round);
}

void flow_drained(struct room *room, struct member *member)
{
    if (!room->options.mode.answers || !member->paused)
        return;
    wait_in_line(room, member);
    flow_resume_soon(room);
}

/* Each once: who has to wait again stands behind. */
void flow_resume(struct room *room)
{
    struct member *member;

    room->round++;
    while ((member = next_in_line(room))) {
        member->seat.round = room->round;
        flow_forget(member);
        room->asked = member;
        member_resume(member);
        room->asked = NULL;
    }
}

/* ---- who may speak ---- */

/* Peers say no more to peers before the queues are written: readers that take all would look slow
 * otherwise. */
static bool is_spent(const struct room *room)
{
    const struct flow *turn = &room->flow;

    return (turn->deliveries >= FLOW_DELIVERIES && turn->messages >= FLOW_MESSAGES) ||
           turn->bytes >= FLOW_BYTES || turn->bytes >= room->options.limit / 4;
}

void flow_spent(struct room *room, size_t deliveries, size_t bytes)
{
    room->flow.messages++;
    room->flow.deliveries += deliveries;
    room->flow.bytes += bytes;
}

bool flow_is_awaited_by_others(const struct room *room, const struct member *member)
{
    const struct member *first = TAILQ_FIRST(&room->waiting);

    return first && (first != member || TAILQ_NEXT(first, seat.waiting));
}

static void on_pace(uv_timer_t *timer)
{
    struct room *room = timer->data;

    fanout_was_awaited(room, uv_now(room->loop) - room->paced_at);
    flow_resume(room);
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
    return room->options.mode.answers && member->is_congested;
}

/* True where it waits, and will be asked again. */
static bool waits_for_peers(struct room *room, struct member *member)
{
    uint64_t held_up;

    if (!room->options.mode.mesh)
        return false;
    if (is_spent(room)) {
        wait_in_line(room, member);
        flow_resume_soon(room);
        return true;
    }
    held_up = fanout_holds_up(room, member);
    if (held_up) {
        wait_in_line(room, member);
        look_again(room, held_up);
        return true;
    }
    return false;
}

static bool waits_for_operator(struct room *room, struct member *member)
{
    if (room->op->ops->accepts_input(room->op))
        return false;
    wait_in_line(room, member);
    return true;
}

uint64_t flow_delay(struct room *room, struct member *member)
{
    if (waits_for_itself(room, member) || waits_for_peers(room, member) ||
        waits_for_operator(room, member))
        return MEMBER_WAITS;
    return rate_wait(&room->rate, &member->seat.rate, uv_now(room->loop));
}

size_t flow_grants(struct room *room, struct member *member, const unsigned char *bytes, size_t n,
                   bool is_line)
{
    const struct operator_ops *ops = room->op->ops;
    size_t granted = ops->grants ? ops->grants(room->op, member, bytes, n, is_line) : n;

    if (granted == n)
        flow_forget(member);
    else
        wait_in(is_line ? &room->waiting : &room->open, member);
    return granted;
}

/* ---- the loop's turns ---- */

static void end_turn(struct room *room)
{
    fanout_flush(room);
    room->flow = (struct flow){0};
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
    flow_resume(room);
}

/* An idle handle keeps the loop from waiting, and, while it is held, from ending: those who are not
 * read may be all that there is. */
static void go_on_soon(struct room *room)
{
    uv_ref((uv_handle_t *)&room->soon);
    uv_idle_start(&room->soon, on_idle);
}

void flow_resume_soon(struct room *room)
{
    if (flow_is_awaited(room))
        go_on_soon(room);
}

void flow_tell_drained_soon(struct room *room)
{
    room->is_drained_untold = true;
    go_on_soon(room);
}

void flow_open(struct room *room)
{
    uv_timer_init(room->loop, &room->pace);
    uv_idle_init(room->loop, &room->soon);
    uv_prepare_init(room->loop, &room->before_waiting);
    uv_prepare_start(&room->before_waiting, on_prepare);
    room->pace.data = room->soon.data = room->before_waiting.data = room;
}
