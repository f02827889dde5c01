/* turn: who may speak in a room now, and who waits.
 *
 * A member that may not speak is not read. It waits in line until the operator takes more, until
 * those who hear it have taken what is on its way to them, or until the next turn of the loop: in
 * one turn peers say so much to peers and no more, because nothing is written meanwhile. */
#pragma once

#include "talk/room.h"

/* Ms until the member may speak: 0, or MEMBER_WAITS in line. */
uint64_t turn_listens(struct room *room, struct member *member);

/* How many of these bytes it may say; with fewer than n it waits in line, and goes before those
 * that have no whole line where these are one. */
size_t turn_grants(struct room *room, struct member *member, const unsigned char *bytes, size_t n,
                   bool is_line);

bool turn_is_awaited(const struct room *room);

/* A message of so many bytes was said to so many. */
void turn_spent(struct room *room, size_t deliveries, size_t bytes);

/* Those who wait try again, now or in the next turn. */
void turn_resume(struct room *room);
void turn_resume_soon(struct room *room);

/* The member has taken what was answered to it. */
void turn_drained(struct room *room, struct member *member);

void turn_forget(struct room *room, struct member *member);

/* Before the first member comes; the room closes the handles. */
void turn_open(struct room *room);
