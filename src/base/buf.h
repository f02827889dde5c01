/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf: a queue of bytes with a cap; bytes are appended at its end and consumed at its start.
 *
 * A struct buf owns its memory; buf_fini releases it. A zeroed one with a cap set is a valid empty
 * queue. Pointers into it are good until the next call that may append. */
#pragma once

#include <stddef.h>

#include "base/must_check.h"

struct buf {
    unsigned char *bytes;
    size_t start;    /* of what is queued */
    size_t end;      /* behind what is queued */
    size_t capacity; /* allocated */
    size_t cap;      /* never more than this is queued */
};

void buf_init(struct buf *buf, size_t cap);
void buf_fini(struct buf *buf);

size_t buf_length(const struct buf *buf);
const unsigned char *buf_bytes(const struct buf *buf);

/* Room for n more bytes behind the queued ones; the caller writes there and calls buf_commit.
 * NULL when that would pass the cap or memory is short: nothing has changed then. */
MUST_CHECK unsigned char *buf_reserve(struct buf *buf, size_t n);
void buf_commit(struct buf *buf, size_t n);

/* 0, or -1 as buf_reserve has it. */
MUST_CHECK int buf_append(struct buf *buf, const void *bytes, size_t n);

/* Forgets the first n queued bytes (n <= buf_length). */
void buf_consume(struct buf *buf, size_t n);

/* Forgets all but the first n queued bytes (n <= buf_length). */
void buf_truncate(struct buf *buf, size_t n);
