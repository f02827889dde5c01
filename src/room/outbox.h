/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox: what is on its way to one peer: messages in their forms, in order.
 *
 * It holds messages, not copies: a queued message costs it a pointer. Whoever fills it looks at its
 * size: over OUTBOX_CONGESTED, until half of that is left, those who can wait do; past
 * OUTBOX_LIMIT, or congested for OUTBOX_PATIENCE_MS, its peer is a slow consumer that is evicted.
 * An empty one has no memory of its own. */
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

/* Of all outboxes of an owner. */
struct outbox_sum {
    size_t queued; /* bytes not written yet */
    size_t held;   /* bytes of memory that they and the messages in them, which they share, take */
};

struct outbox {
    const struct form **ring; /* of `size` places, a power of two, or NULL */
    size_t size, first, count;
    size_t bytes;   /* not written yet */
    size_t written; /* of the first one */
    uint64_t sent;  /* bytes, all in all */
    struct outbox_sum *sum;
};

/* *sum must outlive it. */
void outbox_init(struct outbox *outbox, struct outbox_sum *sum);
void outbox_fini(struct outbox *outbox);

/* Holds the form's message until it is written. -1 without memory. */
MUST_CHECK int outbox_push(struct outbox *outbox, const struct form *form);

/* Writes what goes now. 0 when nothing is left, STREAM_AGAIN, or STREAM_FAIL with *err. */
MUST_CHECK int outbox_write(struct outbox *outbox, struct stream *stream, struct err *err);
