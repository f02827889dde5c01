/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time that passes HASTE times as fast for a program, to be loaded with LD_PRELOAD: it reads such a
 * clock, and its waits are as much shorter. The time of day is the common one. */
#define _DEFAULT_SOURCE

#include <sys/epoll.h>
#include <time.h>

#include "next.h"

enum { HASTE = 4, NS = 1000000000 };

int clock_gettime(clockid_t clock, struct timespec *at)
{
    NEXT(clock_gettime)
    int result = next(clock, at);

    if (result == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)) {
        at->tv_sec = at->tv_sec * HASTE + at->tv_nsec * HASTE / NS;
        at->tv_nsec = at->tv_nsec * HASTE % NS;
    }
    return result;
}

int epoll_wait(int epoll, struct epoll_event *events, int max, int ms)
{
    NEXT(epoll_wait)

    return next(epoll, events, max, ms <= 0 ? ms : (ms - 1) / HASTE + 1);
}

/* libuv waits by it where it has to. */
int epoll_pwait(int epoll, struct epoll_event *events, int max, int ms, const sigset_t *mask)
{
    NEXT(epoll_pwait)

    return next(epoll, events, max, ms <= 0 ? ms : (ms - 1) / HASTE + 1, mask);
}
