/* SPDX-License-Identifier: GPL-3.0-or-later */
/* observer: a stream around a stream that tells its body what passes.
 *
 * A body embeds `struct observer` as its first member and has only its own concern: a file, a
 * count, a transcript. The observer forwards everything else, and stays the owner of the stream
 * inside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "io/stream.h"

struct observer;

/* A way is STREAM_IN (what is read) or STREAM_OUT (what is written). All but `passed` and `closed`
 * may be NULL. */
struct observer_ops {
    /* n bytes were read or written: the first n of iov. Only of the ways that the body observes. */
    void (*passed)(struct observer *observer, unsigned way, const struct iovec *iov, size_t n);

    /* Nothing passes this way any more: the end or the failure of reading (`breaks`), finish, or
     * close LINGER. It may be told more than once. */
    void (*ended)(struct observer *observer, unsigned way, bool breaks);

    /* Tells what the body has kept, because nothing passes any more (stream_conclude). */
    void (*concluded)(struct observer *observer);

    /* Whether nothing may pass now in the ways that the body observes. */
    bool (*holds)(struct observer *observer);

    /* Whether the owner waits for the end of that hold: the body then calls observer_release. */
    void (*waits)(struct observer *observer, bool waits);

    /* Final, before the stream inside is closed: the body frees itself. */
    void (*closed)(struct observer *observer);

    /* The most that passes at once in the ways that the body observes; 0: any number of bytes. */
    size_t most;

    /* The body needs no bytes, only their number: `passed` may get NULL as iov. It neither holds
     * nor has a `most`. */
    bool only_counts;
};

struct observer {
    struct stream stream; /* what its user reads and writes */
    struct stream *inner;
    const struct observer_ops *ops;
    unsigned ways;    /* a set of STREAM_IN and STREAM_OUT: what the body observes */
    unsigned watched; /* what the owner watches */
};

/* A zeroed body of `size` bytes around `inner`, which is closed with it. The body frees its memory
 * with free. NULL and *err: `inner` is still the caller's. */
void *observer_new(size_t size, struct stream *inner, const struct observer_ops *ops, unsigned ways,
                   struct err *err);

/* The hold is over. From the loop; the owner is called back, and may close the stream. */
void observer_release(struct observer *observer);
