/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress: bytes, rate and time on standard error (--progress).
 *
 * On a terminal it is one row, drawn anew twice a second, which makes way for messages; a line
 * follows at the end. Elsewhere it is a line every ten seconds, while bytes move, and one at the
 * end. Progress never waits for standard error. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/err.h"
#include "io/counter.h"

enum {
    PROGRESS_TEXT = 512, /* the longest text, with its NUL */
    PROGRESS_PAST = 8,   /* samples that a row's rate is the average of */
};

struct progress_sample {
    uint64_t ms, received, sent;
    uint64_t read, size; /* of the file that is standard input; size 0: it is none */
};

/* "12.3 MiB received (2.1 MiB/s), 27 B sent (0 B/s) in 4.2 s": the counts and the time of `now`,
 * counted from 0, with the rates since `then`. A file comes first: "42 %, 17 s left; ". */
void progress_format(char text[PROGRESS_TEXT], const struct progress_sample *then,
                     const struct progress_sample *now);

/* A zeroed one counts nothing. */
struct progress {
    struct counter counter;
    uv_timer_t timer;
    bool is_wanted;  /* --progress */
    bool lines_only; /* the terminal shows other text; before the start */
    bool has_started;
    bool is_row;              /* not lines */
    bool stalls;              /* nothing moved before the last line */
    char text[PROGRESS_TEXT]; /* of the row */
    unsigned width;           /* columns of the row on the terminal; 0: hidden */
    uint64_t start;           /* loop time */
    struct progress_sample past[PROGRESS_PAST];
    unsigned samples;              /* taken so far */
    off_t input_start, input_size; /* of a file; start -1: standard input is none */
    int input; /* this file once more, because nothing is opened later; -1: that is not allowed */
};

/* `shows_received`: received bytes appear on a terminal; lines replace the row once bytes came. The
 * row makes way for messages. `reads_input`: a file that is standard input is on its way. */
void progress_init(struct progress *progress, bool shows_received, bool reads_input);

/* Begins when bytes may move; a second call does nothing. Does not keep the loop alive. */
void progress_start(struct progress *progress, uv_loop_t *loop);

/* Starts the progress. Returns a stream around `stream` that is counted, or `stream` where no
 * progress is wanted. NULL and *err: `stream` is closed. */
struct stream *progress_count(struct progress *progress, uv_loop_t *loop, struct stream *stream,
                              struct err *err);

/* Erases the row, and draws it again. */
void progress_hide(struct progress *progress);
void progress_show(struct progress *progress);

/* Lines replace the row from now on. */
void progress_yield(struct progress *progress);

/* Erases the row and writes the final line. The loop has to turn once more. */
void progress_stop(struct progress *progress);
