/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/repeat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { NS = 1000000000 };

static uint64_t now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * NS + (uint64_t)at.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS), .tv_nsec = (long)(ns % NS)};
}

static void note_late(struct repeat *repeat)
{
    uint64_t due = repeat->start + repeat->times * repeat->period, at = now();
    uint64_t late = at > due ? (at - due) / 1000 : 0;
    uint32_t us = late < UINT32_MAX ? (uint32_t)late : UINT32_MAX;

    repeat->late[repeat->calls++ % REPEAT_SAMPLES] = us;
    if (us > repeat->latest)
        repeat->latest = us;
}

/* The owner may stop it. */
static void on_timer(void *owner, unsigned bits)
{
    struct repeat *repeat = owner;
    uint64_t times;

    (void)bits;
    if (read(repeat->timer, &times, sizeof times) != sizeof times)
        return;
    repeat->times += times;
    note_late(repeat);
    repeat->due(repeat->owner);
}

int repeat_start(struct repeat *repeat, uv_loop_t *loop, uint64_t period_us,
                 void (*due)(void *owner), void *owner, struct err *err)
{
    struct itimerspec times;

    *repeat =
        (struct repeat){.period = period_us * 1000, .start = now(), .due = due, .owner = owner};
    repeat->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (repeat->timer < 0)
        return err_errno(err, ERR_LOCAL, errno, "no timer");
    times = (struct itimerspec){.it_interval = timespec_of(repeat->period),
                                .it_value = timespec_of(repeat->start + repeat->period)};
    if (timerfd_settime(repeat->timer, TFD_TIMER_ABSTIME, &times, NULL) < 0 ||
        watch_init(&repeat->watch, loop, repeat->timer, STREAM_IN, on_timer, repeat) < 0) {
        err_errno(err, ERR_LOCAL, errno, "no timer");
        close(repeat->timer);
        return -1;
    }
    watch_unref(&repeat->watch);
    repeat->runs = true;
    return 0;
}

void repeat_stop(struct repeat *repeat)
{
    if (!repeat->runs)
        return;
    watch_fini(&repeat->watch);
    close(repeat->timer);
    repeat->runs = false;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

    return (one > other) - (one < other);
}

struct repeat_jitter repeat_jitter(const struct repeat *repeat)
{
    size_t n = repeat->calls < REPEAT_SAMPLES ? (size_t)repeat->calls : REPEAT_SAMPLES;
    uint32_t sorted[REPEAT_SAMPLES], p50, p99;

    if (!n)
        return (struct repeat_jitter){0};
    memcpy(sorted, repeat->late, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    p50 = sorted[(n - 1) / 2];
    p99 = sorted[(99 * n - 1) / 100];
    return (struct repeat_jitter){
        .p50 = p50 / 1000.0, .p99 = p99 / 1000.0, .most = repeat->latest / 1000.0};
}
