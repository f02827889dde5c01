/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { AT_ONCE = 256 }; /* events of a round */

struct watches {
    uv_prepare_t keeper; /* keeps the loop: libuv knows nothing of the watches */
    int epoll;
    struct watch libuv; /* of libuv's own epoll */
    bool libuv_is_ready;
    unsigned looking; /* watches that look for something */
    struct epoll_event events[AT_ONCE];
    int count, next; /* of events: how many there are, and the first that was not told yet */
    void (*turn_ended)(void *owner);
    void *owner;
};

/* ---- one ---- */

/* epoll always reports an error or a hang-up. If the watch looks for nothing, EPOLLET makes that
 * one round and not every round. */
static struct epoll_event event_of(struct watch *watch)
{
    uint32_t events = (watch->bits & STREAM_IN ? (uint32_t)EPOLLIN : 0u) |
                      (watch->bits & STREAM_OUT ? (uint32_t)EPOLLOUT : 0u) |
                      (watch->bits ? 0u : (uint32_t)EPOLLET);

    return (struct epoll_event){.events = events, .data.ptr = watch};
}

static void count_looking(const struct watch *watch, bool before, bool after)
{
    struct watches *watches = watch->watches;

    if (watch->is_weak)
        return;
    watches->looking += after;
    watches->looking -= before;
    if (watches->looking)
        uv_ref((uv_handle_t *)&watches->keeper);
    else
        uv_unref((uv_handle_t *)&watches->keeper);
}

int watch_init(struct watch *watch, uv_loop_t *loop, int fd, unsigned bits, stream_ready *ready,
               void *owner)
{
    struct watches *watches = loop->data;
    struct epoll_event event;

    *watch = (struct watch){.fd = fd, .bits = bits, .ready = ready, .owner = owner};
    event = event_of(watch);
    if (epoll_ctl(watches->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        watch->bits = 0;
        return -1;
    }
    watch->watches = watches;
    count_looking(watch, false, bits);
    return 0;
}

void watch_set(struct watch *watch, unsigned bits)
{
    unsigned before = watch->bits;
    struct epoll_event event;

    if (!watch->watches || bits == before)
        return;
    watch->bits = bits;
    event = event_of(watch);
    epoll_ctl(watch->watches->epoll, EPOLL_CTL_MOD, watch->fd, &event);
    count_looking(watch, before, bits);
}

void watch_unref(struct watch *watch)
{
    if (watch->bits)
        count_looking(watch, watch->bits, false);
    watch->is_weak = true;
}

void watch_ref(struct watch *watch)
{
    bool counts = watch->is_weak && watch->bits;

    watch->is_weak = false;
    if (counts)
        count_looking(watch, false, true);
}

static void forget_events(struct watches *watches, const struct watch *watch)
{
    for (int i = watches->next; i < watches->count; i++)
        if (watches->events[i].data.ptr == watch)
            watches->events[i].data.ptr = NULL;
}

void watch_fini(struct watch *watch)
{
    struct watches *watches = watch->watches;

    if (!watches)
        return;
    epoll_ctl(watches->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    forget_events(watches, watch);
    count_looking(watch, watch->bits, false);
    *watch = (struct watch){.fd = -1};
}

/* ---- all ---- */

static unsigned bits_of(uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return STREAM_IN | STREAM_OUT | STREAM_LOSS;
    return ((events & EPOLLIN) ? STREAM_IN : 0u) | ((events & EPOLLOUT) ? STREAM_OUT : 0u);
}

/* The callback may end other watches, and change what they look for. */
static void tell(const struct epoll_event *event)
{
    const struct watch *watch = event->data.ptr;
    unsigned bits = watch ? bits_of(event->events) & watch->bits : 0;

    if (bits)
        watch->ready(watch->owner, bits);
}

void watches_on_turn_end(uv_loop_t *loop, void (*ended)(void *owner), void *owner)
{
    struct watches *watches = loop->data;

    watches->turn_ended = ended;
    watches->owner = owner;
}

void watches_end_turn(uv_loop_t *loop)
{
    const struct watches *watches = loop->data;

    if (watches->turn_ended)
        watches->turn_ended(watches->owner);
}

bool watches_wait(uv_loop_t *loop, int ms)
{
    struct watches *watches = loop->data;

    watches->libuv_is_ready = false;
    watches->count = epoll_wait(watches->epoll, watches->events, AT_ONCE, ms);
    uv_update_time(loop);
    for (watches->next = 0; watches->next < watches->count;)
        tell(&watches->events[watches->next++]);
    watches->count = watches->next = 0;
    return watches->libuv_is_ready;
}

/* ---- start and end ---- */

static void on_libuv(void *owner, unsigned bits)
{
    (void)bits;
    ((struct watches *)owner)->libuv_is_ready = true;
}

static int watch_libuv(struct watches *watches, uv_loop_t *loop)
{
    if (watch_init(&watches->libuv, loop, uv_backend_fd(loop), 0, on_libuv, watches) < 0)
        return -1;
    watch_unref(&watches->libuv); /* there is no keeper yet */
    watch_set(&watches->libuv, STREAM_IN);
    return 0;
}

static void on_prepare(uv_prepare_t *keeper)
{
    (void)keeper;
}

static void open_keeper(struct watches *watches, uv_loop_t *loop)
{
    watches->keeper.data = watches;
    uv_prepare_init(loop, &watches->keeper);
    uv_prepare_start(&watches->keeper, on_prepare);
    uv_unref((uv_handle_t *)&watches->keeper);
}

/* The keeper comes last: its close would have libuv turn, and abort if epoll has no room. */
int watches_open(uv_loop_t *loop, struct err *err)
{
    struct watches *watches = calloc(1, sizeof *watches);

    if (!watches)
        return err_memory(err);
    loop->data = watches;
    watches->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (watches->epoll >= 0 && watch_libuv(watches, loop) == 0) {
        open_keeper(watches, loop);
        return 0;
    }
    err_errno(err, ERR_LOCAL, errno, "cannot start");
    if (watches->epoll >= 0)
        close(watches->epoll);
    free(watches);
    loop->data = NULL;
    return -1;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void watches_close(uv_loop_t *loop)
{
    struct watches *watches = loop->data;

    watch_fini(&watches->libuv);
    close(watches->epoll);
    uv_close((uv_handle_t *)&watches->keeper, on_closed);
    loop->data = NULL;
}
