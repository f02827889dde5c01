/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help: what tcpchat says about itself, from the option table. All of it goes to standard output;
 * the return value is the exit status: 0, or 5 where that output failed. */
#pragma once

#include "cli/options.h"

/* The help of one command, or of the program (COMMAND_BOTH). */
int help_help(enum command command);

/* The versions of tcpchat and of the libraries it runs with. */
int help_version(void);

/* The option table as TSV, for tests and completions. */
int help_table(void);
