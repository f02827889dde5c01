/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setup: from the options to the handler that serves connections.
 *
 *     a person, -k, --chat, --broker,           room/room with its operator (cli/setup_room)
 *     --reply, --rules, --script
 *     anything else                             two ends (cli/setup_relay)
 *
 * Around the handler stand charsets, the files of -o, -x, --transcript and --record, and
 * --progress. */
#pragma once

#include "base/err.h"
#include "base/event.h"
#include "cli/context.h"
#include "cli/option_table.h"
#include "cli/progress.h"
#include "cli/setup_relay.h"
#include "cli/setup_room.h"
#include "io/misread_tee.h"
#include "io/readings_tee.h"
#include "net/handler.h"

/* A zeroed one never began. */
struct setup {
    struct context context;
    struct handler *handler;  /* of one of the next two; NULL: the setup failed */
    struct setup_relay relay; /* a zeroed one: a room */
    struct setup_room *room;  /* NULL: none */
    struct progress progress;
    struct readings_plan readings;
    struct misread_plan misread; /* `given` NULL: the peers' text is not looked at */
    bool is_confined;            /* or need not be */
};

/* Checks everything before it opens the first file: a wrong use writes nothing. ERR_USAGE,
 * ERR_LOCAL. *run was initialised. *setup is zeroed. The options and the setup must stay at their
 * addresses. A process has one setup. */
int setup_init(struct setup *setup, struct run *run, const struct options *options,
               const struct command_events *events, void *owner, struct err *err);

/* Before the first connection: takes the terminal, or standard input and output, into use. The
 * banner at a terminal begins with `state`. False: that failed, and the run is done; no connection
 * is to be served. */
bool setup_open(struct setup *setup, const char *state);

/* Opens what would be opened later, and confines the process (cli/confinement): before it reads the
 * first byte of a peer. -1 and *err: something cannot be opened. */
int setup_confine(struct setup *setup, struct err *err);

/* Serves the stream. A failure ends the run where there is one connection, and is a message where
 * there are many. */
void setup_serve(struct setup *setup, struct stream *stream);

/* Whether no other connection can be served. */
bool setup_is_last(const struct setup *setup);

/* The listener failed: connections are broken off, for that reason. */
void setup_abort(struct setup *setup, const char *reason);

/* No other peer comes in place of the last one. Returns the bytes of standard input that were read
 * and not sent. */
size_t setup_give_up(struct setup *setup);

/* The listener is closed: connections come to their own end, then the handler is done. */
void setup_drain(struct setup *setup);

/* Tells an event of the whole setup: to the room's operator, and as a message of its level where no
 * person has read it. */
void setup_tell(struct setup *setup, const struct event *event);

/* The same, behind the end of a peer that a room is about to tell (handler_again). */
void setup_tell_next(struct setup *setup, const struct event *event);

/* Tells the command for the other side, which calls `endpoint`; see setup_tls_invite. */
void setup_invite(struct setup *setup, struct endpoint endpoint);

/* After a signal has ended the loop: lets it go on for at most RUN_ORDERLY_END_MS, until
 * connections came to an orderly end, or breaks them off. */
void setup_interrupt(struct setup *setup);

/* After the loop. Failures of files count for the exit status. */
void setup_fini(struct setup *setup);
