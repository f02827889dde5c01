/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outfile: a file beside the conversations: the bytes that pass (-o, -x), a transcript
 * (--transcript), a room's log.
 *
 * Many writers may share one. A piece that is put at once stays in one piece.
 *
 * Streams wait for the outfile of the one conversation in a pipe (`waits`). It holds one piece at
 * most: no piece is put while the outfile still holds one. A failed file is given up, with a
 * message.
 *
 * No stream waits for any other outfile. OUTFILE_QUEUE bytes wait for a slow file. A piece that
 * finds no room, or meets an error, is lost whole and counted; each later piece is tried again.
 * Messages tell the first loss, the end of a failure, and the count at the end.
 *
 * The conversations go on either way; the owner finds the first failure in `failure`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/opener.h"

enum {
    OUTFILE_PIECE = 1 << 20,    /* bytes put at once, at most */
    OUTFILE_QUEUE = 1 << 20,    /* bytes that may wait for a file for which no stream waits */
    OUTFILE_PATIENCE_MS = 1000, /* without progress, when the outfile is closed */
};

/* An entry in the queue for an outfile; a zeroed one does not wait. */
struct outfile_waiter {
    TAILQ_ENTRY(outfile_waiter) link;
    bool waits;
    void (*ready)(struct outfile_waiter *waiter);
};

/* Shows a piece of text on the screen. */
typedef void outfile_show(const char *text, size_t n);

struct outfile_options {
    const char *path;     /* see io/path; not copied */
    struct opener opener; /* of outfile_reopen */
    const char *name;     /* the file's name in sentences, not copied; NULL: its path */
    unsigned how;         /* PATH_PRIVATE, or 0 */
    bool appends;         /* the file is not truncated, and is synced at the end */
    bool waits;           /* streams wait for it */
    bool is_text;         /* losses are counted in lines; a torn line is ended before the next */
    /* NULL, or gets each piece if the file is the terminal of descriptor 0, 1 or 2. */
    outfile_show *show;
    /* NULL, or called for a failure other than ERR_FULL, in place of a message. */
    void (*broke)(void *owner, const struct err *err);
    void *owner;
};

struct fd;

/* A zeroed one was never opened. */
struct outfile {
    struct outfile_options options;
    uv_loop_t *loop;
    struct fd *file; /* NULL: pieces are shown */
    bool is_open, shares_terminal, is_given_up;
    bool is_torn;     /* the file's last line lacks its end */
    struct buf queue; /* pieces that were not written yet */
    TAILQ_HEAD(outfile_waiters, outfile_waiter) waiters;
    bool fails;         /* no piece was written whole since the last failure */
    bool told_slow;     /* a message said that it is not read fast enough */
    unsigned streams;   /* whose taps write to it, so far */
    size_t missing;     /* lines or bytes that were lost and not told yet */
    struct err failure; /* the first one */
};

/* Opens the path, and creates the file if there is none. A FIFO without a reader is an error;
 * ERR_USAGE if a terminal would get bytes as they are. *outfile must stay at its address until the
 * loop has ended. */
int outfile_open(struct outfile *outfile, uv_loop_t *loop, const struct outfile_options *options,
                 struct err *err);

/* Opens the path again, to append. If that fails, a message says so and the old file stays in use.
 */
void outfile_reopen(struct outfile *outfile);

/* Whether a piece may be put now; always true if no stream waits for the outfile. Tries to write
 * the piece before. */
bool outfile_is_free(struct outfile *outfile);

/* Whether bytes wait to be written. */
static inline bool outfile_holds(const struct outfile *outfile)
{
    return buf_length(&outfile->queue) > 0;
}

/* Room for n bytes (at most OUTFILE_PIECE) in a free outfile; the caller writes a piece there and
 * calls outfile_put with its length. NULL: the file was given up, or memory is short; the loss is
 * counted. */
unsigned char *outfile_reserve(struct outfile *outfile, size_t n);
void outfile_put(struct outfile *outfile, size_t n);

/* outfile_reserve and outfile_put in one, and without a copy if streams wait for bytes. */
void outfile_append(struct outfile *outfile, const void *bytes, size_t n);

/* Counts lines that could not be put because memory is short. */
void outfile_lose(struct outfile *outfile, size_t lines);

/* Calls ready(waiter) once, from the loop, when the outfile is free. No change if it waits already.
 */
void outfile_wait(struct outfile *outfile, struct outfile_waiter *waiter,
                  void (*ready)(struct outfile_waiter *waiter));
void outfile_leave(struct outfile *outfile, struct outfile_waiter *waiter);

/* Writes the rest. Blocks while the file takes bytes at least every OUTFILE_PATIENCE_MS, until
 * `until` (ms of uv_hrtime). False: a signal ended the waiting. */
bool outfile_flush(struct outfile *outfile, uint64_t until);

/* The same, and closes the file; the loop must run once more. The rest is lost. */
bool outfile_close(struct outfile *outfile, uint64_t until);
