/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal: the person's terminal, restored on every way out.
 *
 * Reads and writes never wait; they use open files of our own. Output waits in a queue, so that a
 * held terminal (Ctrl-S) holds up nothing else. tty_modes restores the settings at the end, when
 * the job is stopped, and when a signal kills. Callers speak UTF-8, the terminal the local charset.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/fd.h"
#include "text/codec.h"
#include "ui/input.h"

enum { TERMINAL_SIGNALS = 3, TERMINAL_REPORT_MS = 500 };

struct terminal_events {
    struct input_events input;
    void (*drained)(void *owner); /* the queue is empty */
    void (*resized)(void *owner);
    void (*stopping)(void *owner); /* the job is about to stop */
    void (*resumed)(void *owner);  /* the prompt has to be drawn again */
    void (*lost)(void *owner);     /* reading or writing failed; called once */
};

struct terminal {
    uv_loop_t *loop;
    struct fd in, out;
    struct codec from, to; /* the local charset */
    struct input input;
    struct buf queue; /* output, in the local charset */
    uint64_t written; /* bytes that the terminal has taken */
    uv_timer_t held;  /* until input_flush is due */
    uv_timer_t asked; /* until no report is waited for */
    uv_signal_t signals[TERMINAL_SIGNALS];
    bool watches[TERMINAL_SIGNALS];
    bool is_lost, was_asked_kind;
    int handles; /* that the loop holds */
    const struct terminal_events *events;
    void *owner;
    void (*closed)(struct terminal *terminal);
};

/* Opens ahead what terminal_open needs, which a confined run could not. */
void terminal_prepare(void);

/* Takes descriptors 0 and 1, which are terminals, into use. `local` and `utf8` must outlive it. */
int terminal_open(struct terminal *terminal, uv_loop_t *loop, struct charset *local,
                  struct charset *utf8, const struct terminal_events *events, void *owner,
                  struct err *err);

/* Queues UTF-8 text; it is written by terminal_flush, as much as goes, and then by itself. */
void terminal_write(struct terminal *terminal, const char *text, size_t n);
void terminal_flush(struct terminal *terminal);
bool terminal_is_drained(const struct terminal *terminal);

/* Whether output behind the last column continues in the next row, as it does at first, or is cut.
 * Does nothing where the terminal cannot. */
void terminal_set_wrap(struct terminal *terminal, bool wraps);

/* Asks for the place of the cursor. It is `reported` once, or -1 after TERMINAL_REPORT_MS, unless
 * the terminal is asked again meanwhile. A terminal that tells its kind is `identified` before. */
void terminal_ask_place(struct terminal *terminal);

/* Restores the terminal, stops the job, and takes the terminal again when the job continues. */
void terminal_suspend(struct terminal *terminal);

/* Restores the terminal now. Queued output is written if the terminal takes it within a fraction of
 * a second. Else it is dropped, also from the kernel's queue, so that the mode reset gets through.
 */
void terminal_restore(struct terminal *terminal);

/* After terminal_restore; `closed` is called from the loop. */
void terminal_close(struct terminal *terminal, void (*closed)(struct terminal *terminal));
