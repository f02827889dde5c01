/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream: the interface of an end that bytes come from and go to.
 *
 * A stream is pulled: reads and writes never wait, they may answer "not now". Backpressure is the
 * absence of a read. The owner watches for a chance to try again, tries, and believes only the
 * results of the calls.
 *
 * A body embeds `struct stream` as its first member. It keeps its first error and repeats it,
 * because the system tells a socket's error only once. */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"

enum { STREAM_AGAIN = -1, STREAM_FAIL = -2, STREAM_UNABLE = -3 };

enum stream_bits {
    STREAM_IN = 1,   /* worth reading */
    STREAM_OUT = 2,  /* worth writing */
    STREAM_LOSS = 4, /* the far end takes no more bytes */
};

enum stream_close {
    STREAM_LINGER, /* an orderly end: sent bytes are not put at risk */
    STREAM_BREAK,  /* sent bytes arrive first, then the far end sees that this was no regular end */
    STREAM_ABORT,  /* the far end sees that at once */
};

struct stream;
struct connection;

typedef void stream_ready(void *owner, unsigned bits);

struct stream_ops {
    /* Up to n bytes (n > 0); 0 at the end, STREAM_AGAIN, or STREAM_FAIL with *err. */
    ssize_t (*read)(struct stream *stream, void *bytes, size_t n, struct err *err);

    /* Writes what goes now of `count` pieces (count > 0) and returns how much, STREAM_AGAIN, or
     * STREAM_FAIL with *err. */
    ssize_t (*writev)(struct stream *stream, const struct iovec *iov, int count, struct err *err);

    /* Moves up to n bytes (n > 0) past our memory: with STREAM_IN from this end into a pipe, with
     * STREAM_OUT from a pipe that has them to this end. The answer is that of read or writev, but
     * STREAM_IN does not tell the end: STREAM_AGAIN means that the pipe is full, that nothing is
     * there, or that only a read tells more (the end, urgent bytes). STREAM_UNABLE: this end cannot
     * do it, or an observer has to see the bytes; nothing has moved, and read or writev goes on.
     * NULL: always so. */
    ssize_t (*splice)(struct stream *stream, unsigned way, int pipe, size_t n, struct err *err);

    /* Ends the writing: FIN, the close of stdout. 0, STREAM_AGAIN or STREAM_FAIL with *err. */
    int (*finish)(struct stream *stream, struct err *err);

    /* Whether the far end is still there to be written to: 0, or STREAM_FAIL with *err. */
    int (*check)(struct stream *stream, struct err *err);

    /* From now on calls ready(owner, bits), from the loop and never from within watch, while one
     * of these bits holds; 0: no calls. Replaces the bits that were watched before. */
    void (*watch)(struct stream *stream, unsigned bits);

    /* The end's name in sentences. It is not safe to show as it is. Valid until close. */
    const char *(*label)(const struct stream *stream);

    /* The end of the conversation is told next: observers first tell what they have kept of it, and
     * nothing more is read or written. NULL: nothing is kept. */
    void (*conclude)(struct stream *stream);

    /* Final: no callback follows, and the loop releases the stream's memory later. Safe within
     * callbacks. */
    void (*close)(struct stream *stream, enum stream_close how);
};

struct stream {
    const struct stream_ops *ops;
    stream_ready *ready;
    void *owner;
    /* The connection that the bytes come from, whatever stands around it; only net/connection
     * looks into it. NULL: none, or one of another kind. */
    struct connection *connection;
    /* Likewise the stream of TLS, into which only net/tls_stream looks. */
    const struct stream *tls;
};

/* Sets the owner, which is called back; a stream has one at a time. */
static inline void stream_own(struct stream *stream, stream_ready *ready, void *owner)
{
    stream->ready = ready;
    stream->owner = owner;
}

static inline ssize_t stream_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    return stream->ops->read(stream, bytes, n, err);
}

static inline ssize_t stream_write(struct stream *stream, const void *bytes, size_t n,
                                   struct err *err)
{
    struct iovec iov = {(void *)bytes, n};
    return stream->ops->writev(stream, &iov, 1, err);
}

static inline ssize_t stream_splice(struct stream *stream, unsigned way, int pipe, size_t n,
                                    struct err *err)
{
    return stream->ops->splice ? stream->ops->splice(stream, way, pipe, n, err) : STREAM_UNABLE;
}

static inline int stream_finish(struct stream *stream, struct err *err)
{
    return stream->ops->finish(stream, err);
}

static inline int stream_check(struct stream *stream, struct err *err)
{
    return stream->ops->check(stream, err);
}

static inline void stream_watch(struct stream *stream, unsigned bits)
{
    stream->ops->watch(stream, bits);
}

static inline const char *stream_label(const struct stream *stream)
{
    return stream->ops->label(stream);
}

static inline void stream_conclude(struct stream *stream)
{
    if (stream->ops->conclude)
        stream->ops->conclude(stream);
}

static inline void stream_close(struct stream *stream, enum stream_close how)
{
    stream->ops->close(stream, how);
}
