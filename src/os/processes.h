/* SPDX-License-Identifier: GPL-3.0-or-later */
/* processes: all programs of a loop, each of which is waited for.
 *
 * They are children of the helper, which tells their ends and passes signals on. A program is asked
 * to end by SIGTERM, and killed if it has not ended after PROCESS_END_MS; the loop goes on so long.
 * A program that leads a process group is asked and killed with the whole group; see spawn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/map.h"
#include "base/must_check.h"
#include "io/watch.h"
#include "os/spawn.h"

enum {
    PROCESS_WAIT_MS = 1000, /* longest wait of the loop for a program that was left, if `exited` */
    PROCESS_END_MS = 5000,  /* from being asked to end to being killed */
};

/* A program has ended. `peer` as it was given; verdict->sentence: "'COMMAND' ended with status 3",
 * "'COMMAND' ended by signal 9 (Killed)"; verdict->kind: ERR_PROGRAM if it failed. A program that
 * was asked to end has not failed, nor one that SIGPIPE ended after the end of its input.
 * verdict NULL: it was left, has not ended, and the loop waits for it no longer. */
typedef void process_exited(void *owner, const char *peer, const struct err *verdict);

/* Zeroed but for `loop` and the callbacks it is valid. It must stay at its address until the loop
 * has ended. */
struct processes {
    uv_loop_t *loop;
    process_exited *exited;       /* NULL, or called for each program, from the loop */
    void (*changed)(void *owner); /* NULL, or called when `lingering` has changed */
    void *owner;
    size_t lingering;      /* programs that were left and run on */
    size_t asked;          /* programs that were asked to end and run on */
    struct helper *helper; /* NULL: no program was started */
    struct watch ends;     /* of programs */
    struct map running;    /* from the number of a child to struct running */
};

/* A program of these; its user embeds it. */
struct running {
    struct processes *processes;
    uint64_t child; /* of the helper; 0: it has ended, or is not waited for */
    bool was_left;
    bool was_asked;     /* to end */
    bool input_ended;   /* the user sets it */
    bool was_killed;    /* by a signal */
    struct err verdict; /* once it has ended */
    char *peer, *command;
    uv_timer_t timer; /* the user's until running_leave */
    void (*ended)(struct running *running);
};

/* Starts a program, of the same helper as all others, with `in` and `out` as its standard input and
 * output. `peer` is for process_exited; neither it nor *place is needed later. Calls ended(running)
 * once, from the loop or from processes_fini. -1 and *err as spawn_start has it; running_fini
 * follows all the same. */
MUST_CHECK int running_start(struct running *running, const struct spawn *spawn,
                             const struct spawn_place *place, const char *peer, int in, int out,
                             struct err *err);

/* Asks it to end, once. */
void running_ask(struct running *running);

/* Its user has closed its pipes. Whether it runs on or was asked to end, it lingers until then. */
void running_leave(struct running *running);

/* Frees the strings of one that has ended. */
void running_fini(struct running *running);

/* Whether the loop goes on for those that linger, after a first program was started. */
void processes_hold(struct processes *processes, bool holds);

/* Asks all that linger to end. */
void processes_ask(struct processes *processes);

/* After all were left: kills those that were asked to end, forgets all that still run, and lets go
 * of the loop. */
void processes_fini(struct processes *processes);
