/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events: the printer of --events, which writes all events as lines of JSON (text/json) to a file.
 *
 * A failed file does not end the conversations: see io/outfile. */
#pragma once

#include <stdbool.h>

#include "base/event.h"
#include "io/outfile.h"

/* A zeroed one was never opened. It must stay at its address while it is open. */
struct events {
    struct event_printer printer;
    struct outfile outfile;
    bool is_busy; /* an event about the file itself is not for the file */
};

/* `traces`: changes of state are written as well. */
int events_open(struct events *events, uv_loop_t *loop, const struct outfile_options *options,
                bool traces, struct err *err);

/* Writes an EVENT_ENDED with this exit status, which is the last event. */
void events_end(struct events *events, int status);
