/* sink: a file beside the work, which gets what is written down: what passes (-o, -x), what is said
 * (--transcript, the log of a room).
 *
 * Many may share one. What is put into it at once stays in one piece.
 *
 * A sink that is waited for, beside one conversation in a pipe, holds one piece at most: a stream
 * puts nothing into one that still holds something. A file that fails is given up with a message.
 *
 * Every other sink only looks on. SINK_QUEUE bytes wait for a slow file; what finds no room, or
 * meets an error, is lost in whole pieces and counted, and each later piece is tried again. That is
 * told when it begins, where a failure has passed, and at the end.
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
    SINK_PIECE = 1 << 20, /* the most that is put at once */
    SINK_QUEUE = 1 << 20, /* that wait for a file which is not waited for */
    SINK_PATIENCE_MS = 1000,
};

/* Who waits for a sink; zeroed it waits for none. */
struct sink_waiter {
    TAILQ_ENTRY(sink_waiter) link;
    bool waits;
    void (*ready)(struct sink_waiter *waiter);
};

/* Shows a piece of text to the person at the terminal. */
typedef void sink_show(const char *text, size_t n);

struct sink_options {
    const char *path; /* see io/path; not copied */
    const char *name; /* of the file in sentences; NULL: its path */
    bool appends;     /* to what the file holds, which else is truncated; and syncs it at the end */
    bool waits;       /* streams wait for it */
    bool is_text;     /* of lines, which are counted; one that was torn is ended before the next */
    /* NULL, or gets each piece where the file is a terminal that the person uses too. */
    sink_show *show;
    /* NULL, or told of a failure that does not pass, which is not told otherwise. */
    void (*broke)(void *owner, const struct err *err);
    void *owner;
};

struct sink_file;

/* A zeroed one was never opened. */
struct sink {
    struct sink_options options;
    uv_loop_t *loop;
    struct sink_file *file; /* NULL: it is shown */
    bool is_open, shares_terminal, is_given_up;
    bool is_torn;     /* the file does not end at a line end */
    struct buf queue; /* what the file has not taken yet */
    TAILQ_HEAD(sink_waiters, sink_waiter) waiters;
    bool fails;         /* nothing was written whole since the last failure */
    bool told_slow;     /* that it is not read fast enough */
    size_t missing;     /* lines or bytes, not told yet */
    struct err failure; /* the first of all */
};

/* Creates the file where it does not exist. Nobody is waited for: a FIFO that nobody reads is an
 * error. ERR_USAGE where a terminal would get bytes as they are. *sink must stay at its address
 * until the loop has ended. */
int sink_open(struct sink *sink, uv_loop_t *loop, const struct sink_options *options,
              struct err *err);

/* Opens the path again, to append; where that fails it says so, and the old file stays in use. */
void sink_reopen(struct sink *sink);

/* Whether it goes to standard error, by that name. */
bool sink_is_standard_error(const struct sink *sink);

/* Whether a piece may be put now; always, where it is not waited for. Writes what goes of the one
 * before. */
bool sink_is_free(struct sink *sink);

/* Whether something waits to be written. */
bool sink_holds(const struct sink *sink);

/* Room for n bytes (at most SINK_PIECE) in a free sink, which are written there and then put. NULL:
 * there is nothing to be done, because the file was given up or memory is short. */
unsigned char *sink_reserve(struct sink *sink, size_t n);
void sink_put(struct sink *sink, size_t n);

/* Both at once. */
void sink_append(struct sink *sink, const void *bytes, size_t n);

/* So many lines could not be put at all: memory is short. */
void sink_lose(struct sink *sink, size_t lines);

/* Calls ready(waiter) once, from the loop, when the sink is free. Again is nothing. */
void sink_wait(struct sink *sink, struct sink_waiter *waiter,
               void (*ready)(struct sink_waiter *waiter));
void sink_leave(struct sink *sink, struct sink_waiter *waiter);

/* At the end of all; the loop has to turn once more. What the file does not take while it takes
 * something every second, and before `until` (ms of uv_hrtime), is lost. False: a signal came, and
 * ended the waiting. */
bool sink_close(struct sink *sink, uint64_t until);
