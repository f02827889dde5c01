/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch: which descriptors are worth reading or writing, told from the loop.
 *
 * All descriptors stand in one epoll of ours, and that is all that libuv polls. libuv takes a
 * descriptor in when it next waits, and aborts the process where the system refuses that, or where
 * memory is short for a table as long as the largest descriptor. Here only watch_init can fail: it
 * takes the descriptor in at once, and what changes later needs no memory.
 * The flags of a descriptor stay as they are. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"

struct watches;

/* Zeroed: of no descriptor, so that watch_set and watch_fini change nothing. */
struct watch {
    struct watches *watches;
    int fd;
    unsigned bits; /* of enum stream_bits: what is looked for */
    bool is_weak;  /* see watch_unref */
    stream_ready *ready;
    void *owner;
};

/* Registers fd, looking for nothing yet. -1 and errno: EPERM where epoll does not take it, because
 * it is always ready; ENOMEM, ENOSPC where the system has no room. */
MUST_CHECK int watch_init(struct watch *watch, uv_loop_t *loop, int fd, stream_ready *ready,
                          void *owner);

/* From now on calls ready(owner, bits), from the loop, while one of these bits holds; STREAM_LOSS
 * is an error or a hang-up, which is told as all that is looked for. The loop goes on as long as
 * one watch looks for something. */
void watch_set(struct watch *watch, unsigned bits);

/* While nothing is looked for yet: this watch is no reason for the loop to go on. */
void watch_unref(struct watch *watch);

/* No call follows. Stands before the close of the descriptor, whose open file others may have. */
void watch_fini(struct watch *watch);

/* Readies a loop for watches, once. -1 and *err: the loop has to run once before it is closed. */
MUST_CHECK int watches_open(uv_loop_t *loop, struct err *err);

/* When all watches are over; the loop has to run once more before it is closed. */
void watches_close(uv_loop_t *loop);
