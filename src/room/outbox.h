/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox: the messages on their way to one peer, in their forms and in order.
 *
 * An outbox holds messages, not copies: a queued message costs a pointer. Its owner looks at its
 * size. Over pool.congested bytes others wait for the peer; past OUTBOX_LIMIT, or congested for
 * OUTBOX_PATIENCE_MS, the peer is a slow consumer that is evicted. An outbox of few messages has no
 * memory of its own. outbox.c has the states. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"
#include "io/stream.h"
#include "room/message.h"

enum {
    OUTBOX_CONGESTED = 256 * 1024,
    OUTBOX_LIMIT = 1024 * 1024,
    OUTBOX_PATIENCE_MS = 10000, /* of congestion without a pause */
};

/* Shared by all outboxes of an owner. */
struct outbox_pool {
    size_t congested; /* bytes; the bound of each outbox */
    size_t queued;    /* bytes that are not written yet, of all outboxes */
    size_t held;      /* bytes of memory that the outboxes and the messages in them take */
};

enum { OUTBOX_PLACES = 4 /* of messages, that need no memory; a power of two */ };

enum outbox_write { OUTBOX_OPEN, OUTBOX_FINISHING, OUTBOX_FINISHED, OUTBOX_CLOSED };
enum outbox_load { LOAD_CLEAR, LOAD_BLOCKED, LOAD_CONGESTED };

/* The changes by one call, a set. */
enum outbox_change {
    OUTBOX_PENDING = 1, /* there is something for outbox_flush */
    OUTBOX_TOOK = 2,    /* the peer took some bytes */
    OUTBOX_FILLED = 4,  /* the load is CONGESTED now */
    OUTBOX_DRAINED = 8, /* the load is CONGESTED no longer */
    OUTBOX_ENDED = 16,  /* the state is FINISHED or CLOSED now */
};

/* The operator's lines in an outbox that the peer has not taken whole. */
struct outbox_lines {
    uint64_t first; /* its number; 0: there is none */
    size_t count;
};

struct outbox {
    struct outbox_pool *pool;
    struct stream *stream;    /* the owner's */
    const struct form **ring; /* of `size` places, a power of two; NULL: `places` */
    const struct form *places[OUTBOX_PLACES];
    uint32_t size, first, count;
    unsigned char write, load; /* enum outbox_write, enum outbox_load */
    bool lacks;                /* memory was short for a message, which CLOSED the outbox */
    size_t bytes;              /* not written yet */
    size_t written;            /* of the first message */
    uint64_t sent;             /* bytes, all in all */
    struct outbox_lines lost;  /* in the state CLOSED */
    size_t dropped;            /* bytes that were queued in front of CLOSED */
};

/* Whether the write side is open and nothing is queued: bytes may be written at once. */
static inline bool outbox_is_clear(const struct outbox *outbox)
{
    return !outbox->count && outbox->write == OUTBOX_OPEN && outbox->load == LOAD_CLEAR;
}

/* *stream and *pool must outlive the outbox. */
void outbox_init(struct outbox *outbox, struct stream *stream, struct outbox_pool *pool);
void outbox_fini(struct outbox *outbox);

/* Queues a form and holds its message until it is written. An outbox over its bound is flushed.
 * Without memory the outbox is closed, so that nothing follows a gap. A set of enum outbox_change.
 * Only in the state OPEN. */
MUST_CHECK unsigned outbox_send(struct outbox *outbox, const struct form *form);

/* The same for a form whose first bytes, `put` but not all, are written already. NULL: there was no
 * memory for it. */
MUST_CHECK unsigned outbox_send_rest(struct outbox *outbox, const struct form *form, size_t put);

/* Writes bytes past an outbox that is clear (outbox_is_clear): how many went now, 0 also after a
 * failure, which outbox_flush tells again. outbox_send_rest takes the others. */
MUST_CHECK size_t outbox_put(struct outbox *outbox, const void *bytes, size_t n);

/* Queues bytes that go as they are, in the state OPEN and with memory; no peer waits for them. A
 * set of enum outbox_change. */
MUST_CHECK unsigned outbox_answer(struct outbox *outbox, const void *bytes, size_t n);

/* Writes what goes now, and our end behind it in the state FINISHING. A failure closes the outbox;
 * the stream tells it again when it is read. A set of enum outbox_change. */
MUST_CHECK unsigned outbox_flush(struct outbox *outbox);

/* The message came too late, in the state CLOSED. */
void outbox_lose(struct outbox *outbox, const struct message *message);

/* Also those that are lost. */
struct outbox_lines outbox_own_lines(const struct outbox *outbox);

/* Our end follows what is queued. */
void outbox_finish(struct outbox *outbox);

/* Whether the loop is to call outbox_flush when the stream takes bytes. */
bool outbox_waits(const struct outbox *outbox);

/* Writes what goes now, in any state, and changes none. 0 when nothing is left, STREAM_AGAIN, or
 * STREAM_FAIL with *err. */
MUST_CHECK int outbox_write(struct outbox *outbox, struct err *err);

/* The same, and our end behind it. `confirms`: 0 when the peer has acknowledged that, too. */
MUST_CHECK int outbox_conclude(struct outbox *outbox, bool confirms, struct err *err);
