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

struct places {
    uv_loop_t *loop;
    unsigned max;        /* 0: no limit */
    unsigned costs;      /* descriptors of one connection, its socket included: 1 at least */
    unsigned count;      /* places that are taken */
    unsigned open_files; /* descriptors that were open before the first place; 0: not counted yet */
    void (*left)(void *owner, const struct endpoint *peer); /* from the loop: a place is free */
    void *owner;
};

/* Whether `max` places are taken. */
bool places_are_full(const struct places *places);

/* Places that the limit of open files allows: (the limit - the descriptors that are open at the
 * first call - 8) / costs, and 1 at least. The 8 are for the work of this side: a list is read
 * again, a file is sent, a socket replaces another. */
unsigned places_fit(struct places *places);

/* Takes a place for an accepted descriptor, which it owns from now on. NULL and *err: no place was
 * taken, and the descriptor is closed. */
struct stream *places_take(struct places *places, int fd, const struct endpoint *peer,
                           struct err *err);

/* Holds the place of the connection under a stream; NULL: the connection has no place. Each hold is
 * released once, one of NULL too, and keeps the place taken. place_release serves as a callback. */
struct place;
struct place *place_hold(const struct stream *stream);
void place_release(void *place);
