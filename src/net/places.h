/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places: one for each connection that a listener has admitted (-m, --max-per-host).
 *
 * A place is held from the start, by the files that a connection costs. It counts for `max` once
 * the connection's transport is through, and place_take was called. It is free when the
 * connection's socket is closed, by any owner, and when everything that belongs to the connection
 * has ended as well: a program, a second connection. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/address.h"
#include "net/queue.h"

/* The count of peers from each host. */
struct places_hosts {
    bool (*enters)(void *owner, const struct endpoint *peer); /* false: the host is full */
    void (*gone)(void *owner, const struct endpoint *peer);   /* once for each that entered */
    void *owner;
    bool later; /* a peer enters by place_enter, and not when its place is taken */
};

struct places {
    uv_loop_t *loop;
    unsigned max;        /* 0: no limit */
    unsigned costs;      /* descriptors of one connection, its socket included: 1 at least */
    unsigned spare;      /* descriptors that all connections share */
    unsigned open;       /* places that are held */
    unsigned waiting;    /* of those, through, and not taken yet */
    unsigned count;      /* of those, taken */
    unsigned open_files; /* descriptors that were open before the first place; 0: not counted yet */
    struct queue queue;
    struct places_hosts hosts;
    void (*left)(void *owner); /* from the loop: a place is free */
    void *owner;
};

/* Whether `max` places are taken. */
bool places_are_full(const struct places *places);

/* Places that the limit of open files allows: (the limit - the descriptors that are open at the
 * first call - `spare` - 8) / costs, and 1 at least. The 8 are for the work of this side: a list is
 * read again, a file is sent, a socket replaces another. */
unsigned places_fit(struct places *places);

/* Whether they allow one more: those with a place are open, and those in the queue. */
bool places_have_files(struct places *places);

/* Whether a newcomer gets a place at once; it overtakes neither the queue nor those that are
 * through. Whether it is accepted at all. */
bool places_have_one(const struct places *places);
bool places_have_room(const struct places *places);

/* Lets the peer enter, unless peers enter later; false: its host is full. */
MUST_CHECK bool places_count(const struct places *places, const struct endpoint *peer);

/* Holds a place for an accepted descriptor, which it owns from now on. The peer was counted. NULL
 * without an error: the connection is in the queue. NULL and *err: no place is held, the descriptor
 * is closed, and the peer is gone. */
struct stream *places_hold(struct places *places, int fd, const struct endpoint *peer,
                           struct err *err);

/* Holds a free place for the first in the queue; the others are told their numbers when no place is
 * free any more. NULL: no place is free, or nobody waits. */
struct stream *places_next(struct places *places);

/* Closes all that are in the queue. With STREAM_LINGER they are told that no place comes. */
void places_drop_queue(struct places *places, enum stream_close how);

/* From now on the connection with a place is that of this peer, by its label and its host, before
 * it has entered. -1 and *err: memory is short. */
MUST_CHECK int place_name(struct stream *stream, const struct endpoint *peer, struct err *err);

/* The transport of a connection with a place is through: lets its peer enter, if it has not, and
 * waits for place_take. false: its host is full. */
MUST_CHECK bool place_enter(const struct stream *stream);

/* Takes the place of a connection: it counts from now on. Only if places_are_full() says no. */
void place_take(const struct stream *stream);

/* Holds the place of the connection under a stream; NULL: the connection has no place. Each hold is
 * released once, one of NULL too, and keeps the place taken. place_release serves as a callback. */
struct place;
struct place *place_hold(const struct stream *stream);
void place_release(void *place);
