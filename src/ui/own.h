/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own: lines of this side on the screen, in a view with the bytes that go to the peers. */
#pragma once

#include <stddef.h>

#include "room/message.h"
#include "room/room.h"
#include "ui/screen.h"

/* Shows a line for one peer (NULL: for all). Its bytes are shown where all get the same. */
void own_show(struct screen *screen, struct room *room, const struct member *to,
              const struct screen_label *label, const char *text, size_t n, enum screen_mark mark);

/* Shows a literal for all, which was made for each of them: in its place the screen has its source,
 * and a view has its bytes. `bytes` counts where they are not the same for all. */
void own_show_literal(struct screen *screen, struct room *room, const struct screen_label *label,
                      struct message *message, size_t bytes);
