/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log: what tcpchat says while it runs, one line a message.
 *
 * This room knows no text and no terminal: cli/ installs the outfile, and the outfile makes the
 * line safe before it shows it. Without an outfile nothing is said. */
#pragma once

#include <stdbool.h>

enum log_level {
    LOG_ERROR,   /* always shown */
    LOG_NOTICE,  /* always shown, nothing is wrong */
    LOG_VERBOSE, /* shown with -v */
};

typedef void log_output(enum log_level level, const char *line);

/* Messages above `level` are dropped before they are formatted. */
void log_install(log_output *output, enum log_level level);

/* True when messages of this level are shown. */
bool log_shows(enum log_level level);

/* Says one line, without "tcpchat: " and without a line end; over-long lines are cut. */
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
