/* SPDX-License-Identifier: GPL-3.0-or-later */
/* completion: what Tab offers at the prompt: commands, names of peers, charsets, files. */
#pragma once

#include "io/opener.h"
#include "room/room.h"
#include "text/command.h"
#include "ui/screen.h"

/* Completes for this audience from now on: of names those of the room, or of the far room for its
 * member. Several choices are shown as a notice. Room and screen must outlive the prompt. */
void completion_open(enum command_audience audience, const struct room *room, struct screen *screen,
                     struct opener opener);
