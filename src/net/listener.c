/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>

#include "base/event.h"
#include "net/acceptor_watch.h"
#include "net/bind_lookup.h"
#include "net/call.h"
#include "net/handshakes.h"
#include "net/hops.h"
#include "net/listener_state.h"
#include "net/opening.h"
#include "net/places.h"
#include "net/shortage.h"

enum {
    PAUSE_MS = 1000, /* after a shortage */
    BUSY_MS = 50,    /* while too many handshakes run */
    FULL_MS = 60000, /* between two calls of full() */
};

struct listener {
    uv_loop_t *loop;
    const struct address *address;
    struct listener_options options;
    struct listener_events events;
    void *owner;
    uv_timer_t timer; /* first for the start: no event comes before listener_new has returned */
    struct bind_lookup lookup;
    struct acceptors acceptors;
    struct acceptor_watches watches; /* once open */
    struct places places;
    struct handshakes handshakes;
    enum listener_state state;
    bool is_locked, is_short, drains;
    bool told_full;   /* the owner knows that a connection waits for a place, */
    uint64_t full_at; /* since this loop time */
    struct shortage shortage;
    int handles; /* that the loop holds, and places that are taken */
};

/* ---- states ---- */

static void set_state(struct listener *listener, enum listener_state state)
{
    listener_state_trace(listener->address, listener->state, state);
    listener->state = state;
}

static enum listener_state next_state(struct listener *listener)
{
    if (listener->is_locked)
        return LISTENER_LOCKED;
    if (listener->is_short)
        return LISTENER_PAUSED;
    if (!places_have_room(&listener->places))
        return listener->told_full ? LISTENER_FULL : LISTENER_ACCEPTING;
    if (places_have_one(&listener->places))
        listener->told_full &= uv_now(listener->loop) - listener->full_at < FULL_MS;
    return LISTENER_ACCEPTING;
}

static void watch(struct listener *listener)
{
    enum listener_state state = next_state(listener);

    if (listener->state == LISTENER_CLOSED || state == listener->state)
        return;
    set_state(listener, state);
    acceptor_watch_set(&listener->watches, state == LISTENER_ACCEPTING);
}

/* ---- places ---- */

static void release(struct listener *listener)
{
    if (--listener->handles == 0)
        free(listener);
}

static void on_lost(void *owner, const struct endpoint *peer)
{
    struct listener *listener = owner;

    listener->events.gone(listener->owner, peer);
    watch(listener);
}

/* Those that are through then have no place in sight. */
static void finish_drain(struct listener *listener)
{
    if (!listener->drains || listener->state == LISTENER_CLOSED || listener->handshakes.count)
        return;
    listener->drains = false;
    handshakes_drop_through(&listener->handshakes, STREAM_ABORT);
    listener->events.drained(listener->owner);
}

static void on_through(void *owner, struct stream *stream, const char *peer, const struct err *err)
{
    struct listener *listener = owner;

    watch(listener);
    if (stream)
        listener->events.accepted(listener->owner, stream);
    else if (err->kind != ERR_NONE)
        listener->events.rejected(listener->owner, peer, err);
    finish_drain(listener);
}

static void begin(struct listener *listener, struct stream *stream)
{
    listener->handles++;
    handshakes_begin(&listener->handshakes, stream);
}

static void tell_full(struct listener *listener)
{
    if (listener->told_full)
        return;
    listener->told_full = true;
    listener->full_at = uv_now(listener->loop);
    watch(listener);
    listener->events.full(listener->owner);
}

/* Those in the queue that a place is free for now. */
static void serve_queue(struct listener *listener)
{
    struct stream *stream;

    while (listener->state != LISTENER_CLOSED && !listener->is_locked &&
           (stream = places_next(&listener->places)))
        begin(listener, stream);
}

static void resume(struct listener *listener)
{
    uv_timer_stop(&listener->timer);
    listener->is_short = false;
    handshakes_serve(&listener->handshakes);
    serve_queue(listener);
    watch(listener);
}

static void on_pause_over(uv_timer_t *timer)
{
    resume(timer->data);
}

static void on_left(void *owner)
{
    struct listener *listener = owner;

    if (listener->state != LISTENER_CLOSED)
        uv_timer_start(&listener->timer, on_pause_over, 0, 0); /* not within the end of another */
    release(listener);
}

/* Pending connections stay in the system's queue, which a poll would report again and again. */
static bool pause_accepting(struct listener *listener, uint64_t ms)
{
    listener->is_short = true;
    watch(listener);
    uv_timer_start(&listener->timer, on_pause_over, ms, 0);
    return false;
}

/* ---- accepting ---- */

/* A connection that memory is too short for ends nothing else. */
static void admit(struct listener *listener, int fd, const struct endpoint *peer)
{
    struct stream *stream;
    struct err err = {0};

    if (!listener->events.admits(listener->owner, peer) || !places_count(&listener->places, peer)) {
        call_close(fd);
        return;
    }
    stream = places_hold(&listener->places, fd, peer, &err);
    if (stream) {
        begin(listener, stream);
    } else if (err.kind != ERR_NONE) {
        opening_tell_refused(NULL, err.sentence);
    } else {
        watch(listener);
        tell_full(listener);
    }
}

/* False where no connection is pending, or none can be accepted now. */
static bool accept_one(struct listener *listener, const struct acceptor *acceptor)
{
    struct endpoint peer;
    struct err err;
    int fd = -1;

    if (!handshakes_make_room(&listener->handshakes))
        return pause_accepting(listener, BUSY_MS);
    errno = EMFILE;
    if (places_have_files(&listener->places))
        fd = bind_accept(acceptor, &peer);
    if (fd >= 0) {
        admit(listener, fd, &peer);
        return true;
    }
    if (err_is_shortage(errno)) {
        shortage_report(&listener->shortage, uv_now(listener->loop), errno);
        pause_accepting(listener, PAUSE_MS);
    } else if (errno != EAGAIN) {
        err_errno(&err, ERR_LOCAL, errno, "cannot accept a connection");
        listener->events.failed(listener->owner, &err);
    }
    return false;
}

/* The owner may have closed or locked the listener at the last connection. */
static bool may_accept(const struct listener *listener)
{
    return listener->state != LISTENER_CLOSED && !listener->is_locked &&
           places_have_one(&listener->places);
}

/* A shortage counts only if somebody waits: once none fits, the next poll says whether. */
static bool on_pending(void *owner, const struct acceptor *acceptor)
{
    struct listener *listener = owner;

    if (places_have_room(&listener->places))
        return accept_one(listener, acceptor) && may_accept(listener) &&
               handshakes_have_room(&listener->handshakes);
    tell_full(listener);
    return false;
}

static int watch_acceptors(struct listener *listener, struct err *err)
{
    return acceptor_watch_open(&listener->watches, listener->loop, &listener->acceptors, on_pending,
                               listener, err);
}

/* ---- draining ---- */

/* The queue is counted first: connections may arrive faster than they are accepted. */
static void accept_queue(struct listener *listener, const struct acceptor *acceptor)
{
    for (unsigned left = bind_pending(acceptor); left; left--)
        if (!may_accept(listener) || !accept_one(listener, acceptor))
            return;
}

void listener_drain(struct listener *listener)
{
    serve_queue(listener);
    for (size_t i = 0; i < listener->acceptors.count; i++)
        accept_queue(listener, &listener->acceptors.items[i]);
    places_drop_queue(&listener->places, STREAM_ABORT);
    if (listener->state == LISTENER_CLOSED)
        return;
    listener->is_locked = listener->drains = true;
    bind_lock(&listener->acceptors);
    watch(listener);
    finish_drain(listener);
}

/* ---- locking ---- */

/* bind_unlock may put another socket in place of one that was watched. */
static int unlock(struct listener *listener, struct err *err)
{
    acceptor_watch_close(&listener->watches);
    return bind_unlock(&listener->acceptors, err) < 0 ? -1 : watch_acceptors(listener, err);
}

int listener_lock(struct listener *listener, bool locked, struct err *err)
{
    if (locked == listener->is_locked)
        return 0;
    if (!locked && unlock(listener, err) < 0) {
        bind_lock(&listener->acceptors); /* those that were open again already */
        return -1;
    }
    listener->is_locked = locked;
    if (locked)
        bind_lock(&listener->acceptors);
    resume(listener);
    return 0;
}

/* ---- start ---- */

static void on_bound(void *owner, struct err *err)
{
    struct listener *listener = owner;

    for (size_t i = 0; i < listener->acceptors.count && listener->options.counts_hops; i++)
        hops_keep(listener->acceptors.items[i].fd);
    if (err->kind != ERR_NONE || watch_acceptors(listener, err) < 0) {
        listener->events.failed(listener->owner, err);
        return;
    }
    watch(listener);
    listener->events.listening(listener->owner);
}

static void on_start(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    const struct listener_options *as = &listener->options;
    struct resolve_query query = {listener->address, as->family, as->numeric, .passive = true,
                                  .lookup = as->lookup};

    bind_lookup_start(&listener->lookup, listener->loop, &query, &listener->acceptors, on_bound,
                      listener);
}

struct listener *listener_new(uv_loop_t *loop, const struct address *address,
                              const struct listener_options *options,
                              const struct listener_events *events, void *owner, struct err *err)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        err_memory(err);
        return NULL;
    }
    listener->loop = loop;
    listener->address = address;
    listener->options = *options;
    listener->acceptors.manner = options->manner;
    listener->events = *events;
    listener->owner = owner;
    listener->places =
        (struct places){.loop = loop,
                        .max = options->max_peers,
                        .costs = options->costs,
                        .spare = options->spare,
                        .hosts = {events->enters, events->gone, owner, options->names_peers},
                        .left = on_left,
                        .owner = listener};
    queue_init(&listener->places.queue, options->transport.count ? 0 : options->queue_max,
               options->queue_line, on_lost, listener);
    handshakes_init(&listener->handshakes, &listener->places, &options->transport, on_through,
                    listener);
    uv_timer_init(loop, &listener->timer);
    listener->timer.data = listener;
    listener->handles = 1;
    uv_timer_start(&listener->timer, on_start, 0, 0);
    return listener;
}

unsigned listener_fit(const struct listener *listener)
{
    struct places places = listener->places; /* the count is taken again at the first connection */

    return places_fit(&places);
}

unsigned listener_waiting(const struct listener *listener)
{
    return (unsigned)listener->places.queue.count + listener->places.waiting +
           (places_are_full(&listener->places) ? bind_known_pending(&listener->acceptors) : 0);
}

unsigned listener_handshakes(const struct listener *listener)
{
    return listener->handshakes.count;
}

size_t listener_count(const struct listener *listener)
{
    return listener->acceptors.count;
}

const struct endpoint *listener_endpoint(const struct listener *listener, size_t index)
{
    return &listener->acceptors.items[index].endpoint;
}

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void listener_close(struct listener *listener)
{
    set_state(listener, LISTENER_CLOSED);
    places_drop_queue(&listener->places, STREAM_LINGER);
    handshakes_stop(&listener->handshakes, STREAM_ABORT);
    bind_lookup_stop(&listener->lookup);
    acceptor_watch_close(&listener->watches);
    bind_close(&listener->acceptors);
    uv_close((uv_handle_t *)&listener->timer, on_timer_closed);
}
