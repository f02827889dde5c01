/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chat_commands: /help /who /nick /me /msg /encoding /quit, as members of a chat have them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "room/chat.h"

/* A message of a member: text for all, or a command. Returns the bytes that it makes the room
 * say. */
size_t chat_commands_take(struct chat *chat, struct member *member, const struct inbound *inbound);

/* Tells the member of its dropped command, unless it has been told before. `line_ms`: the time that
 * a line may take. */
void chat_commands_drop(struct chat *chat, struct member *member, enum inbound_drop why,
                        uint64_t line_ms);
