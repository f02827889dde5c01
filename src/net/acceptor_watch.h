/* SPDX-License-Identifier: GPL-3.0-or-later */
/* acceptor_watch: tells from the loop that a connection is pending at one of several acceptors. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/watch.h"
#include "net/bind.h"

enum {
    ACCEPTOR_WATCH_AT_ONCE = 64,
    ACCEPTOR_WATCH_TURN_NS = 1000 * 1000,
};

/* Accepts a connection. True: another one may be pending, and is wanted. */
typedef bool acceptor_pending(void *owner, const struct acceptor *acceptor);

struct acceptor_watch {
    struct acceptor_watches *all;
    const struct acceptor *acceptor;
    struct watch watch;
};

/* Valid and empty when zeroed. */
struct acceptor_watches {
    struct acceptor_watch items[ENDPOINTS_MAX];
    size_t count;
    acceptor_pending *pending;
    void *owner;
};

/* Looks for nothing yet. -1 and *err: acceptor_watch_close is still to be called. */
MUST_CHECK int acceptor_watch_open(struct acceptor_watches *watches, uv_loop_t *loop,
                                   const struct acceptors *acceptors, acceptor_pending *pending,
                                   void *owner, struct err *err);
void acceptor_watch_close(struct acceptor_watches *watches);

/* From now on pending() is called while a connection is pending, or is not. In one turn of the loop
 * it is called again while it returns true: ACCEPTOR_WATCH_AT_ONCE times at most, and not after
 * ACCEPTOR_WATCH_TURN_NS, so that others do not wait for a crowd. */
void acceptor_watch_set(struct acceptor_watches *watches, bool looks);
