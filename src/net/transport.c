/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/transport.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/language.h"
#include "net/address.h"

struct transport {
    struct stream *stream;
    struct transport_step *steps[TRANSPORT_STEPS_MAX];
    unsigned count, at;
    uint64_t timeout_ms;
    const char *late; /* of the step that it is at */
    bool begun;
    uv_timer_t timer; /* first for the start, because done comes from the loop; then the deadline */
    transport_done *done;
    void *owner;
};

void transport_plan_add(struct transport_plan *plan, transport_make *make, const void *options)
{
    assert(plan->count < TRANSPORT_STEPS_MAX);
    plan->steps[plan->count].make = make;
    plan->steps[plan->count++].options = options;
}

const char *transport_late(const struct transport *transport)
{
    return language_text(transport->late);
}

/* ---- the end ---- */

static void free_steps(struct transport *transport)
{
    for (unsigned i = 0; i < transport->count; i++)
        transport->steps[i]->ops->free(transport->steps[i]);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void release(struct transport *transport)
{
    free_steps(transport);
    uv_close((uv_handle_t *)&transport->timer, on_timer_closed);
}

void transport_stop(struct transport *transport, enum stream_close how)
{
    stream_close(transport->stream, how);
    release(transport);
}

static void fail(struct transport *transport, const struct err *err)
{
    char peer[ADDRESS_LABEL];

    snprintf(peer, sizeof peer, "%s", stream_label(transport->stream));
    transport_stop(transport, STREAM_BREAK);
    transport->done(transport->owner, NULL, peer, err);
}

static void succeed(struct transport *transport)
{
    static const struct err none;

    stream_watch(transport->stream, 0);
    release(transport);
    transport->done(transport->owner, transport->stream, NULL, &none);
}

/* ---- the way ---- */

static void advance(struct transport *transport);

static void on_ready(void *owner, unsigned bits)
{
    (void)bits;
    advance(owner);
}

static void advance(struct transport *transport)
{
    struct err err;

    while (transport->at < transport->count) {
        struct transport_step *step = transport->steps[transport->at];
        int answer;

        transport->late = step->ops->late;
        answer = step->ops->advance(step, &transport->stream, &err);
        if (answer == STREAM_FAIL) {
            fail(transport, &err);
            return;
        }
        if (answer) {
            stream_own(transport->stream, on_ready, transport);
            stream_watch(transport->stream, (unsigned)answer);
            return;
        }
        transport->at++;
    }
    succeed(transport);
}

static void on_timer(uv_timer_t *timer)
{
    struct transport *transport = timer->data;
    struct err err;

    if (!transport->begun) {
        transport->begun = true;
        uv_timer_start(timer, on_timer, transport->timeout_ms, 0);
        advance(transport);
        return;
    }
    err_set(&err, ERR_TIMEOUT, "%s: %s", stream_label(transport->stream),
            transport_late(transport));
    fail(transport, &err);
}

/* ---- start ---- */

static int make_steps(struct transport *transport, const struct transport_plan *plan,
                      struct err *err)
{
    for (; transport->count < plan->count; transport->count++) {
        struct transport_step *step =
            plan->steps[transport->count].make(plan->steps[transport->count].options, err);

        if (!step)
            return -1;
        transport->steps[transport->count] = step;
    }
    return 0;
}

struct transport *transport_start(uv_loop_t *loop, const struct transport_plan *plan,
                                  struct stream *stream, transport_done *done, void *owner,
                                  struct err *err)
{
    struct transport *transport = calloc(1, sizeof *transport);

    if (!transport || make_steps(transport, plan, err) < 0) {
        if (transport)
            free_steps(transport);
        else
            err_memory(err);
        free(transport);
        stream_close(stream, STREAM_ABORT);
        return NULL;
    }
    transport->stream = stream;
    transport->timeout_ms = plan->timeout_ms ? plan->timeout_ms : TRANSPORT_MS;
    transport->done = done;
    transport->owner = owner;
    uv_timer_init(loop, &transport->timer);
    transport->timer.data = transport;
    uv_timer_start(&transport->timer, on_timer, 0, 0);
    return transport;
}
