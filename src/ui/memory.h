/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory: the allocations of readline and the terminal library.
 *
 * Neither survives a failed allocation: readline ends the process without restoring the terminal,
 * and ncurses crashes. So memory_try comes before their start. This file also replaces readline's
 * xmalloc and xrealloc: they restore the terminal, print a message and exit with status 5. */
#pragma once

#include "base/err.h"

/* Tries to allocate as much as both need to start. -1 and *err without memory. */
int memory_try(struct err *err);

/* Gives the terminal its settings back and ends the run with status 5, for what cannot fail. */
_Noreturn void memory_give_up(void);
