/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fanout: messages on their way into the outboxes of a room, and the slow consumers among them.
 *
 * Messages to all are a batch, which is written once a turn of the loop, before it waits. A member
 * that is clear gets it in one write, and its outbox keeps what did not go. The loop watches only
 * those that did not take all of it. Others, and whoever is to have something else first, get the
 * messages of the batch into their outboxes: they settle.
 *
 * A slow consumer is marked for eviction, where the mode says so and unless it is the only peer,
 *
 *     past `limit` bytes (OUTBOX_LIMIT, --max-queue)
 *     congested for OUTBOX_PATIENCE_MS, 10 s, without draining to half of the bound
 *     when other peers have waited for it for FANOUT_AWAITED_MS, 10 s, within a minute, and there
 *     are more peers than it and one that waits; a new connection starts with the time of those
 *     that its host has left (see rate)
 *
 * All outboxes together queue at most FANOUT_MEMORY bytes, and take at most as much memory. Past
 * that the room closes leaving members, the oldest first, and then evicts the one that holds most.
 *
 * A fanout calls nothing in the room: it answers, and the room takes its news. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "room/batch.h"
#include "room/member.h"
#include "room/roster.h"

enum {
    FANOUT_AWAITED_MS = 10000,
    FANOUT_PATIENCE_MS =
        2000, /* a congested peer that took no bytes for longer is not waited for */
    FANOUT_MEMORY = 256 * 1024 * 1024,
};

/* A set, of one member. */
enum fanout_news {
    NEWS_DRAINED = 1, /* it is congested no longer */
    NEWS_EVICT = 2,   /* the member is a slow consumer, to be evicted */
    NEWS_BROKEN = 4,  /* a write has failed, or memory was short for a message */
};

struct fanout {
    uv_loop_t *loop;
    const struct roster *roster;
    bool evicts;
    size_t limit;  /* bytes of an outbox */
    size_t memory; /* bytes of all outboxes, FANOUT_MEMORY */
    struct outbox_pool pool;
    struct batch batch;            /* messages to all, in this turn */
    struct member_queue pending;   /* to be written to in this turn */
    struct member_queue congested; /* the one that took bytes last first */
    struct member_queue news;      /* with news that the room has not taken */
    uint64_t took_at;              /* loop time at which any peer last took bytes */
    bool is_heavy;                 /* the pool is over half of `memory` */
    bool has_drained;              /* fanout_is_ready has come true; the room clears it */
};

void fanout_init(struct fanout *fanout, uv_loop_t *loop, const struct roster *roster, bool evicts,
                 size_t limit, size_t congested);

/* Drops the batch, after the last member has left. */
void fanout_fini(struct fanout *fanout);

/* The member has entered the roster. */
void fanout_join(const struct fanout *fanout, struct member *member);

/* Adds the message to the batch for all members but one (NULL: for all), or queues it for one. NULL
 * is a message that memory was short for: those who were to get it are to be broken off. */
void fanout_spread(struct fanout *fanout, struct member *except, struct message *message);
void fanout_send(struct fanout *fanout, struct member *member, struct message *message);

/* Queues what the batch has for a member, before it leaves or changes; or for all, so that the
 * forms of the messages are made and the news are known. */
void fanout_settle(struct fanout *fanout, struct member *member);
void fanout_settle_all(struct fanout *fanout);

/* Writes what this turn of the loop left. */
void fanout_flush(struct fanout *fanout);

/* The loop has written to the member: a set of enum outbox_change. */
void fanout_note(struct fanout *fanout, struct member *member, unsigned changes);

/* The member has been congested for OUTBOX_PATIENCE_MS. */
void fanout_note_stalled(struct fanout *fanout, struct member *member);

/* Peers that speak, at least one of them not `except`, have waited `ms` for the members that were
 * congested meanwhile. */
void fanout_note_awaited(struct fanout *fanout, const struct member *except, uint64_t ms);

/* A member with news, a set of enum fanout_news; NULL: there are none left. */
struct member *fanout_next_news(struct fanout *fanout, unsigned *news);

/* Whether all outboxes together are over their bound, and a member may be evicted for it. */
bool fanout_is_full(const struct fanout *fanout);
struct member *fanout_largest(const struct fanout *fanout);

/* The member has left the room. */
void fanout_forget(struct fanout *fanout, struct member *member);

/* Whether no member is congested, and memory is not short. */
bool fanout_is_ready(const struct fanout *fanout);

/* The ms that the sender still waits for another member, which is congested and took bytes within
 * FANOUT_PATIENCE_MS; 0: for none. */
uint64_t fanout_delay(const struct fanout *fanout, const struct member *sender);
