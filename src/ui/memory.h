/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory: what readline and the terminal library allocate.
 *
 * Neither can be told that there is none: readline would end the process with the terminal as it
 * is, and ncurses would crash. So there is a trial before they start, and readline's own xmalloc
 * and xrealloc are replaced: they give the terminal back, say it, and end with status 5. */
#pragma once

#include "base/err.h"

/* Whether there is as much as both need to start. -1 and *err: there is not. */
int memory_try(struct err *err);
