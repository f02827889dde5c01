/* outbox: what is on its way to one peer: messages in their forms, in order.
 *
 * It holds messages, not copies. Whoever fills it looks at its size first: over OUTBOX_CROWDED
 * those who can wait do, past OUTBOX_LIMIT the peer is one that cannot be served. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/stream.h"
#include "talk/message.h"

enum {
    OUTBOX_CROWDED = 256 * 1024,
    OUTBOX_LIMIT = 1024 * 1024,
    OUTBOX_PATIENCE_MS = 10000, /* how long a queue may stay crowded */
};

struct outbox_entry;

struct outbox {
    struct outbox_entry *first, **last;
    size_t bytes;   /* not written yet */
    size_t written; /* of the first entry */
    uint64_t sent;  /* bytes, all in all */
};

void outbox_init(struct outbox *outbox);
void outbox_fini(struct outbox *outbox);

/* Holds the message until it is written; `form` is one of its forms. -1 without memory. */
int outbox_push(struct outbox *outbox, struct message *message, const struct form *form);

/* Writes what goes now. 0 when nothing is left, STREAM_AGAIN, or STREAM_FAIL with *err. */
int outbox_write(struct outbox *outbox, struct stream *stream, struct err *err);
