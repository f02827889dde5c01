/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run: one run of the program: the loop, the signals, the exit status.
 *
 * The loop ends when nothing can call back any more. A signal ends it at once; the command may let
 * it go on a while for an orderly end (run_on). The process then dies by the default action of that
 * signal, as the shell expects. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <uv.h>

#include "base/err.h"
#include "io/watch.h"

enum { RUN_ORDERLY_END_MS = 1000 /* after a signal */ };

/* Returns whether the signal was dealt with. Otherwise it ends the run; SIGUSR1 does not. */
typedef bool run_signalled(void *owner, int number);

struct run {
    uv_loop_t loop;
    int signal_fd; /* of all signals that are caught; those that are ignored come as well */
    struct watch signal_watch;
    bool ignores_hangup;      /* see run_catch_hangup */
    uv_timer_t limit;         /* of run_on */
    int caught;               /* 0, or the signal that ended the loop */
    int ended_by;             /* 0, or the first signal that ended the run */
    uint64_t ends_at;         /* ms of uv_hrtime: the limit of an orderly end by a signal */
    run_signalled *signalled; /* NULL, or called first */
    void *owner;
    struct err failed; /* the first failure, which ended the run */
};

/* Opens /dev/null for each closed descriptor of 0 to 2, so that no socket becomes one of them. A
 * closed standard input is at its end then; writes to a closed standard output fail. */
void run_hold_standard_descriptors(void);

/* Catches signals from here on. Comes before anything is opened. -1 and *err: the signals may be
 * blocked, and nothing else is left. */
int run_init(struct run *run, struct err *err);

/* Reports the failure that ends the run and keeps it for the exit status. An empty sentence was
 * reported before. */
void run_fail(struct run *run, const struct err *err);

/* Reports why the run cannot begin and returns the exit status. */
int run_refuse(const struct err *err);

/* Calls `signalled` first for each signal. */
void run_ask(struct run *run, run_signalled *signalled, void *owner);

/* Whether no terminal is there: SIGHUP has `listen` open and read files again. */
bool run_is_daemon(void);

/* Catches SIGHUP also where it was ignored at the start. It never ends such a run. */
void run_catch_hangup(struct run *run);

/* The soft limit of open files; 0: unknown. */
rlim_t run_descriptors(void);

/* Raises that limit to the hard limit. */
void run_raise_descriptors(void);

/* Ends the run as the signal would. */
void run_stop(struct run *run, int number);

/* Runs the loop to its end, or to a signal. */
void run_loop(struct run *run);

/* "Terminated": the text of the signal that ended the run. */
const char *run_reason(const struct run *run);

/* After run_loop: runs the loop while goes_on(owner) returns true, at most for `ms` (0: without
 * limit). Another signal ends it. */
void run_on(struct run *run, uint64_t ms, bool (*goes_on)(void *owner), void *owner);

/* The time (ms of uv_hrtime) at which waiting for slow files ends: RUN_ORDERLY_END_MS after the
 * signal, at once after another one; 10 s from now without a signal. */
uint64_t run_ends_at(const struct run *run);

/* The exit status so far; 128 and the number of the signal that ended the run. */
int run_status(const struct run *run);

/* Returns the exit status. The process dies here where a signal or a closed pipe ended the run. */
int run_finish(struct run *run);
