/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/handshakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"

struct handshake {
    TAILQ_ENTRY(handshake) next;
    struct handshakes *handshakes;
    struct transport *transport; /* NULL: it is through */
    struct stream *stream;       /* then */
    uint64_t since;              /* loop time */
    char label[ADDRESS_LABEL];
};

void handshakes_init(struct handshakes *handshakes, struct places *places,
                     const struct transport_plan *plan, handshakes_done *done, void *owner)
{
    *handshakes =
        (struct handshakes){.places = places, .plan = *plan, .done = done, .owner = owner};
    TAILQ_INIT(&handshakes->running);
    TAILQ_INIT(&handshakes->through);
}

static void leave(struct handshake *handshake)
{
    struct handshakes *handshakes = handshake->handshakes;

    if (handshake->transport) {
        TAILQ_REMOVE(&handshakes->running, handshake, next);
        handshakes->count--;
    } else {
        TAILQ_REMOVE(&handshakes->through, handshake, next);
    }
}

/* ---- those that are through ---- */

static void on_loss(void *owner, unsigned bits)
{
    struct handshake *handshake = owner;

    (void)bits;
    leave(handshake);
    stream_close(handshake->stream, STREAM_ABORT);
    free(handshake);
}

/* Nothing is read, so that the handler finds all of it. */
static void wait_for_place(struct handshake *handshake, struct stream *stream)
{
    handshake->transport = NULL;
    handshake->stream = stream;
    stream_own(stream, on_loss, handshake);
    stream_watch(stream, STREAM_LOSS);
    TAILQ_INSERT_TAIL(&handshake->handshakes->through, handshake, next);
}

static struct stream *take(struct handshakes *handshakes)
{
    struct handshake *handshake = TAILQ_FIRST(&handshakes->through);
    struct stream *stream = handshake ? handshake->stream : NULL;

    if (!handshake)
        return NULL;
    stream_watch(stream, 0);
    leave(handshake);
    free(handshake);
    return stream;
}

static const struct err none;

static void serve(struct handshakes *handshakes, struct stream *stream)
{
    place_take(stream);
    handshakes->done(handshakes->owner, stream, NULL, &none);
}

void handshakes_serve(struct handshakes *handshakes)
{
    struct stream *stream;

    while (!places_are_full(handshakes->places) && (stream = take(handshakes)))
        serve(handshakes, stream);
}

/* ---- those that run ---- */

static void on_done(void *owner, struct stream *stream, const char *peer, const struct err *err)
{
    struct handshake *handshake = owner;
    struct handshakes *handshakes = handshake->handshakes;

    leave(handshake);
    if (stream && place_enter(stream)) {
        wait_for_place(handshake, stream);
    } else {
        if (stream)
            stream_close(stream, STREAM_ABORT);
        free(handshake);
    }
    handshakes_serve(handshakes);
    handshakes->done(handshakes->owner, NULL, peer, err);
}

static int begin(struct handshakes *handshakes, struct stream *stream, const char *label,
                 struct err *err)
{
    struct handshake *handshake = malloc(sizeof *handshake);

    if (!handshake) {
        stream_close(stream, STREAM_ABORT);
        return err_memory(err);
    }
    handshake->handshakes = handshakes;
    handshake->since = uv_now(handshakes->places->loop);
    strcpy(handshake->label, label);
    handshake->transport = transport_start(handshakes->places->loop, &handshakes->plan, stream,
                                           on_done, handshake, err);
    if (!handshake->transport) {
        free(handshake);
        return -1;
    }
    TAILQ_INSERT_TAIL(&handshakes->running, handshake, next);
    handshakes->count++;
    return 0;
}

void handshakes_begin(struct handshakes *handshakes, struct stream *stream)
{
    char label[ADDRESS_LABEL];
    struct err err;

    if (!handshakes->plan.count) {
        serve(handshakes, stream);
        return;
    }
    snprintf(label, sizeof label, "%s", stream_label(stream));
    if (begin(handshakes, stream, label, &err) < 0)
        handshakes->done(handshakes->owner, NULL, label, &err);
}

static bool drop_oldest(struct handshakes *handshakes)
{
    struct handshake *oldest = TAILQ_FIRST(&handshakes->running);
    struct err err;

    if (uv_now(handshakes->places->loop) - oldest->since < HANDSHAKES_OLD_MS)
        return false;
    err_set(&err, ERR_NETWORK, "%s was refused: %s", oldest->label,
            language_text(N_("its handshake takes long, and others wait")));
    transport_stop(oldest->transport, STREAM_ABORT);
    leave(oldest);
    handshakes->done(handshakes->owner, NULL, oldest->label, &err);
    free(oldest);
    return true;
}

bool handshakes_have_room(const struct handshakes *handshakes)
{
    return handshakes->count < HANDSHAKES_MAX && places_have_files(handshakes->places);
}

bool handshakes_make_room(struct handshakes *handshakes)
{
    return !handshakes->count || handshakes_have_room(handshakes) || drop_oldest(handshakes);
}

/* ---- the end ---- */

void handshakes_drop_through(struct handshakes *handshakes, enum stream_close how)
{
    struct stream *stream;

    while ((stream = take(handshakes)))
        stream_close(stream, how);
}

void handshakes_stop(struct handshakes *handshakes, enum stream_close how)
{
    struct handshake *handshake;

    while ((handshake = TAILQ_FIRST(&handshakes->running))) {
        transport_stop(handshake->transport, how);
        leave(handshake);
        free(handshake);
    }
    handshakes_drop_through(handshakes, how);
}
