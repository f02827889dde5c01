/* handler: what is done with a connection, whoever made it. `connect` dials and then serves one
 * stream; `listen` serves each stream that comes: from there on both are the same. */
#pragma once

#include "base/err.h"
#include "io/stream.h"

struct handler;

struct handler_ops {
    /* Takes over the stream and returns; the loop does the rest. -1 and *err: the stream is closed
     * and nothing was started. */
    int (*serve)(struct handler *handler, struct stream *stream, struct err *err);
};

/* The conversation is over; err->kind says how. An empty sentence has been said already. */
typedef void handler_done(void *owner, const struct err *err);

struct handler {
    const struct handler_ops *ops;
    handler_done *done;
    void *owner;
};

static inline int handler_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    return handler->ops->serve(handler, stream, err);
}
