/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transport: the stretch between a connected socket and its handler.
 *
 * A transport is a row of steps: the handshake with a proxy, the header of the PROXY protocol, the
 * handshake of TLS. The steps come one after the other, over one stream. A step may put a stream of
 * its own around the stream it was given. Nothing here waits: many transports run beside each
 * other, each within its own time. One that waits for its peer costs no turn of the loop. */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"

struct transport_step;

struct transport_step_ops {
    /* Goes on as far as bytes and room allow. 0: done, and *stream is the stream of the next step.
     * STREAM_IN or STREAM_OUT: the call is worth repeating then. STREAM_FAIL and *err: the sentence
     * names the peer; the transport closes *stream with BREAK, so that what was written arrives. */
    int (*advance)(struct transport_step *step, struct stream **stream, struct err *err);
    void (*free)(struct transport_step *step);
    const char *late; /* N_(): what has not happened when the time runs out in this step */
};

/* A body embeds it as its first member. */
struct transport_step {
    const struct transport_step_ops *ops;
};

/* Makes a step for one connection; NULL and *err: memory was short. */
typedef struct transport_step *transport_make(const void *options, struct err *err);

enum { TRANSPORT_STEPS_MAX = 2, TRANSPORT_MS = 10000 };

/* The row of steps between a socket and its handler. Zeroed: there is none. */
struct transport_plan {
    struct {
        transport_make *make;
        const void *options; /* must outlive every transport */
    } steps[TRANSPORT_STEPS_MAX];
    unsigned count;
    uint64_t timeout_ms; /* of all steps together; 0: TRANSPORT_MS */
};

struct transport;

/* `stream` is through and the owner's from now on; NULL and *err: it is closed, and `peer` was its
 * label. ERR_TIMEOUT only where the time ran out. Called once, from the loop. */
typedef void transport_done(void *owner, struct stream *stream, const char *peer,
                            const struct err *err);

/* Adds a step behind those that the plan has. */
void transport_plan_add(struct transport_plan *plan, transport_make *make, const void *options);

/* Takes over the stream. NULL and *err: memory was short, the stream is closed. plan->count > 0. */
MUST_CHECK struct transport *transport_start(uv_loop_t *loop, const struct transport_plan *plan,
                                             struct stream *stream, transport_done *done,
                                             void *owner, struct err *err);

/* Why a transport times out where it is now, in the person's language. `done` may ask, too. */
const char *transport_late(const struct transport *transport);

/* Gives up and closes the stream so; done is not called. */
void transport_stop(struct transport *transport, enum stream_close how);
