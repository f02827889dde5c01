/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress: how much has passed, how fast and for how long, on standard error (--progress).
 *
 * On a terminal it is one row, drawn anew twice a second, which makes way for anything else that is
 * said there, and at the end of it all one line. Elsewhere it is a line every ten seconds, while
 * bytes move, and one at the end. Standard error is never waited for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "io/counter.h"

enum {
    PROGRESS_TEXT = 384, /* the longest text, with its NUL */
    PROGRESS_PAST = 8,   /* samples that a row's rate is the average of */
};

struct progress_sample {
    uint64_t ms, received, sent;
};

/* "12.3 MiB received (2.1 MiB/s), 27 B sent (0 B/s) in 4.2 s": the counts and the time of `now`,
 * counted from 0, with the rates since `then`. */
void progress_format(char text[PROGRESS_TEXT], const struct progress_sample *then,
                     const struct progress_sample *now);

struct progress {
    const struct counter *counter;
    uv_timer_t timer;
    bool started;
    bool is_row;              /* not lines */
    bool stalls;              /* nothing moved before the last line */
    char text[PROGRESS_TEXT]; /* of the row */
    unsigned width;           /* of it where it is shown; 0: it is not */
    uint64_t start;           /* loop time */
    struct progress_sample past[PROGRESS_PAST];
    unsigned samples; /* that were taken */
};

/* Once bytes may move; again is nothing. Is no reason for the loop to go on. */
void progress_start(struct progress *progress, uv_loop_t *loop, const struct counter *counter);

/* Erases the row, because something else is about to be said, and draws it again. */
void progress_hide(struct progress *progress);
void progress_show(struct progress *progress);

/* From now on lines: something else is on the screen where the row would be. */
void progress_yield(struct progress *progress);

/* Erases the row and says the final line. The loop has to turn once more before the memory goes. */
void progress_stop(struct progress *progress);
