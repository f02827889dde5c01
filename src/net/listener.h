/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener: the sockets that peers connect to.
 *
 * No host means every address, IPv6 and IPv4 on sockets of their own; a name means all its
 * addresses; port 0 takes one free port for all of them. A unix socket's file is made at the start
 * and removed at the end, if it is still ours; a file left by a dead process is replaced. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "net/address.h"

struct listener;

struct listener_options {
    int family; /* AF_UNSPEC, AF_INET or AF_INET6 */
    bool numeric;
    bool counts_hops;   /* of its connections, for net/hops */
    unsigned max_peers; /* that are connected at once; the others wait. 0: no limit */
    /* Descriptors: nobody is let in, and newcomers wait, where fewer than these were left. */
    unsigned keeps; /* for what this side has to do all the while (base/reserve) */
    unsigned takes; /* for what is done with a peer, which begins with accepted() */
};

/* What a listener tells and asks its owner, always from the loop. */
struct listener_events {
    /* Whether this peer may come in. For each that may, gone() follows. */
    bool (*admits)(void *owner, const struct endpoint *peer);
    void (*gone)(void *owner, const struct endpoint *peer);
    void (*listening)(void *owner);                       /* every socket takes connections */
    void (*accepted)(void *owner, struct stream *stream); /* the stream is the owner's */
    void (*failed)(void *owner, const struct err *err);   /* it will not take any (more) */
    /* A connection waits for which max_peers has no place; told once a minute at most. */
    void (*full)(void *owner);
};

/* *address must outlive the listener. NULL and *err: nothing was started. */
struct listener *listener_new(uv_loop_t *loop, const struct address *address,
                              const struct listener_options *options,
                              const struct listener_events *events, void *owner, struct err *err);

/* The sockets, once listening. */
size_t listener_count(const struct listener *listener);
const struct endpoint *listener_endpoint(const struct listener *listener, size_t index);

/* Once listening: refuses newcomers from now on, or takes them again, on the same port. -1 and
 * *err: it stays locked. */
int listener_lock(struct listener *listener, bool locked, struct err *err);

/* Accepts the connections that are in the system's queue now, as far as max_peers has places, and
 * none that comes meanwhile. listener_close then resets the others. */
void listener_drain(struct listener *listener);

/* Closes the sockets; those waiting in their queues are reset. Safe within callbacks;
 * memory goes back when the loop has let go. */
void listener_close(struct listener *listener);
