/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fanout: what is said in a room on its way into the outboxes of those who hear it, and what
 * becomes of those who do not take it.
 *
 * Outboxes are filled at once and written once a turn of the loop, before it waits: what a delivery
 * costs is a place in a ring, and one write for all that was said in a turn. The loop watches only
 * those who did not take it all.
 *
 * A slow consumer is evicted, where the rules say so and unless it is the only peer,
 *
 *     past options.limit bytes (OUTBOX_LIMIT, --max-queue)
 *     congested for OUTBOX_PATIENCE_MS, 10 s, without draining to half of the bound
 *     when other peers have waited for it for FANOUT_AWAITED_MS, 10 s, within a minute, and there
 *     are more peers than it and one that waits; a new connection starts with the time of those
 * that its host has left (see rate)
 *
 * All outboxes together hold ROOM_MEMORY bytes at most, and so much memory. Past that, members that
 * leave are closed, the first of them first, and then the largest is evicted. */
#pragma once

#include "room/room.h"

enum { FANOUT_AWAITED_MS = 10000 };

/* Delivers to everybody but one (NULL: to all), or to one. */
void fanout_to_all(struct room *room, const struct member *except, struct message *message);
void fanout_to_one(struct room *room, struct member *member, struct message *message);

/* A turn of the loop is over: writes what it left. */
void fanout_flush(struct room *room);

/* The events of a member, handed on by the room. */
void fanout_pending(struct room *room, struct member *member);
void fanout_took(struct room *room, struct member *member);
void fanout_congested(struct room *room, struct member *member);
void fanout_drained(struct room *room, struct member *member);
void fanout_stalled(struct room *room, struct member *member);

/* The member is none of the room's any more. */
void fanout_forget(struct room *room, struct member *member);

/* Between these two nobody is evicted for what is delivered, but what began first sees to it. They
 * nest; what begin returns goes to end. */
bool fanout_begin(struct room *room);
void fanout_end(struct room *room, bool was_begun);

/* Peers that speak have waited so many ms for those that were congested meanwhile. */
void fanout_was_awaited(struct room *room, uint64_t ms);

/* Ms for which somebody but the speaker is still to be waited for, who is congested and took
 * something within ROOM_PATIENCE_MS; 0: nobody is. */
uint64_t fanout_holds_up(const struct room *room, const struct member *speaker);
