/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/reserve.h"
#include "io/watch.h"
#include "net/bind.h"
#include "net/hops.h"
#include "net/places.h"
#include "net/resolve.h"

enum {
    RETRY_MS = 200,  /* after a shortage */
    CALM_MS = 10000, /* without one, and the next one is told again */
    FULL_MS = 60000,
};

/* The watch of one acceptor. */
struct acceptor_watch {
    struct listener *listener;
    const struct acceptor *acceptor;
    struct watch watch;
};

enum listener_state {
    LISTENER_STARTING, /* its addresses are looked up */
    LISTENER_ACCEPTING,
    LISTENER_FULL,   /* every place of max_peers is taken, and the owner knows */
    LISTENER_PAUSED, /* short of descriptors or memory */
    LISTENER_LOCKED,
    LISTENER_CLOSED,
};

struct listener {
    uv_loop_t *loop;
    const struct address *address;
    struct listener_options options;
    struct listener_events events;
    void *owner;
    uv_timer_t timer; /* first for the start: no event comes before listener_new has returned */
    struct resolve resolve;
    struct acceptors acceptors;
    struct acceptor_watch watched[ENDPOINTS_MAX]; /* one for each acceptor, once open */
    struct places places;
    enum listener_state state;
    bool is_locked;
    bool is_short;     /* of descriptors or memory: tried again soon */
    uint64_t short_at; /* loop time of the last shortage; 0: there was none */
    bool told_full;    /* that a connection waits for a place */
    uint64_t full_at;  /* loop time of that */
    int handles;       /* that the loop holds, and places */
};

/* ---- who is here ---- */

static void set_state(struct listener *listener, enum listener_state state)
{
    static const char *const names[] = {
        [LISTENER_STARTING] = "STARTING", [LISTENER_ACCEPTING] = "ACCEPTING",
        [LISTENER_FULL] = "FULL",         [LISTENER_PAUSED] = "PAUSED",
        [LISTENER_LOCKED] = "LOCKED",     [LISTENER_CLOSED] = "CLOSED",
    };
    char label[ADDRESS_LABEL];

    if (log_shows(LOG_TRACE)) {
        address_label(listener->address, label);
        log_state(label, "listener", names[listener->state], names[state]);
    }
    listener->state = state;
}

/* Where every place is taken, one pending connection is awaited, so that the owner is told. */
static enum listener_state next_state(struct listener *listener)
{
    if (listener->is_locked)
        return LISTENER_LOCKED;
    if (listener->is_short)
        return LISTENER_PAUSED;
    if (places_are_full(&listener->places))
        return listener->told_full ? LISTENER_FULL : LISTENER_ACCEPTING;
    listener->told_full &= uv_now(listener->loop) - listener->full_at < FULL_MS;
    return LISTENER_ACCEPTING;
}

static void watch(struct listener *listener)
{
    enum listener_state state = next_state(listener);

    if (state == listener->state)
        return;
    set_state(listener, state);
    for (size_t i = 0; i < listener->acceptors.count; i++)
        watch_set(&listener->watched[i].watch, state == LISTENER_ACCEPTING ? STREAM_IN : 0);
}

static void release(struct listener *listener);

/* There may be room again. */
static void resume(struct listener *listener)
{
    uv_timer_stop(&listener->timer);
    listener->is_short = false;
    watch(listener);
}

static bool on_admits(void *owner, const struct endpoint *peer)
{
    struct listener *listener = owner;

    return listener->events.admits(listener->owner, peer);
}

/* It may have been the descriptor that was missing. */
static void on_closed(void *owner)
{
    struct listener *listener = owner;

    if (listener->state == LISTENER_PAUSED)
        resume(listener);
}

static void on_gone(void *owner, const struct endpoint *peer)
{
    struct listener *listener = owner;

    listener->events.gone(listener->owner, peer);
}

static void on_left(void *owner)
{
    struct listener *listener = owner;

    if (listener->state != LISTENER_CLOSED)
        resume(listener);
    release(listener);
}

static const struct places_events places_events = {
    .admits = on_admits, .closed = on_closed, .gone = on_gone, .left = on_left};

/* ---- accepting ---- */

/* Errors of the connection that was to be accepted, as accept(2) lists them. */
static bool concerns_one_peer(int number)
{
    static const int errors[] = {EINTR,      ECONNABORTED, EPROTO,     EPERM,
                                 ENETDOWN,   EHOSTDOWN,    ENONET,     EHOSTUNREACH,
                                 EOPNOTSUPP, ENETUNREACH,  ENOPROTOOPT};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (number == errors[i])
            return true;
    return false;
}

/* A unix peer has no name of its own: it is called after the socket that it came through. */
static void name_peer(const struct acceptor *acceptor, struct endpoint *peer)
{
    if (acceptor->endpoint.address.any.sa_family == AF_UNIX)
        *peer = acceptor->endpoint;
}

static void on_retry(uv_timer_t *timer)
{
    resume(timer->data);
}

/* Newcomers wait in the system's queue, which a poll would report again and again. */
static void wait_for_room(struct listener *listener, int number)
{
    uint64_t now = uv_now(listener->loop);

    if (!listener->short_at || now - listener->short_at > CALM_MS)
        log_say(LOG_ERROR, "cannot accept a connection: %s; newcomers wait", strerror(number));
    listener->short_at = now;
    listener->is_short = true;
    watch(listener);
    uv_timer_start(&listener->timer, on_retry, RETRY_MS, 0);
}

static void fail_to_accept(struct listener *listener, int number)
{
    struct err err;

    if (err_is_shortage(number)) { /* there is room again when peers go */
        wait_for_room(listener, number);
    } else if (!concerns_one_peer(number)) {
        err_errno(&err, ERR_LOCAL, number, "cannot accept a connection");
        listener->events.failed(listener->owner, &err);
    }
}

static void hand_over(struct listener *listener, struct stream *stream)
{
    if (!stream)
        return;
    listener->handles++;
    watch(listener);
    listener->events.accepted(listener->owner, stream);
}

/* A descriptor, or -1 and errno. What the service of a peer takes is held until the peer is there,
 * and then free. */
static int accept_held(const struct listener_options *options, const struct acceptor *acceptor,
                       struct endpoint *peer)
{
    int fd = -1, number;

    if (reserve_hold(options->keeps + options->takes) == 0)
        fd = accept4(acceptor->fd, &peer->address.any, &peer->length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    number = errno;
    reserve_hold(options->keeps);
    errno = number;
    return fd;
}

/* False where there is nobody, or no room. */
static bool accept_one(struct listener *listener, const struct acceptor *acceptor)
{
    struct endpoint peer = {.length = sizeof peer.address};
    int fd = accept_held(&listener->options, acceptor, &peer);

    if (fd < 0) {
        if (errno != EAGAIN)
            fail_to_accept(listener, errno);
        return false;
    }
    name_peer(acceptor, &peer);
    hand_over(listener, places_admit(&listener->places, fd, &peer));
    return true;
}

static void tell_full(struct listener *listener)
{
    listener->told_full = true;
    listener->full_at = uv_now(listener->loop);
    watch(listener);
    listener->events.full(listener->owner);
}

static void on_pending(void *owner, unsigned bits)
{
    const struct acceptor_watch *watched = owner;

    (void)bits;
    if (places_are_full(&watched->listener->places))
        tell_full(watched->listener);
    else
        accept_one(watched->listener, watched->acceptor);
}

static int watch_acceptors(struct listener *listener, struct err *err)
{
    for (size_t i = 0; i < listener->acceptors.count; i++) {
        struct acceptor_watch *watched = &listener->watched[i];

        watched->listener = listener;
        watched->acceptor = &listener->acceptors.items[i];
        if (watch_init(&watched->watch, listener->loop, watched->acceptor->fd, on_pending,
                       watched) < 0)
            return err_errno(err, ERR_LOCAL, errno, "cannot listen");
    }
    return 0;
}

static void unwatch_acceptors(struct listener *listener)
{
    for (size_t i = 0; i < listener->acceptors.count; i++)
        watch_fini(&listener->watched[i].watch);
}

static void open_for_all(struct listener *listener)
{
    struct err err;

    if (watch_acceptors(listener, &err) < 0) {
        listener->events.failed(listener->owner, &err);
        return;
    }
    reserve_hold(listener->options.keeps);
    watch(listener);
    listener->events.listening(listener->owner);
}

/* ---- draining ---- */

/* Others may come all the while, faster than they can be served. */
static void accept_queue(struct listener *listener, const struct acceptor *acceptor)
{
    for (unsigned left = bind_pending(acceptor); left; left--)
        if (listener->state == LISTENER_CLOSED || listener->is_locked ||
            places_are_full(&listener->places) || !accept_one(listener, acceptor))
            return;
}

void listener_drain(struct listener *listener)
{
    for (size_t i = 0; i < listener->acceptors.count; i++)
        accept_queue(listener, &listener->acceptors.items[i]);
}

/* ---- locking ---- */

/* Another socket may take the place of one that was watched. */
static int unlock(struct listener *listener, struct err *err)
{
    unwatch_acceptors(listener);
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
    watch(listener);
    if (locked)
        bind_lock(&listener->acceptors);
    return 0;
}

/* ---- start ---- */

/* IPv6 first, as they are announced. */
static void sort(struct endpoints *endpoints)
{
    struct endpoints sorted = {0};
    static const int families[] = {AF_INET6, AF_INET};

    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < endpoints->count; i++)
            if (endpoints->items[i].address.any.sa_family == families[f])
                sorted.items[sorted.count++] = endpoints->items[i];
    *endpoints = sorted;
}

static void on_resolved(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct listener *listener = owner;
    struct endpoints sorted = *endpoints;
    struct err failed = *err;

    sort(&sorted);
    if (failed.kind == ERR_NONE)
        bind_open(&listener->acceptors, &sorted, &failed);
    for (size_t i = 0; i < listener->acceptors.count && listener->options.counts_hops; i++)
        hops_keep(listener->acceptors.items[i].fd);
    if (failed.kind == ERR_NONE)
        open_for_all(listener);
    else
        listener->events.failed(listener->owner, &failed);
}

static void on_start(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    struct resolve_query query = {.address = listener->address,
                                  .family = listener->options.family,
                                  .numeric = listener->options.numeric,
                                  .passive = true};
    struct err err;

    if (!listener->address->is_unix)
        resolve_start(&listener->resolve, listener->loop, &query, on_resolved, listener);
    else if (bind_open_path(&listener->acceptors, listener->address, &err) == 0)
        open_for_all(listener);
    else
        listener->events.failed(listener->owner, &err);
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
    listener->events = *events;
    listener->owner = owner;
    listener->places = (struct places){
        .loop = loop, .events = &places_events, .owner = listener, .max = options->max_peers};
    uv_timer_init(loop, &listener->timer);
    listener->timer.data = listener;
    listener->handles = 1;
    uv_timer_start(&listener->timer, on_start, 0, 0);
    return listener;
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

static void release(struct listener *listener)
{
    if (--listener->handles == 0)
        free(listener);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

/* The timer may still try again, and finds no acceptor. */
static void close_acceptors(struct listener *listener)
{
    unwatch_acceptors(listener);
    bind_close(&listener->acceptors);
}

void listener_close(struct listener *listener)
{
    set_state(listener, LISTENER_CLOSED);
    resolve_stop(&listener->resolve);
    close_acceptors(listener);
    uv_close((uv_handle_t *)&listener->timer, on_timer_closed);
}
