/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener: the sockets that accept connections, and the places of those connections.
 *
 * No host means every address, IPv6 and IPv4 on sockets of their own; a name means all its
 * addresses; port 0 takes one free port for all of them. A unix socket's file is made at the start
 * and removed at the end, if it is still ours; a file left by a dead process is replaced. Inherited
 * sockets are used as they are.
 *
 * A connection that cannot be accepted now stays pending, in the system's queue: no place of
 * max_peers is free, or the process runs out of open files. With queue_max the first of those that
 * wait for a place are accepted, and stand in a queue.
 *
 * With a transport a connection goes through it first, beside all others, and takes its place then;
 * accepted() follows. One that is through when no place is free waits for one. None starts while
 * those that are through wait; see net/handshakes for their number. Nothing is written to a
 * connection before, so there is no queue then. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "net/address.h"
#include "net/bind.h"
#include "net/queue.h"
#include "net/transport.h"

struct listener;

struct listener_options {
    int family; /* AF_UNSPEC, AF_INET or AF_INET6 */
    bool numeric;
    const struct helper_grant *lookup; /* of the address; see net/resolve */
    struct bind_manner manner;
    bool counts_hops;   /* its connections are asked for socket_hops_left */
    unsigned max_peers; /* connections at once; the others stay pending. 0: no limit */
    unsigned
        queue_max; /* the most of them that are accepted and told their number; see net/queue */
    queue_line *queue_line;
    unsigned costs; /* descriptors of one connection, its socket included: 1 at least */
    unsigned spare; /* descriptors that all of them share */
    struct transport_plan transport; /* between accept and accepted(); zeroed: none */
    bool names_peers; /* the transport may name another peer, which enters then (place_name) */
};

/* The events and the one question of a listener, always from the loop. */
struct listener_events {
    /* Whether this peer is admitted. */
    bool (*admits)(void *owner, const struct endpoint *peer);
    /* Whether its host has not too many. For each one that enters, gone() follows. */
    bool (*enters)(void *owner, const struct endpoint *peer);
    void (*gone)(void *owner, const struct endpoint *peer);
    void (*listening)(void *owner); /* every socket accepts connections */
    void (*accepted)(void *owner,
                     struct stream *stream); /* the stream is the owner's from now on */
    /* The transport of a connection failed, which is closed; the sentence names the peer, too. */
    void (*rejected)(void *owner, const char *peer, const struct err *err);
    void (*drained)(void *owner); /* listener_drain has come to its end, maybe within the call */
    void (*failed)(void *owner, const struct err *err); /* it accepts no (further) connection */
    /* A connection is pending that max_peers has no place for; told once a minute at most. */
    void (*full)(void *owner);
};

/* *address must outlive the listener. NULL and *err: there is no listener. */
struct listener *listener_new(uv_loop_t *loop, const struct address *address,
                              const struct listener_options *options,
                              const struct listener_events *events, void *owner, struct err *err);

/* The sockets, once listening. */
size_t listener_count(const struct listener *listener);
const struct endpoint *listener_endpoint(const struct listener *listener, size_t index);

/* Connections at once that the limit of open files allows now; see places_fit. */
unsigned listener_fit(const struct listener *listener);

/* Connections that wait for a place; those of unix:PATH in the system's queue are not known. */
unsigned listener_waiting(const struct listener *listener);

/* Connections whose transport is not through yet. */
unsigned listener_handshakes(const struct listener *listener);

/* Once listening: refuses new connections from now on, or accepts them again, on the same port. -1
 * and *err: it stays locked. */
int listener_lock(struct listener *listener, bool locked, struct err *err);

/* Accepts the connections that are pending now, as far as there are places, and none that arrives
 * meanwhile. drained() follows when all of them are through their transport. listener_close resets
 * those that are not. */
void listener_drain(struct listener *listener);

/* Closes the sockets, which resets pending connections. Safe within callbacks; the loop frees the
 * memory later, after the last place is free. */
void listener_close(struct listener *listener);
