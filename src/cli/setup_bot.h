/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setup_bot: from --rules and --script to the operator of a room. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "bot/bot.h"
#include "cli/encodings.h"
#include "cli/options.h"

/* A zeroed one has no file. */
struct setup_bot {
    struct playbook playbook;
    struct bot bot;
};

bool setup_bot_is_wanted(const struct options *options);

/* Whether standard output gets the bytes of the peer: no -e was given. A bot reads text all the
 * same, in the local charset. */
bool setup_bot_shows_bytes(const struct options *options);

/* Reads the file, if there is one, and checks it. ERR_USAGE: it is wrong; ERR_LOCAL: it, or a
 * library, is not there. */
int setup_bot_read(struct setup_bot *setup, const struct options *options,
                   const struct encodings *encodings, struct err *err);

/* Makes the bot the operator of the room; `screen` shows what is heard. */
void setup_bot_init(struct setup_bot *setup, const struct options *options, struct room *room,
                    struct room_operator *screen);

void setup_bot_fini(struct setup_bot *setup);
