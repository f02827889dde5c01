/* SPDX-License-Identifier: GPL-3.0-or-later */
/* handler: the interface of the parts that serve connections. `connect` dials and then serves one
 * stream; `listen` serves each accepted stream. From there on both are the same. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/stream.h"

struct handler;

/* A peer that is served now. */
struct handler_peer {
    const char *label;
    uint64_t received, sent; /* bytes */
    uint64_t waiting;        /* bytes for the peer that the system has not taken yet */
    uint64_t since;          /* loop time */
};

typedef void handler_visit(void *owner, const struct handler_peer *peer);

struct handler_ops {
    /* Takes over the stream and returns; the loop does the rest. -1 and *err: the stream is closed
     * and nothing was started. */
    int (*serve)(struct handler *handler, struct stream *stream, struct err *err);

    /* Calls visit(owner, peer) for each peer that is served. */
    void (*visit)(const struct handler *handler, handler_visit *visit, void *owner);
};

/* The conversation is over; err->kind says how. An empty sentence has been said already. */
typedef void handler_done(void *owner, const struct err *err);

/* A dialled peer is gone, and this side has not ended; *err says why, or its kind is ERR_NONE.
 * True: another stream will be served in its place, and the handler is not done. */
typedef bool handler_again(void *owner, const char *label, const struct err *err);

struct handler {
    const struct handler_ops *ops;
    handler_done *done;
    handler_again *again; /* NULL: a handler is done with its dialled peer */
    void *owner;
    bool is_dialled; /* this side has dialled its streams, and accepted none */
};

static inline void handler_visit_all(const struct handler *handler, handler_visit *visit,
                                     void *owner)
{
    handler->ops->visit(handler, visit, owner);
}

static inline int handler_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    return handler->ops->serve(handler, stream, err);
}
