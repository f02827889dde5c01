/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outfile: a file beside the work, which gets what is written down: what passes (-o, -x), what is
 * said
 * (--transcript, the log of a room).
 *
 * Many may share one. What is put into it at once stays in one piece.
 *
 * An outfile that is waited for, beside one conversation in a pipe, holds one piece at most: a
 * stream puts nothing into one that still holds something. A file that fails is given up with a
 * message.
 *
 * Every other outfile only looks on. OUTFILE_QUEUE bytes wait for a slow file; what finds no room,
 * or meets an error, is lost in whole pieces and counted, and each later piece is tried again. That
 * is told when it begins, where a failure has passed, and at the end.
 *
 * The work goes on either way, and the owner finds the first failure at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    OUTFILE_PIECE = 1 << 20, /* the most that is put at once */
    OUTFILE_QUEUE = 1 << 20, /* that wait for a file which is not waited for */
    OUTFILE_PATIENCE_MS = 1000,
};

/* A place in the queue for an outfile; a zeroed one waits for none. */
struct outfile_waiter {
    TAILQ_ENTRY(outfile_waiter) link;
    bool waits;
    void (*ready)(struct outfile_waiter *waiter);
};

/* Shows a piece of text to the person at the terminal. */
typedef void outfile_show(const char *text, size_t n);

struct outfile_options {
    const char *path; /* see io/path; not copied */
    const char *name; /* of the file in sentences; NULL: its path */
    bool appends;     /* to what the file holds, which else is truncated; and syncs it at the end */
    bool waits;       /* streams wait for it */
    bool is_text;     /* of lines, which are counted; one that was torn is ended before the next */
    /* NULL, or gets each piece where the file is a terminal that the person uses too. */
    outfile_show *show;
    /* NULL, or told of a failure that does not pass, which is not told otherwise. */
    void (*broke)(void *owner, const struct err *err);
    void *owner;
};

struct fd;

/* A zeroed one was never opened. */
struct outfile {
    struct outfile_options options;
    uv_loop_t *loop;
    struct fd *file; /* NULL: it is shown */
    bool is_open, shares_terminal, is_given_up;
    bool is_torn;     /* the file does not end at a line end */
    struct buf queue; /* what the file has not taken yet */
    TAILQ_HEAD(outfile_waiters, outfile_waiter) waiters;
    bool fails;         /* nothing was written whole since the last failure */
    bool told_slow;     /* that it is not read fast enough */
    size_t missing;     /* lines or bytes, not told yet */
    struct err failure; /* the first of all */
};

/* Creates the file where it does not exist. Nobody is waited for: a FIFO that nobody reads is an
 * error. ERR_USAGE where a terminal would get bytes as they are. *outfile must stay at its address
 * until the loop has ended. */
int outfile_open(struct outfile *outfile, uv_loop_t *loop, const struct outfile_options *options,
                 struct err *err);

/* Opens the path again, to append; where that fails it says so, and the old file stays in use. */
void outfile_reopen(struct outfile *outfile);

/* Whether it goes to standard error, by that name. */
bool outfile_is_standard_error(const struct outfile *outfile);

/* Whether a piece may be put now; always, where it is not waited for. Writes what goes of the one
 * before. */
bool outfile_is_free(struct outfile *outfile);

/* Whether something waits to be written. */
bool outfile_holds(const struct outfile *outfile);

/* Room for n bytes (at most OUTFILE_PIECE) in a free outfile, which are written there and then put.
 * NULL: there is nothing to be done, because the file was given up or memory is short. */
unsigned char *outfile_reserve(struct outfile *outfile, size_t n);
void outfile_put(struct outfile *outfile, size_t n);

/* Both at once. */
void outfile_append(struct outfile *outfile, const void *bytes, size_t n);

/* So many lines could not be put at all: memory is short. */
void outfile_lose(struct outfile *outfile, size_t lines);

/* Calls ready(waiter) once, from the loop, when the outfile is free. Again is nothing. */
void outfile_wait(struct outfile *outfile, struct outfile_waiter *waiter,
                  void (*ready)(struct outfile_waiter *waiter));
void outfile_leave(struct outfile *outfile, struct outfile_waiter *waiter);

/* At the end of all; the loop has to turn once more. What the file does not take while it takes
 * something every second, and before `until` (ms of uv_hrtime), is lost. False: a signal came, and
 * ended the waiting. */
bool outfile_close(struct outfile *outfile, uint64_t until);
