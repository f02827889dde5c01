/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options: the command line and the environment as one value, struct options.
 *
 * The value is filled and checked here, once, and const from then on. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/option_table.h"
#include "room/mode.h"

/* Reads argv[1..], where argv[0] is the command's name, and the environment. The strings in
 * *options are those of argv and of the environment. The last of several equal options counts; a
 * list adds up. ERR_USAGE: a sentence about the right use; ERR_LOCAL: memory is short. After a
 * failure nothing has to be released. */
int options_parse(struct options *options, enum command command, int argc, char **argv,
                  struct err *err);
void options_fini(struct options *options);

/* Fills the fields and defaults that depend on a terminal. `at_terminal`: standard input and
 * standard output are terminals. ERR_USAGE. */
int options_settle(struct options *options, bool at_terminal, struct err *err);

/* One connection is served, and its end is the run's. */
bool options_serve_one(const struct options *options);

/* The address family that the options ask for: AF_UNSPEC, AF_INET or AF_INET6. */
int options_family(const struct options *options);

/* No charset was given, or "raw": bytes stay as they are. */
bool options_are_raw(const struct options *options);

/* The shape of the conversation, after options_settle; for a room. */
const struct mode *options_mode(const struct options *options);
