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
    uv_poll_t poll;
    int epoll;
    unsigned looking; /* watches that look for something */
    struct epoll_event events[AT_ONCE];
    int count, next; /* of events: how many there are, and the first that was not told yet */
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

int watch_init(struct watch *watch, uv_loop_t *loop, int fd, stream_ready *ready, void *owner)
{
    struct watches *watches = loop->data;
    struct epoll_event event;

    *watch = (struct watch){.fd = fd, .ready = ready, .owner = owner};
    event = event_of(watch);
    if (epoll_ctl(watches->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return -1;
    watch->watches = watches;
    return 0;
}

static void count_looking(const struct watch *watch, bool before, bool after)
{
    struct watches *watches = watch->watches;

    if (watch->is_weak)
        return;
    watches->looking += after;
    watches->looking -= before;
    if (watches->looking)
        uv_ref((uv_handle_t *)&watches->poll);
    else
        uv_unref((uv_handle_t *)&watches->poll);
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
    watch->is_weak = true;
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
    return (events & EPOLLIN ? STREAM_IN : 0u) | (events & EPOLLOUT ? STREAM_OUT : 0u);
}

/* The callback may end other watches, and change what they look for. */
static void tell(const struct epoll_event *event)
{
    const struct watch *watch = event->data.ptr;
    unsigned bits = watch ? bits_of(event->events) & watch->bits : 0;

    if (bits)
        watch->ready(watch->owner, bits);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watches *watches = poll->data;

    (void)status;
    (void)events;
    watches->count = epoll_wait(watches->epoll, watches->events, AT_ONCE, 0);
    for (watches->next = 0; watches->next < watches->count;)
        tell(&watches->events[watches->next++]);
    watches->count = watches->next = 0;
}

static void discard(struct watches *watches)
{
    if (watches->epoll >= 0)
        close(watches->epoll);
    free(watches);
}

static void on_closed(uv_handle_t *handle)
{
    discard(handle->data);
}

/* libuv would abort if its epoll could not take ours; it accepts that ours is in it already. */
static int start_polling(struct watches *watches, uv_loop_t *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = watches->epoll};

    watches->poll.data = watches;
    uv_poll_start(&watches->poll, UV_READABLE, on_poll);
    uv_unref((uv_handle_t *)&watches->poll);
    return epoll_ctl(uv_backend_fd(loop), EPOLL_CTL_ADD, watches->epoll, &event);
}

int watches_open(uv_loop_t *loop, struct err *err)
{
    struct watches *watches = calloc(1, sizeof *watches);
    int failed;

    if (!watches)
        return err_memory(err);
    watches->epoll = epoll_create1(EPOLL_CLOEXEC);
    failed = watches->epoll < 0 ? errno : -uv_poll_init(loop, &watches->poll, watches->epoll);
    if (failed) {
        discard(watches);
        return err_errno(err, ERR_LOCAL, failed, "cannot start");
    }
    if (start_polling(watches, loop) < 0) {
        err_errno(err, ERR_LOCAL, errno, "cannot start");
        uv_close((uv_handle_t *)&watches->poll, on_closed);
        return -1;
    }
    loop->data = watches;
    return 0;
}

void watches_close(uv_loop_t *loop)
{
    struct watches *watches = loop->data;

    uv_close((uv_handle_t *)&watches->poll, on_closed);
}
