/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history: the lines that were typed, kept in a file for the next time.
 *
 * The file is $XDG_STATE_HOME/tcpchat/history, or ~/.local/state/tcpchat/history (XDG Base
 * Directory Specification 0.8: a path that is not absolute is ignored). One line each, UTF-8,
 * oldest first. Processes share it: each change is made under flock, and for a lock nobody waits
 * longer than HISTORY_PATIENCE. What else the file may hold is skipped. Trouble is an ERR_LOCAL;
 * a lock that was not to be had is no reason to give up later lines. */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum {
    HISTORY_LINE = 4096, /* bytes; longer lines are not kept */
    HISTORY_LINES = 1000,
    HISTORY_BYTES = 256 * 1024,
    HISTORY_PATIENCE = 100, /* ms */
};

/* Zeroed it is valid and keeps nothing. */
struct history {
    char *path;
};

/* Finds the file and makes the folders that lead to it (0700). The file itself comes with the first
 * line (0600). */
int history_open(struct history *history, struct err *err);

/* Shortens the file to the newest HISTORY_LINES and HISTORY_BYTES, and releases the memory; -1
 * where the file could not be shortened. */
int history_close(struct history *history, struct err *err);

typedef void history_line(void *owner, const char *line);

/* Hands on the newest HISTORY_LINES at most, oldest first. */
int history_load(const struct history *history, history_line *each, void *owner, struct err *err);

/* Adds a line, unless it is empty, begins with a blank, is too long or no line of UTF-8. A file of
 * more than twice the limits is shortened; where only that fails, the line is kept all the same. */
int history_append(const struct history *history, const char *line, struct err *err);
