/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chunk: what one direction has read and not written yet: in memory, or in a pipe of our own.
 *
 * A chunk begins in memory, which is best for single lines. From chunk_expect_bulk on its bytes
 * pass in a pipe, without a copy, until one of the two streams cannot do that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/splice.h"
#include "io/stream.h"

enum {
    CHUNK = 128 * 1024,           /* bytes that one read brings to memory at most */
    CHUNK_FIRST = 8 * 1024,       /* until a read has filled them: lines need no more memory */
    CHUNK_BULK = 1024 * 1024,     /* of bulk that is not spliced */
    CHUNK_AHEAD = 4 * CHUNK_BULK, /* of bulk: the system receives them while one piece is written */
};

struct chunk {
    struct buf bytes;     /* whoever converts puts the result here */
    struct splice splice; /* holds bytes only where `bytes` is empty */
    bool is_large;        /* a read has filled its room */
    bool is_bulk;         /* chunk_expect_bulk was called */
    bool is_copied;       /* a stream is unable to splice */
    bool is_dry;          /* the last read took all there was */
};

/* `cap` is of `bytes`. */
void chunk_init(struct chunk *chunk, size_t cap);
void chunk_fini(struct chunk *chunk);

static inline size_t chunk_length(const struct chunk *chunk)
{
    return buf_length(&chunk->bytes) + chunk->splice.held;
}

/* Many bytes follow each other in this direction. */
void chunk_expect_bulk(struct chunk *chunk, struct stream *from, struct stream *to);

/* The loop turns to others: what was written goes at once. */
void chunk_pause(struct chunk *chunk, struct stream *to);

/* As stream_read, for bytes that are converted into an empty chunk. */
ssize_t chunk_fill(struct chunk *chunk, struct stream *from, void *room, size_t n, struct err *err);

/* As stream_read and stream_write, only for an empty chunk and one that is not empty. */
ssize_t chunk_read(struct chunk *chunk, struct stream *from, struct err *err);
ssize_t chunk_write(struct chunk *chunk, struct stream *to, struct err *err);

/* Drops all bytes. */
void chunk_drop(struct chunk *chunk);
