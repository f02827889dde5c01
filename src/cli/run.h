/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run: the frame around one run of the program: the loop, the signals, the exit status.
 *
 * A run ends by itself: when nothing is left that could call back, the loop ends. A signal ends it
 * at once, but for what its owner still has to bring to an orderly end (run_on); the process then
 * dies by that signal's default action, as the shell expects. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <uv.h>

#include "base/err.h"

enum { RUN_SIGNALS = 5, RUN_ORDERLY_END_MS = 1000 /* after a signal */ };

/* Whether a signal has been dealt with; if not, it ends the run, but for SIGUSR1. */
typedef bool run_signalled(void *owner, int number);

struct run {
    uv_loop_t loop;
    uv_signal_t signals[RUN_SIGNALS];
    bool watches[RUN_SIGNALS]; /* those not ignored by whoever started us */
    bool ignores_hangup;       /* whoever started us wants it so: SIGHUP never ends the run */
    uv_timer_t limit;          /* of what goes on after it */
    int caught;                /* 0, or the signal that ended the loop */
    int ended_by;              /* 0, or the signal that ended the run: the first one */
    uint64_t ends_at;          /* ms of uv_hrtime, after that: until then it may be orderly */
    run_signalled *signalled;  /* NULL, or asked first */
    void *owner;
    struct err failed; /* what ended the run; the first one counts */
};

/* Makes sure that descriptors 0 to 2 are taken, so that no socket can become one of them: a closed
 * standard input is at its end, a closed standard output fails when written to. */
void run_hold_standard_descriptors(void);

/* Before anything is opened: from here on signals are caught. */
int run_init(struct run *run, struct err *err);

/* Says why the run ends (an empty sentence was said before) and keeps it for the exit status. */
void run_fail(struct run *run, const struct err *err);

/* Says why the run cannot begin and returns the exit status. */
int run_refuse(const struct err *err);

/* Lets others deal with signals first. */
void run_ask(struct run *run, run_signalled *signalled, void *owner);

/* SIGHUP is asked about, too, where it was ignored at the start. */
void run_catch_hangup(struct run *run);

/* The descriptors that the process may have now; 0: unknown. */
rlim_t run_descriptors(void);

/* Lets the process have as many descriptors as the system allows it. */
void run_raise_descriptors(void);

/* Ends the run as that signal would. */
void run_stop(struct run *run, int number);

/* Lets the loop run to its end, or to a signal. */
void run_loop(struct run *run);

/* The signal that ended the run, as "Terminated". */
const char *run_reason(const struct run *run);

/* After that: lets it go on while goes_on(owner) says so, but not for more than `ms` (0: without
 * limit). Another signal ends that. */
void run_on(struct run *run, uint64_t ms, bool (*goes_on)(void *owner), void *owner);

/* Until when (ms of uv_hrtime) what is left may be waited for: RUN_ORDERLY_END_MS after the signal,
 * no longer after another one; without a signal 10 s from now. */
uint64_t run_ends_at(const struct run *run);

/* The exit status. Does not return where the run ended by a signal or by a closed pipe. */
int run_finish(struct run *run);
