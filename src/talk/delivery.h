/* delivery: what is said in a room on its way into the outboxes of those who hear it, and what
 * becomes of those who do not take it.
 *
 * Outboxes are filled at once and written once a turn of the loop, before it waits: what a delivery
 * costs is a place in a ring, and one write for all that was said in a turn. The loop watches only
 * those who did not take it all.
 *
 * One that takes nothing is crowded over the room's bound; it is cut, where the rules say so, after
 * OUTBOX_PATIENCE_MS of that or past options.limit, unless it is the only one. All outboxes
 * together hold ROOM_MEMORY bytes at most, and so much memory, then the largest is cut. */
#pragma once

#include "talk/room.h"

/* Delivers to everybody but one (NULL: to all), or to one. */
void delivery_to_all(struct room *room, const struct member *except, struct message *message);
void delivery_to_one(struct room *room, struct member *member, struct message *message);

/* A turn of the loop is over: writes what it left. */
void delivery_flush(struct room *room);

/* What members tell. */
void delivery_owes(struct room *room, struct member *member);
void delivery_took(struct room *room, struct member *member);
void delivery_crowded(struct room *room, struct member *member);
void delivery_drained(struct room *room, struct member *member);
void delivery_stuck(struct room *room, struct member *member);

/* The member is none of the room's any more. */
void delivery_forget(struct room *room, struct member *member);

/* Between these two nobody is told that the room takes more: it would be answered before what is
 * being done is done. They nest; what begin returns goes to end. */
bool delivery_begin(struct room *room);
void delivery_end(struct room *room, bool was_begun);

/* Ms for which somebody but the speaker is still to be waited for, who is crowded and took
 * something within ROOM_PATIENCE_MS; 0: nobody is. */
uint64_t delivery_holds_up(const struct room *room, const struct member *speaker);
