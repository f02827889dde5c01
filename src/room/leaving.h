/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leaving: a member that leaves: the rest of its outbox, in MEMBER_LEAVE_MS, and its close. */
#pragma once

#include "io/stream.h"
#include "net/ending.h"
#include "room/member_parts.h"

/* Stops reading; writes what is left, unless `how` is STREAM_ABORT, and closes. A member that lacks
 * a message is aborted in any case. */
void member_leave(struct member *member, enum stream_close how, struct ending ending);

/* For member.c: a leaving member can be written to. */
void leaving_write(struct member *member);

/* Closes a leaving member at once; what is left is dropped. */
void member_close(struct member *member, enum stream_close how);
