/* sink: a file that gets what streams write down beside the conversation (-o, -x).
 *
 * Many streams may share one. What is put into it at once stays in one piece. A slow file (a FIFO)
 * is waited for: a stream puts nothing into a sink that still holds something, so at most one piece
 * is held. A file that fails is given up with a message, the conversations go on, and the owner
 * finds the failure at the end. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/descriptor.h"

enum { SINK_PIECE = 1 << 20 }; /* the most that is put at once */

/* Who waits for a sink; zeroed it waits for none. */
struct sink_waiter {
    TAILQ_ENTRY(sink_waiter) link;
    bool waits;
    void (*ready)(struct sink_waiter *waiter);
};

struct sink {
    const char *path; /* not copied */
    int fd;           /* -1 once closed */
    bool started;
    struct descriptor descriptor;
    struct buf queue; /* what the file has not taken yet */
    TAILQ_HEAD(sink_waiters, sink_waiter) waiters;
    struct err failure;
};

/* Creates or truncates the file; to open a FIFO means to wait for its reader. */
int sink_open(struct sink *sink, const char *path, struct err *err);

/* Before the first stream uses it; again is nothing. It must stay at its address until the loop has
 * ended. */
int sink_start(struct sink *sink, uv_loop_t *loop, struct err *err);

/* Whether a piece may be put now. Writes what goes of the one before. */
bool sink_is_free(struct sink *sink);

/* Room for n bytes (at most SINK_PIECE) in a free sink, which are written there and then put. NULL:
 * there is nothing to be done, because the file has failed. */
unsigned char *sink_reserve(struct sink *sink, size_t n);
void sink_put(struct sink *sink, size_t n);

/* Calls ready(waiter) once, from the loop, when the sink is free. Again is nothing. */
void sink_wait(struct sink *sink, struct sink_waiter *waiter,
               void (*ready)(struct sink_waiter *waiter));
void sink_leave(struct sink *sink, struct sink_waiter *waiter);

/* At the end of all, also of one that was never opened (fd -1, or all of it zeroed). What a FIFO
 * does not take at once is lost; this, and what the system has to say last, is in sink->failure. */
void sink_close(struct sink *sink);
