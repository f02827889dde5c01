/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow: which member of a room may speak now, and which waits.
 *
 * A member that may not speak is not read. It waits
 *
 *     in a line  until the operator accepts input, until no reader of the member is congested
 *                and took bytes lately (fanout_delay), or until the next turn of the loop
 *     for a time that its rate demands (see rate)
 *
 * In one turn peers say 64 KiB to peers at most, because nothing is written meanwhile: with what
 * was read before, less than 128 KiB are queued at once.
 *
 * flow has the handles of the loop by which a turn ends and waiting members are asked again; the
 * room does both when flow's events tell it to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "room/member.h"
#include "room/mode.h"
#include "room/rate.h"

struct flow_events {
    /* A turn of the loop is over: what it queued is to be written. */
    void (*flush)(void *owner);
    /* Asks the waiting members again. waited_ms: the time that they have waited for congested
     * members; 0 where they wait for anything else. */
    void (*resume)(void *owner, uint64_t waited_ms);
};

/* The traffic from peers to peers in this turn of the loop. */
struct flow_turn {
    size_t messages, copies, bytes;
};

struct flow {
    const struct mode *mode;
    const struct flow_events *events;
    void *owner;
    uv_loop_t *loop;
    size_t limit; /* bytes of an outbox */
    struct rate rate;
    struct member_queue waiting; /* members that have a message, the longest waiting first */
    struct member_queue open;    /* the same with the beginning of a line: after all others */
    unsigned round;              /* of asking them */
    const struct member *asked;  /* NULL, or the one that was asked to speak */
    struct flow_turn turn;
    uv_timer_t pace;   /* asks those again that wait for congested members */
    uint64_t paced_at; /* loop time at which `pace` was started */
    uv_idle_t soon;    /* asks again in the next turn */
};

/* `lines`: a second, of one member; 0: no limit. */
void flow_init(struct flow *flow, uv_loop_t *loop, const struct mode *mode, size_t limit,
               double lines, const struct flow_events *events, void *owner);

/* After the last member has left. */
void flow_fini(struct flow *flow);

/* Before the first member comes, and after the last one has left: no event follows then. The
 * handles keep no loop alive; the room closes them. */
void flow_open(struct flow *flow);
void flow_close(struct flow *flow);

/* -1 without memory. */
MUST_CHECK int flow_join(struct flow *flow, struct member *member, const struct host_key *host);
void flow_leave(struct flow *flow, struct member *member);

/* Ms until the member may speak: 0, or MEMBER_WAITS in a line. `held_up`: see fanout_delay. */
uint64_t flow_delay(struct flow *flow, struct member *member, uint64_t held_up,
                    bool operator_accepts);

/* The operator takes `granted` of n offered bytes; with fewer than n the member waits in a line. A
 * member with a whole line goes before those with the beginning of one. */
void flow_granted(struct flow *flow, struct member *member, size_t granted, size_t n, bool is_line);

/* A message of `bytes` bytes went to `peers` peers. */
void flow_spent(struct flow *flow, size_t peers, size_t bytes);

/* A line of the member made the room say `bytes` bytes. */
void flow_pay(struct flow *flow, struct member *member, size_t bytes);

/* The member is congested no longer: it has taken the answers to it. */
void flow_drained(struct flow *flow, struct member *member);

/* Asks each waiting member once. flow_next is the next one, NULL after the last: `only`, if not
 * NULL, is the only one that may be asked. The caller resumes it. */
void flow_begin_round(struct flow *flow);
struct member *flow_next(struct flow *flow, struct member *only);

/* Whether peers have said what they may in this turn: none of those that wait is asked any more. */
bool flow_turn_is_over(const struct flow *flow);

/* The resume event comes in the next turn: where a member waits, or in any case. */
void flow_resume_soon(struct flow *flow);
void flow_resume_in_any_case(struct flow *flow);

/* Whether any member waits in a line. */
bool flow_is_awaited(const struct flow *flow);

/* Whether a member with a whole message waits, and the only such member, or NULL. */
bool flow_has_waiting(const struct flow *flow);
const struct member *flow_only_waiting(const struct flow *flow);
