/* SPDX-License-Identifier: GPL-3.0-or-later */
/* handshakes: accepted connections whose transport is not through yet, or is through and waits for
 * a place. They run beside each other and beside everything else.
 *
 * A stalled handshake takes no place of -m, but files and memory. So there are at most so many, and
 * a newcomer pushes the oldest out once it has had a second: silent peers cannot keep others away.
 */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/places.h"
#include "net/transport.h"

TAILQ_HEAD(handshake_entries, handshake);

enum { HANDSHAKES_MAX = 1000, HANDSHAKES_OLD_MS = 1000 };

/* From the loop. A stream has taken its place and is the owner's from now on. NULL and *err: that
 * of `peer` has failed. NULL and ERR_NONE: one waits now, or was served, or its host is full
 * (place_enter). The owner may stop them all within it. */
typedef void handshakes_done(void *owner, struct stream *stream, const char *peer,
                             const struct err *err);

struct handshakes {
    struct places *places;
    struct transport_plan plan;
    struct handshake_entries running; /* the oldest is the first */
    unsigned count;                   /* of them */
    struct handshake_entries through; /* likewise */
    handshakes_done *done;
    void *owner;
};

void handshakes_init(struct handshakes *handshakes, struct places *places,
                     const struct transport_plan *plan, handshakes_done *done, void *owner);

/* Owns the stream, which holds a place. done follows; within the call where the plan has no step
 * and the place is free, or where memory was short. */
void handshakes_begin(struct handshakes *handshakes, struct stream *stream);

/* Serves those that are through, as far as places are free. */
void handshakes_serve(struct handshakes *handshakes);

/* Whether files and the number of handshakes allow one more. */
bool handshakes_have_room(const struct handshakes *handshakes);

/* Gives up the oldest if files or the number of handshakes want that for one more; done follows
 * within the call. False: the oldest is too young, and a while later is better. */
MUST_CHECK bool handshakes_make_room(struct handshakes *handshakes);

/* Closes all of them so; done does not follow. Or only those that are through. */
void handshakes_stop(struct handshakes *handshakes, enum stream_close how);
void handshakes_drop_through(struct handshakes *handshakes, enum stream_close how);
