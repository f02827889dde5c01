/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_commands: carries out the /commands for devices: /bytes /every /stop /m /save.
 *
 * Literals go to all peers, exactly, and are shown as they were typed, behind the mark MARK_BYTES.
 * {count} has one count for all of them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "io/opener.h"
#include "room/room.h"
#include "text/command.h"
#include "text/literal.h"
#include "ui/repeat.h"
#include "ui/screen.h"
#include "ui/upload.h"

enum {
    BENCH_REPEATS = 8,
    BENCH_SHOWN_US = 100000, /* a literal that is repeated more often is shown once */
};

/* One of /every; its number is its index and 1. */
struct bench_repeat {
    struct bench *bench;
    struct repeat repeat;
    struct literal *literal; /* NULL: it is free */
    char *text;              /* its source */
    uint64_t us;             /* of the period, at least 1000 */
    uint64_t sent, skipped;  /* skipped: nobody was there, or a peer did not read */
};

/* Everything that it points to is the caller's. */
struct bench {
    struct room *room;
    struct screen *screen;
    struct upload *upload;
    const char *name; /* under which own messages are shown; the caller may change it */
    struct opener opener;
    uint64_t count;   /* of the last message with {count} */
    struct buf last;  /* the literal that the person has sent last; of /every its first time */
    uint64_t last_at; /* its number among own lines */
    struct bench_repeat repeats[BENCH_REPEATS];
};

void bench_init(struct bench *bench, struct room *room, struct screen *screen,
                struct upload *upload, const char *name, struct opener opener);

/* Carries out a command of the five. */
void bench_run(struct bench *bench, const struct command_line *line);

/* Tells what is repeated, and how exactly. */
void bench_tell(struct bench *bench);

/* Ends what is repeated. */
void bench_stop(struct bench *bench);
void bench_fini(struct bench *bench);
