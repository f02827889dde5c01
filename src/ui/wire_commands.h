/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire_commands: the /commands about the bytes of a conversation: its line ends and its view. */
#pragma once

#include <stddef.h>

#include "room/room.h"
#include "text/command.h"
#include "ui/screen.h"

/* /eol: shows what ends a line that is sent, or sets it to the only word. */
void wire_commands_eol(struct screen *screen, struct room *room, const struct word *words,
                       size_t count);

/* /view: the same for the form of messages on the screen. */
void wire_commands_view(struct screen *screen, struct room *room, const struct word *words,
                        size_t count);
