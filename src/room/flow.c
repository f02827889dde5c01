/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/flow.h"

#include "io/loop.h"
#include "io/watch.h"

enum {
    PACE_MS = 50,
    /* A turn goes on until both are reached: one write takes as many messages. */
    TURN_COPIES = 60000,
    TURN_MESSAGES = 64,
    TURN_BYTES = 64 * 1024,
};

void flow_init(struct flow *flow, uv_loop_t *loop, const struct mode *mode, size_t limit,
               double lines, const struct flow_events *events, void *owner)
{
    *flow =
        (struct flow){.mode = mode, .events = events, .owner = owner, .loop = loop, .limit = limit};
    rate_init(&flow->rate, lines);
    TAILQ_INIT(&flow->waiting);
    TAILQ_INIT(&flow->open);
}

void flow_fini(struct flow *flow)
{
    rate_fini(&flow->rate);
}

/* ---- the lines ---- */

static void stop_waiting(struct member *member)
{
    if (member->seat.queue)
        TAILQ_REMOVE(member->seat.queue, member, seat.waiting);
    member->seat.queue = NULL;
}

static void wait_in(struct member_queue *queue, struct member *member)
{
    if (member->seat.queue == queue)
        return;
    stop_waiting(member);
    TAILQ_INSERT_TAIL(queue, member, seat.waiting);
    member->seat.queue = queue;
}

int flow_join(struct flow *flow, struct member *member, const struct host_key *host)
{
    return rate_join(&flow->rate, &member->seat.rate, host, uv_now(flow->loop));
}

void flow_leave(struct flow *flow, struct member *member)
{
    stop_waiting(member);
    rate_leave(&flow->rate, &member->seat.rate, uv_now(flow->loop));
}

bool flow_has_waiting(const struct flow *flow)
{
    return !TAILQ_EMPTY(&flow->waiting);
}

bool flow_is_awaited(const struct flow *flow)
{
    return flow_has_waiting(flow) || !TAILQ_EMPTY(&flow->open);
}

const struct member *flow_only_waiting(const struct flow *flow)
{
    const struct member *first = TAILQ_FIRST(&flow->waiting);

    return first && !TAILQ_NEXT(first, seat.waiting) ? first : NULL;
}

/* A member that waits again stands behind the others, and is not asked twice in a round. */
static struct member *first_of(const struct member_queue *queue, unsigned round)
{
    struct member *first = TAILQ_FIRST(queue);

    return first && first->seat.round != round ? first : NULL;
}

void flow_begin_round(struct flow *flow)
{
    flow->round++;
}

struct member *flow_next(struct flow *flow, struct member *only)
{
    struct member *next = first_of(&flow->waiting, flow->round);

    if (!next)
        next = first_of(&flow->open, flow->round);
    if (only)
        next = only->seat.queue && only->seat.round != flow->round ? only : NULL;
    flow->asked = next;
    if (!next)
        return NULL;
    next->seat.round = flow->round;
    stop_waiting(next);
    return next;
}

void flow_drained(struct flow *flow, struct member *member)
{
    if (!flow->mode->answers || member->can_read)
        return;
    wait_in(&flow->waiting, member);
    flow_resume_soon(flow);
}

/* ---- who may speak ---- */

/* Peers say no more to peers before the queues are written: readers that take all would look slow
 * otherwise. */
bool flow_turn_is_over(const struct flow *flow)
{
    const struct flow_turn *turn = &flow->turn;

    return flow->mode->mesh && ((turn->copies >= TURN_COPIES && turn->messages >= TURN_MESSAGES) ||
                                turn->bytes >= TURN_BYTES || turn->bytes >= flow->limit / 4);
}

void flow_spent(struct flow *flow, size_t peers, size_t bytes)
{
    flow->turn.messages++;
    flow->turn.copies += peers;
    flow->turn.bytes += bytes;
}

void flow_pay(struct flow *flow, struct member *member, size_t bytes)
{
    rate_pay(&flow->rate, &member->seat.rate, bytes, uv_now(flow->loop));
}

static void on_pace(uv_timer_t *timer)
{
    struct flow *flow = timer->data;

    flow->events->resume(flow->owner, uv_now(flow->loop) - flow->paced_at);
}

/* However many come to wait meanwhile. */
static void resume_later(struct flow *flow, uint64_t ms)
{
    if (uv_is_active((uv_handle_t *)&flow->pace))
        return;
    flow->paced_at = uv_now(flow->loop);
    uv_timer_start(&flow->pace, on_pace, ms < PACE_MS ? ms : PACE_MS, 0);
}

uint64_t flow_delay(struct flow *flow, struct member *member, uint64_t held_up,
                    bool operator_accepts)
{
    bool is_turn_over = flow_turn_is_over(flow);

    /* For its own answers: flow_drained asks it again. */
    if (flow->mode->answers && member->outbox.load == LOAD_CONGESTED)
        return MEMBER_WAITS;
    if (!is_turn_over && !(flow->mode->mesh && held_up) && operator_accepts)
        return rate_wait(&flow->rate, &member->seat.rate, uv_now(flow->loop));
    wait_in(&flow->waiting, member);
    if (is_turn_over)
        flow_resume_soon(flow);
    else if (flow->mode->mesh && held_up)
        resume_later(flow, held_up);
    return MEMBER_WAITS;
}

void flow_granted(struct flow *flow, struct member *member, size_t granted, size_t n, bool is_line)
{
    if (granted == n)
        stop_waiting(member);
    else
        wait_in(is_line ? &flow->waiting : &flow->open, member);
}

/* ---- the loop's turns ---- */

static void on_turn_end(void *owner)
{
    struct flow *flow = owner;

    flow->events->flush(flow->owner);
    flow->turn = (struct flow_turn){0};
}

static void on_idle(uv_idle_t *idle)
{
    struct flow *flow = idle->data;

    uv_idle_stop(idle);
    uv_unref((uv_handle_t *)idle);
    on_turn_end(flow);
    flow->events->resume(flow->owner, 0);
}

/* An idle handle keeps the loop from waiting, and, while it is held, from ending: members that are
 * not read may be all that there is. */
void flow_resume_in_any_case(struct flow *flow)
{
    uv_ref((uv_handle_t *)&flow->soon);
    uv_idle_start(&flow->soon, on_idle);
}

void flow_resume_soon(struct flow *flow)
{
    if (flow_is_awaited(flow))
        flow_resume_in_any_case(flow);
}

void flow_open(struct flow *flow)
{
    loop_weak_timer(flow->loop, &flow->pace, flow);
    uv_idle_init(flow->loop, &flow->soon);
    uv_unref((uv_handle_t *)&flow->soon);
    flow->soon.data = flow;
    watches_on_turn_end(flow->loop, on_turn_end, flow);
}

void flow_close(struct flow *flow)
{
    watches_on_turn_end(flow->loop, NULL, NULL);
}
