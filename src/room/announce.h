/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce: what the operator of a room is told: who comes and goes, what is spoken, what was lost.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "room/message.h"
#include "room/room.h"

enum { ANNOUNCE_TOLD = 5 };

/* A notice begins so on the wire, in the log of a room and in a transcript, as irssi's do. */
#define ANNOUNCE_HEAD "-!- "

/* Counts one more of this kind. False: ANNOUNCE_TOLD of the kind were told within a second, and the
 * rest is told in sum when the second is over. */
bool announce_is_told(struct room *room, enum traffic kind);

/* While the member is in the roster. */
void announce_joined(struct room *room, struct member *member);
void announce_left(struct room *room, struct member *member, enum member_end how,
                   const struct err *err);

/* Characters that somebody's charset does not have, once for each charset; the message was for
 * everybody, or for one only. */
void announce_faults(struct room *room, const struct member *only, const struct message *message);

/* Tells, once each, the charset that a member is known to speak, and that its text is invalid. */
void announce_speech(struct room *room, struct member *member, bool replaced);
