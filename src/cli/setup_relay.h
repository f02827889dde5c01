/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setup_relay: from the options to a handler for conversations between two ends:
 *
 *     --exec, --sh-exec, --forward       relay/proxy_session
 *     --replay                           relay/replay_session
 *     anything else                      relay/stdio_session
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/context.h"
#include "cli/option_table.h"
#include "io/tape.h"
#include "net/handler.h"
#include "relay/proxy_session.h"
#include "relay/replay_session.h"
#include "relay/stdio_session.h"

/* A zeroed one serves nothing. */
struct setup_relay {
    struct context *context;
    struct handler *handler; /* of one of the next three; NULL: none is in use */
    struct stdio_session stdio_session;
    struct proxy_session proxy_session;
    struct replay_session replay_session;
    struct tape tape; /* of --replay */
};

/* Opens charsets, and reads the file of --replay. ERR_USAGE, ERR_LOCAL; setup_relay_fini may
 * follow. */
int setup_relay_init(struct setup_relay *setup, struct context *context, struct err *err);

/* Whether nobody else can be served: all peers of --replay have been played, or are. */
bool setup_relay_is_last(const struct setup_relay *setup);

/* As those of setup. */
void setup_relay_abort(struct setup_relay *setup, const char *reason);
void setup_relay_drain(struct setup_relay *setup);
void setup_relay_interrupt(struct setup_relay *setup);

/* After the loop, which has to turn once more. */
void setup_relay_fini(struct setup_relay *setup);
