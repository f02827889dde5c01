/* SPDX-License-Identifier: GPL-3.0-or-later */
/* said: the way of a member's words: a command of the chat, or a message for the operator, the
 * transcript and the other members.
 *
 * Within each of these functions members may leave. */
#pragma once

#include "room/inbox.h"

struct member;

/* The events of a member, whose owner is the room; see struct member_events. */
void said_take(void *owner, struct member *member, const struct inbound *inbound);
size_t said_grant(void *owner, struct member *member, const unsigned char *bytes, size_t n,
                  bool is_line);
void said_drop(void *owner, struct member *member, const struct inbound *inbound);
