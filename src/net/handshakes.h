/* SPDX-License-Identifier: GPL-3.0-or-later */
/* handshakes: accepted connections whose transport is not through yet. They run beside each other
 * and beside everything else. */
#pragma once

#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "net/transport.h"

TAILQ_HEAD(handshake_entries, handshake);

struct handshakes {
    uv_loop_t *loop;
    struct transport_plan plan;
    struct handshake_entries entries;
    transport_done *done; /* once for each; with ERR_NONE its host is full (place_enter) */
    void *owner;
};

void handshakes_init(struct handshakes *handshakes, uv_loop_t *loop,
                     const struct transport_plan *plan, transport_done *done, void *owner);

/* Owns the stream, which has a place. done follows from the loop; or within the call where the plan
 * has no step, or memory was short. */
void handshakes_begin(struct handshakes *handshakes, struct stream *stream);

/* Closes all of them so; done does not follow. */
void handshakes_stop(struct handshakes *handshakes, enum stream_close how);
