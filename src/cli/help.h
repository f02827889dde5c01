/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help: help from the option table, and the versions, on standard output.
 *
 * Functions return the exit status: 0, or 5 where standard output failed. */
#pragma once

#include "cli/option_table.h"

/* The help of the program: examples and the common options, in 40 rows at most. */
int help_summary(void);

/* All options of one command, by topic. */
int help_command(enum command command);

/* `tcpchat help WORD`: a command, a topic, or an option as it is typed or by its name alone, with
 * its row and its topic. Else a sentence with the closest word; 2. */
int help_word(const char *word);

/* The versions of tcpchat and of its libraries, and the features of this build. */
int help_version(void);

/* The option table as TSV, for tests and completions. */
int help_table(void);
