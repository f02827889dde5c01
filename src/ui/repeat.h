/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repeat: something that is due again and again, without drift: the n-th time is the start and n
 * periods, by the clock that nobody sets.
 *
 * The times are those of a timerfd(2), since libuv's timers count whole milliseconds of a time that
 * was read earlier in the turn. Times that passed while the process stood still are skipped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/watch.h"

enum { REPEAT_SAMPLES = 1024 };

/* A zeroed one is not running. */
struct repeat {
    struct watch watch;
    int timer;
    bool runs;
    uint64_t period, start;        /* ns; of CLOCK_MONOTONIC */
    uint64_t times;                /* periods that have passed */
    uint32_t late[REPEAT_SAMPLES]; /* us, of the last calls */
    uint64_t calls;
    uint32_t latest; /* us, of all calls */
    void (*due)(void *owner);
    void *owner;
};

/* Calls due(owner) from the loop after each period; the loop is not kept for that. -1 and ERR_LOCAL
 * without a descriptor: it is not running. */
MUST_CHECK int repeat_start(struct repeat *repeat, uv_loop_t *loop, uint64_t period_us,
                            void (*due)(void *owner), void *owner, struct err *err);

/* No call follows. */
void repeat_stop(struct repeat *repeat);

/* How late the calls came, in ms: half of the last REPEAT_SAMPLES, 99 of 100 of them, and all
 * calls at most so late. 0 before the first call. */
struct repeat_jitter {
    double p50, p99, most;
};

struct repeat_jitter repeat_jitter(const struct repeat *repeat);
