/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process: a program as an end of a conversation: its standard output is read, its standard input
 * is written. Its standard error is ours.
 *
 * finish closes its standard input. close LINGER lets it run on, and it sees the ends of its pipes;
 * close BREAK or ABORT also asks it to end (SIGTERM); one that has not after PROCESS_END_MS is
 * killed, and the loop goes on so long. Where we have no controlling terminal it leads a process
 * group, and the whole group is asked and killed. At a terminal it stays in ours, so that Ctrl-C,
 * Ctrl-Z and fg mean it too and it may ask for a password; only itself is asked then.
 *
 * A program that a signal has ended fails the read at its end with ERR_PROGRAM; the end of its
 * output waits for its exit for PROCESS_EXIT_MS at most, because the system tells the exit a moment
 * later.
 *
 * A program that reads no more fails a write with ERR_NONE: what comes is not taken, nothing is
 * wrong, and what it says goes on. One that has ended may have left its pipes to others, as
 * "sleep 9 &" does in a shell: these may still speak, but after PROCESS_GRACE_MS of silence both
 * directions are at their end.
 *
 * SIGPIPE must be ignored. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "os/spawn.h"

enum {
    PROCESS_GRACE_MS = 1000,
    PROCESS_EXIT_MS = 200,
    PROCESS_WAIT_MS = 1000, /* a closed one keeps the loop so long, if it matters how it ends */
    PROCESS_END_MS = 5000,  /* from being asked to end to being killed */
    PROCESSES_BUCKETS = 64, /* a power of two */
};

/* A program has ended. `peer` as it was given; verdict->sentence: "'COMMAND' ended with status 3",
 * "'COMMAND' ended by signal 9 (Killed)"; verdict->kind: ERR_PROGRAM where it failed. One that was
 * asked to end, or that SIGPIPE ended after it was closed or had got its input's end, did not.
 * verdict NULL: it was closed, has not ended, and the loop waits for it no longer. */
typedef void process_exited(void *owner, const char *peer, const struct err *verdict);

/* All programs of a loop, so that each of them is waited for. Zeroed but for what is called it is
 * valid; it must stay at its address until the loop has ended. */
struct processes {
    uv_loop_t *loop;
    process_exited *exited; /* NULL, or called for each, from the loop, also after its close */
    void (*changed)(void *owner); /* NULL, or told that `lingering` is another number */
    void *owner;
    size_t lingering;   /* that run though their streams are closed */
    size_t asked;       /* of them, to end */
    uv_signal_t signal; /* SIGCHLD; does not keep the loop */
    bool watches;
    LIST_HEAD(process_list, process) running[PROCESSES_BUCKETS]; /* by process id */
};

/* Starts a program, `peer` is for process_exited; both are not needed later. NULL and *err: "cannot
 * run NAME: No such file or directory" (ERR_LOCAL). */
struct stream *process_new(struct processes *processes, const struct spawn *spawn, const char *peer,
                           struct err *err);

/* Calls over(owner), once: the stream is closed, and the program has ended or is waited for no
 * more.
 */
void process_on_over(struct stream *stream, void (*over)(void *owner), void *owner);

/* Whether the loop goes on for those that linger, after a first program was started. */
void processes_hold(struct processes *processes, bool holds);

/* Asks all that linger to end, as close ABORT would have. */
void processes_ask(struct processes *processes);

/* After all streams are closed: kills those that were asked to end, forgets all that still run, and
 * lets go of the loop. */
void processes_fini(struct processes *processes);
