/* notice: what the operator of a room is told: who comes and goes, what is spoken, what was lost.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "talk/message.h"
#include "talk/room.h"

enum { NOTICE_TOLD = 5 };

/* Whether somebody's coming or going, or failing, is still told by itself: NOTICE_TOLD of them are
 * in a second. Who is not is counted in room->traffic, and told in sum when the second is over. */
bool notice_is_told(struct room *room);

/* While the member is in the roster. */
void notice_joined(struct room *room, struct member *member);
void notice_left(struct room *room, struct member *member, enum member_end how,
                 const struct err *err);

/* Characters that somebody's charset does not have, once for each charset; the message was for
 * everybody, or for one only. */
void notice_faults(struct room *room, const struct member *only, const struct message *message);

/* What the member is known to speak, and that it sends what is not valid in it: once each. */
void notice_speech(struct room *room, struct member *member, bool replaced);
