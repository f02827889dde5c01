/* SPDX-License-Identifier: GPL-3.0-or-later */
/* processes: all programs of a loop, each of which is waited for.
 *
 * A program is asked to end by SIGTERM, and killed if it has not ended after PROCESS_END_MS; the
 * loop goes on so long. Without a controlling terminal of ours a program leads a process group, and
 * the whole group is asked and killed. At a terminal it stays in our group, so that Ctrl-C, Ctrl-Z
 * and fg reach it too and it may ask for a password; then only the program itself is asked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#include "base/err.h"
#include "base/map.h"
#include "base/must_check.h"
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
    size_t lingering;   /* programs that were left and run on */
    size_t asked;       /* programs that were asked to end and run on */
    uv_signal_t signal; /* SIGCHLD; does not keep the loop */
    bool watches;       /* SIGCHLD */
    struct map running; /* from process id to struct running */
};

/* A program of these; its user embeds it. */
struct running {
    struct processes *processes;
    pid_t pid; /* 0: it has ended, or is not waited for */
    bool leads;
    bool was_left;
    bool was_asked;     /* to end */
    bool input_ended;   /* the user sets it */
    bool was_killed;    /* by a signal */
    struct err verdict; /* once it has ended */
    char *peer, *command;
    uv_timer_t timer; /* the user's until running_leave */
    void (*ended)(struct running *running);
};

/* Starts a program with `in` and `out` as its standard input and output. `peer` is for
 * process_exited; neither it nor *spawn is needed later. Calls ended(running) once, from the loop
 * or from processes_fini. -1 and *err as spawn_program has it; running_fini follows all the same.
 */
MUST_CHECK int running_start(struct running *running, const struct spawn *spawn, const char *peer,
                             int in, int out, struct err *err);

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
