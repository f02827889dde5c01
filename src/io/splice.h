/* SPDX-License-Identifier: GPL-3.0-or-later */
/* splice: bytes on their way from one stream to another in a pipe of our own: the system passes
 * pages, and none of the bytes is copied to our memory and back.
 *
 * The bytes come from stream_splice with STREAM_IN, and leave with STREAM_OUT. A pipe belongs to a
 * struct splice only while it holds bytes. So a few pipes serve many conversations. None is open
 * once the last struct splice has ended. Linux: splice(2), F_SETPIPE_SZ. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"

enum {
    SPLICE_CHUNK = 512 * 1024, /* bytes that one read moves at most */
    SPLICE_ROOM = 1024 * 1024, /* of a pipe, where the system allows it */
    SPLICE_PIPES = 16,         /* open ones, at most */
    SPLICE_SHARE = 128,        /* allowed open files per splice, at least */
};

struct splice_pipe;

struct splice {
    struct splice_pipe *pipe; /* NULL: no byte is on its way */
    size_t held;              /* bytes in the pipe */
};

/* The descriptors of all pipes that may be open. */
unsigned splice_descriptors(void);

void splice_init(struct splice *splice);

/* Held bytes are dropped. */
void splice_fini(struct splice *splice);

/* Only where no byte is held. As stream_splice with STREAM_IN, or STREAM_UNABLE: nothing has moved,
 * because the stream cannot do it, or because no pipe is free; *lasting is set in the first case.
 */
ssize_t splice_read(struct splice *splice, struct stream *from, bool *lasting, struct err *err);

/* Only where bytes are held. As stream_write, or STREAM_UNABLE: nothing has moved. */
ssize_t splice_write(struct splice *splice, struct stream *to, struct err *err);

/* Reads all held bytes to the end of a queue. -1 and *err: none is held any more. */
MUST_CHECK int splice_withdraw(struct splice *splice, struct buf *to, struct err *err);

/* Drops the held bytes. */
void splice_drop(struct splice *splice);

/* For bodies of streams: splice(2) without offsets, which does not wait for a pipe, and goes on
 * after a signal. splice_take does not tell the end (0) but fails with EAGAIN: between bytes and
 * urgent bytes behind which a socket has ended, Linux tells the end although bytes follow. */
ssize_t splice_move(int from, int to, size_t n);
ssize_t splice_take(int from, int to, size_t n);

/* Whether a call failed with this errno because this system, or one of the two open files, does not
 * splice: a read or write may do. */
bool splice_is_refused(int number);

/* Raises the size of a pipe to SPLICE_ROOM. Nothing happens where the system does not allow it. */
void splice_raise(int pipe);
