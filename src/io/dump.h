/* dump: a stream around a stream that writes what passes, both ways, to a file as a hex dump (-x).
 *
 * A block is what one call read or wrote: a line with the local time, the direction (< received,
 * > sent), the other end and the count, and rows of sixteen bytes as hexdump -C writes them, whose
 * offsets count from 0 for each connection and direction:
 *
 *     2026-11-24 18:36:40.123456 < 127.0.0.1:53122 27 bytes
 *     00000000  e4 bd a0 e5 a5 bd 0a 68  65 6c 6c 6f 20 66 72 6f  |.......hello fro|
 *     00000010  6d 20 74 68 65 20 63 61  6c 6c 65                 |m the calle|
 *
 * Blocks of several connections that share a file follow each other whole. A slow file is waited
 * for in both directions, see io/sink. */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <uv.h>

#include "base/err.h"
#include "io/sink.h"
#include "io/stream.h"

enum { DUMP_MOST = 64 * 1024 }; /* bytes of a block; no more is read or written at once */

enum dump_way { DUMP_RECEIVED, DUMP_SENT };

struct dump_block {
    enum dump_way way;
    struct timespec time;
    const char *label;       /* made safe here */
    uint64_t offset;         /* of the first byte */
    const struct iovec *iov; /* the bytes: the first n of these */
    size_t n;
};

/* How much room a block needs at most. */
size_t dump_size(const struct dump_block *block);

/* Writes a block there and returns its length; without a NUL. */
size_t dump_format(const struct dump_block *block, char *text);

/* Takes over `inner`, which is closed with the dump. The sink was opened, and must outlive the
 * dump. NULL and *err: `inner` is still the caller's. */
struct stream *dump_new(uv_loop_t *loop, struct stream *inner, struct sink *sink, struct err *err);
