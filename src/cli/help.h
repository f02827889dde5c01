/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help: help from the option table, and the versions, on standard output.
 *
 * Functions return the exit status: 0, or 5 where standard output failed. */
#pragma once

#include "cli/option_table.h"

/* The help of one command, or of the program (COMMAND_BOTH). */
int help_help(enum command command);

/* The versions of tcpchat and of its libraries, and the features of this build. */
int help_version(void);

/* The option table as TSV, for tests and completions. */
int help_table(void);
