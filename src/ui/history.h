/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history: the lines that were entered: readline's list, and a file that keeps them.
 *
 * The file is $XDG_STATE_HOME/tcpchat/history, or ~/.local/state/tcpchat/history (XDG Base
 * Directory Specification 0.8: a relative path is ignored). One line each, UTF-8, oldest first.
 * Processes share it: each change is made under flock(2), and no line waits for a lock: it goes
 * with the next one. Loading skips everything else that the file holds. Trouble is an ERR_LOCAL. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "io/opener.h"

enum {
    HISTORY_LINE = 4096, /* bytes; longer lines are not kept in the file */
    HISTORY_LINES = 1000,
    HISTORY_BYTES = 256 * 1024,
};

/* A zeroed one is valid and has no file. */
struct history {
    struct opener opener;
    char *path;         /* NULL: no file */
    struct buf unsaved; /* lines that met a lock; they go with the next one, or at the end */
};

/* Finds the file and makes the folders that lead to it (0700). The file itself comes with the first
 * line (0600). After a failure the history has no file. */
int history_open(struct history *history, struct opener opener, struct err *err);

/* Adds the newest HISTORY_LINES and HISTORY_BYTES of the file to the list. After a failure the
 * history has no file. */
int history_load(struct history *history, struct err *err);

/* Adds a line to the list, unless it is empty, begins with a blank or repeats the last one. Then
 * appends it to the file, unless it is too long or not a line of UTF-8. -1: the file failed. */
int history_add(struct history *history, const char *line, struct err *err);

/* Saves what is unsaved and shortens the file, unless another process uses it just now. The list
 * stays. */
void history_close(struct history *history);
