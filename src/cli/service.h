/* SPDX-License-Identifier: GPL-3.0-or-later */
/* service: from the options to the handler that serves connections, and what it needs around it. */
#pragma once

#include "base/err.h"
#include "cli/bridging.h"
#include "cli/files.h"
#include "cli/gathering.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "net/handler.h"
#include "relay/stdio_session.h"
#include "text/charset.h"

/* What a command that listens hears and does; NULL for the others. */
struct service_events {
    void (*ended)(void *owner); /* nothing more is to be served */
    person_lock *lock;
    /* Whether it is an address that is listened at. */
    bool (*is_own)(void *owner, const struct endpoint *peer);
};

struct service {
    struct run *run;
    const struct service_events *events;
    void *owner;
    struct charsets charsets;
    struct files files;
    bool gathers;
    bool serves_one; /* connection, and then ends */
    struct bridging bridging;
    bool measures;   /* --progress */
    bool shows_more; /* on the terminal of the progress: the log of a room, a hex dump */
    struct counter counter;
    struct progress progress;
    struct stdio_session stdio_session;
    struct gathering gathering;
    struct handler *handler; /* which of the handlers serves */
};

/* Opens charsets and files, so that what is wrong with them is said before anyone is connected, but
 * no file before all of the command line was found to be right: a wrong use writes nothing. How a
 * conversation ends is told to *run, which was initialised. */
int service_init(struct service *service, struct run *run, const struct options *options,
                 const struct service_events *events, void *owner, struct err *err);

/* Before the first connection is served: takes the terminal, or standard input and output, into
 * use. `state` is what a person reads first. */
void service_open(struct service *service, const char *state);

/* Serves the stream; a failure is told to the run. */
void service_serve(struct service *service, struct stream *stream);

/* It failed: nobody else will come, and those who are served are broken off, for that reason. */
void service_close(struct service *service, const struct err *err);

/* Nobody else will come: those who are served come to their end. */
void service_drain(struct service *service);

/* Opens the files that are written again, as after a log was rotated. */
void service_reopen(struct service *service);

/* Tells an event of the whole service: with -v, to the room's log, its transcript and the person at
 * the terminal. */
__attribute__((format(printf, 2, 3))) void service_note(struct service *service, const char *format,
                                                        ...);

/* After a signal has ended the loop: those who are served come to an orderly end, for which it goes
 * on for a second at most, or are broken off. */
void service_interrupt(struct service *service);

/* After the loop has ended, also of a zeroed one; what went wrong meanwhile counts for the exit
 * status. */
void service_fini(struct service *service);

/* AF_UNSPEC, AF_INET or AF_INET6. */
int service_family(const struct options *options);
