/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log: the messages of tcpchat while it runs, one line each.
 *
 * This layer knows neither charsets nor terminals: cli/ installs an output, and the output makes
 * each line safe before it shows the line. Without an output every message is dropped. */
#pragma once

#include <stdbool.h>

enum log_level {
    LOG_ERROR,   /* always shown */
    LOG_NOTICE,  /* always shown, nothing is wrong */
    LOG_VERBOSE, /* shown with -v */
    LOG_TRACE,   /* shown with -vv: changes of state */
};

typedef void log_output(enum log_level level, const char *line);

/* Messages above `level` are dropped before they are formatted. */
void log_install(log_output *output, enum log_level level);

/* True when messages of this level are shown. */
bool log_shows(enum log_level level);

/* Says one line, without "tcpchat: " and without a line end; over-long lines are cut. */
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Traces a change of state: "trace: LABEL: MACHINE FROM -> TO". */
void log_state(const char *label, const char *machine, const char *from, const char *to);
