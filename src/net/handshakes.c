/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/handshakes.h"

#include <stdlib.h>

#include "net/places.h"

struct handshake {
    TAILQ_ENTRY(handshake) next;
    struct handshakes *handshakes;
    struct transport *transport;
};

void handshakes_init(struct handshakes *handshakes, uv_loop_t *loop,
                     const struct transport_plan *plan, transport_done *done, void *owner)
{
    *handshakes = (struct handshakes){.loop = loop, .plan = *plan, .done = done, .owner = owner};
    TAILQ_INIT(&handshakes->entries);
}

static void leave(struct handshake *handshake)
{
    TAILQ_REMOVE(&handshake->handshakes->entries, handshake, next);
    free(handshake);
}

/* The owner may stop the others within done. */
static void on_done(void *owner, struct stream *stream, const struct err *err)
{
    struct handshake *handshake = owner;
    struct handshakes *handshakes = handshake->handshakes;

    leave(handshake);
    if (stream && !place_enter(stream)) {
        stream_close(stream, STREAM_ABORT);
        stream = NULL;
    }
    handshakes->done(handshakes->owner, stream, err);
}

static int begin(struct handshakes *handshakes, struct stream *stream, struct err *err)
{
    struct handshake *handshake = malloc(sizeof *handshake);

    if (!handshake) {
        stream_close(stream, STREAM_ABORT);
        return err_memory(err);
    }
    handshake->handshakes = handshakes;
    handshake->transport =
        transport_start(handshakes->loop, &handshakes->plan, stream, on_done, handshake, err);
    if (!handshake->transport) {
        free(handshake);
        return -1;
    }
    TAILQ_INSERT_TAIL(&handshakes->entries, handshake, next);
    return 0;
}

void handshakes_begin(struct handshakes *handshakes, struct stream *stream)
{
    static const struct err none;
    struct err err;

    if (!handshakes->plan.count)
        handshakes->done(handshakes->owner, stream, &none);
    else if (begin(handshakes, stream, &err) < 0)
        handshakes->done(handshakes->owner, NULL, &err);
}

void handshakes_stop(struct handshakes *handshakes, enum stream_close how)
{
    struct handshake *handshake;

    while ((handshake = TAILQ_FIRST(&handshakes->entries))) {
        transport_stop(handshake->transport, how);
        leave(handshake);
    }
}
