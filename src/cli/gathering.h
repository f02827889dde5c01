/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gathering: a room and its operator, from the options: a person at a terminal, or standard input
 * and output. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/encodings.h"
#include "cli/options.h"
#include "cli/person.h"
#include "cli/run.h"
#include "io/outfile.h"
#include "io/transcript.h"
#include "room/room.h"
#include "room/stdio_operator.h"

struct gathering_events {
    handler_done *done;
    person_lock *lock;
};

struct gathering {
    struct run *run;
    struct encodings encodings;
    struct transcript *transcript; /* or NULL */
    struct outfile *log;           /* of a chat without a person; or NULL */
    char *reply;                   /* of a bot, as UTF-8 or bytes */
    struct room room;
    bool talks; /* with a person */
    struct person person;
    struct stdio_operator stdio_operator;
    bool stdio_operator_is_open;
    struct err outcome;
    const struct gathering_events *events;
    void *owner;
};

/* The row of the mode table for these options. */
const struct mode *gathering_mode(const struct options *options);

/* Opens charsets. `transcript`: NULL, or what also gets what is said; `log`: NULL, or what gets the
 * lines of a chat. Both are opened before the room is. */
int gathering_init(struct gathering *gathering, struct run *run, const struct options *options,
                   struct charsets *charsets, struct transcript *transcript, struct outfile *log,
                   const struct gathering_events *events, void *owner, struct err *err);

/* Takes the terminal, or standard input and output; `state` is what a banner begins with. */
int gathering_open(struct gathering *gathering, const char *state, struct err *err);

/* A signal has ended the run. A room, and a pipe whose standard input has ended, come to an orderly
 * end, for which the loop is to go on; another pipe is broken off, for that reason. */
void gathering_interrupt(struct gathering *gathering, const char *reason);

/* After that: waits no longer for those who have not taken what was for them, and says so. What
 * standard input gave is data that must not look whole then. */
void gathering_abandon(struct gathering *gathering);

/* After the loop. */
void gathering_fini(struct gathering *gathering);
