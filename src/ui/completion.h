/* SPDX-License-Identifier: GPL-3.0-or-later */
/* completion: what Tab offers at the prompt: commands, names of peers, charsets, files. */
#pragma once

#include "room/roster.h"
#include "text/command.h"
#include "ui/screen.h"

/* Completes for this audience from now on. Several choices are shown as a notice. Roster and screen
 * must outlive the prompt. */
void completion_open(enum command_audience audience, const struct roster *roster,
                     struct screen *screen);
