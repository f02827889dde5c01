/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch: tells from the loop when a descriptor is worth reading or writing.
 *
 * All descriptors are in one epoll of ours, and so is libuv's own epoll: a turn of the loop waits
 * in one call (io/loop). libuv itself would add a descriptor when it next waits. It aborts the
 * process if the system refuses that, or if its table, as long as the largest descriptor, cannot
 * grow. Here only watch_init can fail: it adds the descriptor at once, and later changes need no
 * memory. The flags of a descriptor stay as they are. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"

struct watches;

/* A zeroed watch has no descriptor, so that watch_set and watch_fini change nothing. */
struct watch {
    struct watches *watches;
    int fd;
    unsigned bits; /* of enum stream_bits: those that are looked for */
    bool is_weak;  /* see watch_unref */
    stream_ready *ready;
    void *owner;
};

/* Registers fd, as watch_set with these bits would. -1 and errno: EPERM if epoll does not take fd,
 * because it is always ready; ENOMEM or ENOSPC if the system has no room. */
MUST_CHECK int watch_init(struct watch *watch, uv_loop_t *loop, int fd, unsigned bits,
                          stream_ready *ready, void *owner);

/* From now on calls ready(owner, bits), from the loop, while one of these bits holds. STREAM_LOSS
 * is an error or a hang-up; either is told as all bits that are looked for. The loop goes on as
 * long as one watch looks for something. */
void watch_set(struct watch *watch, unsigned bits);

/* This watch does not keep the loop; it keeps the loop again. */
void watch_unref(struct watch *watch);
void watch_ref(struct watch *watch);

/* No call follows. To be called before the close of the descriptor: other processes may hold its
 * open file, which would stay in the epoll. */
void watch_fini(struct watch *watch);

/* ---- for io/loop ---- */

/* Readies a loop for watches, once. -1 and *err: nothing is to be closed. */
MUST_CHECK int watches_open(uv_loop_t *loop, struct err *err);

/* Calls ended(owner) before each wait, where the calls of a turn are over; NULL: nobody. There is
 * one such owner at a time. */
void watches_on_turn_end(uv_loop_t *loop, void (*ended)(void *owner), void *owner);
void watches_end_turn(uv_loop_t *loop);

/* Waits up to `ms` (-1: without limit) for watches and for libuv, and makes the calls of the
 * watches. Whether a descriptor of libuv's own is ready. */
bool watches_wait(uv_loop_t *loop, int ms);

/* After the last watch_fini; the loop must run once more before it is closed. */
void watches_close(uv_loop_t *loop);
