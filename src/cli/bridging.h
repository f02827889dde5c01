/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bridging: from the options to the proxy session that gives connections to programs, or passes
 * them on.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/option_table.h"
#include "cli/options.h"
#include "cli/run.h"
#include "io/transcript.h"
#include "net/dial.h"
#include "relay/proxy_session.h"
#include "relay/relay.h"
#include "text/charset.h"

/* A zeroed one never began. */
struct bridging {
    struct run *run;
    bool is_begun;
    const char *preferences[OPTION_ROWS + 1]; /* that programs do not get */
    struct proxy_session proxy;
};

/* The parts that others make from the options. */
struct bridging_frame {
    struct transcript *transcript; /* NULL, or also hears both sides; opened before anyone comes */
    struct dial_options dial;
    struct relay_options relay;
};

/* Finds charsets, starts nothing; the done and owner of the proxy session's handler are the
 * caller's to set. ERR_USAGE: a charset is unknown, or one side alone has one. */
int bridging_init(struct bridging *bridging, struct run *run, const struct options *options,
                  struct charsets *charsets, const struct bridging_frame *frame, struct err *err);

/* After the loop has ended. Programs get time to end, for which it goes on; the signal that ended
 * the run is meant for all of them, and another one ends the waiting. */
void bridging_fini(struct bridging *bridging);
