/* SPDX-License-Identifier: GPL-3.0-or-later */
/* far_room: the room of tcpchat at the other end of `connect` at a terminal.
 *
 * A peer whose first line is the greeting, exactly, is read as such a room from then on:
 *
 *     -!- you are peer3; /help lists commands                 the greeting
 *     -!- the room is full; you are number 2 in the queue     may stand before it
 *
 *     state    leaves the state by
 *     -------  ----------------------------------------------------
 *     WAITING  the greeting: JOINED      any other message: NONE
 *     JOINED   -
 *     NONE     -
 *
 * Its lines have the forms of room/chat. Every peer can write them, so they give it no power over
 * the screen: a sender whose name looks like the person's own label, or ROSTER_YOU, is no sender,
 * and a notice of the room is of the kind INBOUND_NOTICE, which no notice of this side is. */
#pragma once

#include "base/map.h"
#include "room/inbox.h"
#include "room/member.h"
#include "text/confusable.h"

enum { FAR_ROOM_NAMES = 1000 /* that are kept for completion */ };

enum far_room_state { FAR_ROOM_WAITING, FAR_ROOM_JOINED, FAR_ROOM_NONE };

/* A zeroed one waits for its peer. */
struct far_room {
    enum far_room_state state;
    char own[MEMBER_NAME];    /* the person's name there, once JOINED */
    char sender[MEMBER_NAME]; /* of the last line; empty: none */
    enum inbound_kind kind;   /* of the last line */
    struct skeletons label;   /* of the person's name on the screen */
    struct skeletons you;     /* of ROSTER_YOU, which was that name, or is it again */
    struct map names;         /* of the members that its lines have named; each is its own value */
};

void far_room_fini(struct far_room *far);

/* Another peer comes. */
static inline void far_room_restart(struct far_room *far)
{
    far->state = FAR_ROOM_WAITING;
    *far->own = *far->sender = '\0';
}

/* The person is called so on the screen. Without memory no line has a sender any more. */
void far_room_set_label(struct far_room *far, const char *label);

/* The patience for the peer's next line. A room ends each of its lines, so that a silence within
 * one means nothing there. */
enum inbox_patience far_room_patience(const struct far_room *far);

/* Reads a message of the peer. In a room it gives *inbound its kind, and its sender as `from`, and
 * leaves what was said as its text. */
void far_room_read(struct far_room *far, struct inbound *inbound);
