/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loop: the start, the turns and the end of libuv's loop.
 *
 * A turn waits in the epoll of io/watch, which has libuv's epoll in it, and runs libuv only if it
 * has work: an event at a descriptor costs one call of the system. uv_run knows no watches.
 *
 * libuv aborts if descriptors or memory are short while it starts. loop_open tries both before, so
 * that a shortage is an error like any other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"

/* Opens a loop for watches (io/watch), which take loop->data. uv_signal_init cannot fail from then
 * on. -1 and ERR_LOCAL: nothing is to be closed. */
MUST_CHECK int loop_open(uv_loop_t *loop, struct err *err);

/* A timer that does not keep the loop alive; its `data` is the owner. */
void loop_weak_timer(uv_loop_t *loop, uv_timer_t *timer, void *owner);

/* One turn: waits for an event or the next timer, and makes the calls. False: nothing keeps the
 * loop any more. */
bool loop_turn(uv_loop_t *loop);

/* The time now in ms. uv_now is the time at which the turn began. */
static inline uint64_t loop_clock(void)
{
    return uv_hrtime() / 1000000;
}

/* After the close of all other handles: runs the loop to its end. 0, or UV_EBUSY if a handle was
 * not closed. */
int loop_close(uv_loop_t *loop);
