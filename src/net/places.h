/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places: one for each connection that a listener has admitted (-m, --max-per-host).
 *
 * A place is taken until the connection's socket is closed, by any owner, and until everything that
 * belongs to the connection has ended as well: a program, a second connection. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "net/address.h"
#include "net/queue.h"

struct places {
    uv_loop_t *loop;
    unsigned max;        /* 0: no limit */
    unsigned costs;      /* descriptors of one connection, its socket included: 1 at least */
    unsigned spare;      /* descriptors that all connections share */
    unsigned count;      /* places that are taken */
    unsigned open_files; /* descriptors that were open before the first place; 0: not counted yet */
    struct queue queue;
    void (*left)(void *owner, const struct endpoint *peer); /* from the loop: a place is free */
    void *owner;
};

/* Whether `max` places are taken. */
bool places_are_full(const struct places *places);

/* Places that the limit of open files allows: (the limit - the descriptors that are open at the
 * first call - `spare` - 8) / costs, and 1 at least. The 8 are for the work of this side: a list is
 * read again, a file is sent, a socket replaces another. */
unsigned places_fit(struct places *places);

/* Connections that are open: those with a place, and those in the queue. */
static inline unsigned places_used(const struct places *places)
{
    return places->count + (unsigned)places->queue.count;
}

/* Whether a newcomer gets a place at once; it does not overtake the queue. Whether it is taken at
 * all. */
bool places_have_one(const struct places *places);
bool places_have_room(const struct places *places);

/* Takes a place for an accepted descriptor, which it owns from now on. NULL without an error: the
 * connection is in the queue. NULL and *err: no place was taken, and the descriptor is closed. */
struct stream *places_take(struct places *places, int fd, const struct endpoint *peer,
                           struct err *err);

/* Gives a free place to the first in the queue; the others are told their numbers when no place is
 * free any more. NULL: no place is free, or nobody waits. */
struct stream *places_next(struct places *places);

/* Closes all that are in the queue. With STREAM_LINGER they are told that no place comes. */
void places_drop_queue(struct places *places, enum stream_close how);

/* Holds the place of the connection under a stream; NULL: the connection has no place. Each hold is
 * released once, one of NULL too, and keeps the place taken. place_release serves as a callback. */
struct place;
struct place *place_hold(const struct stream *stream);
void place_release(void *place);
