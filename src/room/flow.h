/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow: who may speak in a room now, and who waits.
 *
 * A member that may not speak is not read. It waits in line until the operator takes more, until no
 * peer that hears it is congested and took bytes within ROOM_PATIENCE_MS, or until the next turn of
 * the loop. In one turn peers say 64 KiB to peers and no more, because nothing is written
 * meanwhile: with what was read before, less than 128 KiB are queued at once. A member also waits
 * for its rate (see rate). */
#pragma once

#include "room/room.h"

/* Ms until the member may speak: 0, or MEMBER_WAITS in line. */
uint64_t flow_delay(struct room *room, struct member *member);

/* How many of these bytes it may say; with fewer than n it waits in line, and goes before those
 * that have no whole line where these are one. */
size_t flow_grants(struct room *room, struct member *member, const unsigned char *bytes, size_t n,
                   bool is_line);

/* Whether somebody waits in line, and whether somebody else does who has something to say. */
bool flow_is_awaited(const struct room *room);
bool flow_is_awaited_by_others(const struct room *room, const struct member *member);

/* A message of so many bytes was said to so many. */
void flow_spent(struct room *room, size_t deliveries, size_t bytes);

/* Those who wait try again, now or in the next turn. */
void flow_resume(struct room *room);
void flow_resume_soon(struct room *room);

/* The room has drained: in the next turn the operator is told, where that still holds, and those
 * who wait try again. */
void flow_tell_drained_soon(struct room *room);

/* The member has taken what was answered to it. */
void flow_drained(struct room *room, struct member *member);

/* The member waits in line no longer. */
void flow_forget(struct member *member);

/* Before the first member comes; the room closes the handles. */
void flow_open(struct room *room);
