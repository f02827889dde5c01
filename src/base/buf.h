/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf: a queue of bytes with a cap. Bytes are appended at its end and consumed at its start.
 *
 * A struct buf owns its memory; buf_fini releases it. A zeroed struct with a cap is an empty queue.
 * A struct with `bytes` and `capacity` of the caller's and an equal `cap` never allocates and needs
 * no buf_fini. Pointers into the queue are good until the next call that may append. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/must_check.h"

struct buf {
    unsigned char *bytes;
    size_t start;    /* of the first queued byte */
    size_t end;      /* behind the last queued byte */
    size_t capacity; /* allocated bytes */
    size_t cap;      /* most bytes that may be queued */
};

void buf_init(struct buf *buf, size_t cap);
void buf_fini(struct buf *buf);

size_t buf_length(const struct buf *buf);
const unsigned char *buf_bytes(const struct buf *buf);

/* Room for n more bytes behind the queued ones; the caller writes there and calls buf_commit.
 * NULL where that would pass the cap or memory is short; the queue is unchanged then. */
MUST_CHECK unsigned char *buf_reserve(struct buf *buf, size_t n);
void buf_commit(struct buf *buf, size_t n);

/* Copies n bytes to the end. -1 where buf_reserve would return NULL. */
MUST_CHECK int buf_append(struct buf *buf, const void *bytes, size_t n);

/* Doubles each such byte of the last n, and returns how many there were. -1 where buf_reserve would
 * return NULL. */
MUST_CHECK ssize_t buf_double(struct buf *buf, size_t n, unsigned char byte);

/* Drops the first n queued bytes (n <= buf_length). */
void buf_consume(struct buf *buf, size_t n);

/* Drops all queued bytes. */
void buf_clear(struct buf *buf);

/* Drops all but the first n queued bytes (n <= buf_length). */
void buf_truncate(struct buf *buf, size_t n);
