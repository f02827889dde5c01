/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places: one for each connection that a listener has admitted (-m, --max-per-host).
 *
 * A place is taken until the connection's socket is closed, whoever closes it, and until all that
 * the place pays for has ended: a program, a connection of its own. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "io/stream.h"
#include "net/address.h"

/* From the loop. */
struct places_events {
    bool (*admits)(void *owner, const struct endpoint *peer); /* whether it may come in */
    void (*closed)(void *owner);                              /* a descriptor is free */
    void (*gone)(void *owner, const struct endpoint *peer); /* one that might is not here (more) */
    void (*left)(void *owner);                              /* after gone: a place is free */
};

struct places {
    uv_loop_t *loop;
    const struct places_events *events;
    void *owner;
    unsigned max;   /* 0: no limit */
    unsigned count; /* places that are taken */
};

bool places_are_full(const struct places *places);

/* Takes over the descriptor of a pending connection. NULL: it was refused, and is closed. */
struct stream *places_admit(struct places *places, int fd, const struct endpoint *peer);

/* Holds the place of the connection under a stream; NULL: it has none. Each hold, of NULL too, is
 * released once, and the place is taken so long. place_release serves as a callback. */
struct place;
struct place *place_hold(const struct stream *stream);
void place_release(void *place);
