/* SPDX-License-Identifier: GPL-3.0-or-later */
/* terminal: the person's terminal, of which nothing may be left changed.
 *
 * It is read and written without ever waiting, through open files of our own, and gets its settings
 * back on every way out: at the end, when the job is stopped, and when a signal kills. What is
 * written waits in a queue, so a screen that is held (Ctrl-S) holds nobody.
 * On this side everything is UTF-8; the terminal speaks the local charset. Its keys for interrupt,
 * quit and suspend come as bytes (see tty_modes_key): they act on what is being typed. */
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

enum { TERMINAL_SIGNALS = 3 };

struct terminal_events {
    /* See input. */
    input_typed *typed;
    input_pressed *pressed;
    input_pasted *pasted;
    void (*drained)(void *owner); /* the queue is empty */
    void (*resized)(void *owner);
    void (*stopping)(void *owner); /* the job is about to be stopped */
    void (*resumed)(void *owner);  /* the screen has to be drawn anew */
    void (*lost)(void *owner);     /* it is gone; called once */
};

struct terminal {
    uv_loop_t *loop;
    struct fd in, out;
    struct codec from, to; /* the local charset */
    struct input input;
    struct buf queue; /* for the screen, in the local charset */
    uint64_t written; /* bytes that the screen has taken */
    uv_timer_t held;  /* for a key of which only the beginning has come */
    uv_signal_t signals[TERMINAL_SIGNALS];
    bool watches[TERMINAL_SIGNALS];
    bool is_lost;
    int handles; /* that the loop holds */
    const struct terminal_events *events;
    void *owner;
    void (*closed)(struct terminal *terminal);
};

/* Takes descriptors 0 and 1, which are terminals, into use. `local` and `utf8` must outlive it. */
int terminal_open(struct terminal *terminal, uv_loop_t *loop, struct charset *local,
                  struct charset *utf8, const struct terminal_events *events, void *owner,
                  struct err *err);

/* Queues UTF-8 text; it is written by terminal_flush, as much as goes, and then by itself. */
void terminal_write(struct terminal *terminal, const char *text, size_t n);
void terminal_flush(struct terminal *terminal);
bool terminal_is_drained(const struct terminal *terminal);

/* Whether what is written goes on in the next row behind the last column, as it does at first; else
 * the row is cut there. Nothing where the terminal cannot. */
void terminal_set_wrap(struct terminal *terminal, bool wraps);

unsigned terminal_columns(void);
unsigned terminal_rows(void);

/* Whether it understands escape sequences: TERM is known, and not dumb or the like. */
bool terminal_is_able(void);

/* The suspend key: gives the terminal back, stops the job, and takes it again. */
void terminal_suspend(struct terminal *terminal);

/* Gives the terminal back, now. What is still queued is written if that goes within a fraction of a
 * second; else it is dropped, also from the terminal's own queue, so that the terminal can be told
 * to be as it was. */
void terminal_restore(struct terminal *terminal);

/* After terminal_restore; `closed` is called from the loop. */
void terminal_close(struct terminal *terminal, void (*closed)(struct terminal *terminal));
