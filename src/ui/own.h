/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own: lines of this side on the screen, in a view with the bytes that go to the peers. */
#pragma once

#include <stddef.h>

#include "room/room.h"
#include "ui/screen.h"

/* Shows a line for one peer (NULL: for all). Its bytes are shown where all get the same. */
void own_show(struct screen *screen, struct room *room, const struct member *to,
              const struct screen_label *label, const char *text, size_t n, enum screen_mark mark);
