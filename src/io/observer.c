/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/observer.h"

#include <stdlib.h>

static struct observer *observer_of(struct stream *stream)
{
    return (struct observer *)stream;
}

/* The ways among `bits` that wait for the body. */
static unsigned held(struct observer *observer, unsigned bits)
{
    unsigned ways = bits & observer->ways;

    return ways && observer->ops->holds && observer->ops->holds(observer) ? ways : 0;
}

static void tell_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    if (observer->ways & way)
        observer->ops->passed(observer, way, iov, n);
}

static void tell_end(struct observer *observer, unsigned way, bool breaks)
{
    if (observer->ways & way && observer->ops->ended)
        observer->ops->ended(observer, way, breaks);
}

static size_t limit_of(const struct observer *observer, unsigned way)
{
    return observer->ways & way && observer->ops->most ? observer->ops->most : (size_t)-1;
}

static ssize_t observer_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct observer *observer = observer_of(stream);
    size_t most = limit_of(observer, STREAM_IN);
    ssize_t got;

    if (held(observer, STREAM_IN))
        return STREAM_AGAIN;
    got = stream_read(observer->inner, bytes, n < most ? n : most, err);
    if (got > 0)
        tell_passed(observer, STREAM_IN, &(struct iovec){bytes, (size_t)got}, (size_t)got);
    else if (got != STREAM_AGAIN)
        tell_end(observer, STREAM_IN, got == STREAM_FAIL);
    return got;
}

/* As many whole pieces as fit, or a part of the first. */
static int clip(const struct iovec **iov, int count, size_t most, struct iovec *part)
{
    size_t sum = 0;
    int whole = 0;

    while (whole < count && (*iov)[whole].iov_len <= most - sum)
        sum += (*iov)[whole++].iov_len;
    if (whole)
        return whole;
    *part = (struct iovec){(*iov)->iov_base, most};
    *iov = part;
    return 1;
}

static ssize_t observer_writev(struct stream *stream, const struct iovec *iov, int count,
                               struct err *err)
{
    struct observer *observer = observer_of(stream);
    struct iovec part;
    ssize_t put;

    if (held(observer, STREAM_OUT))
        return STREAM_AGAIN;
    count = clip(&iov, count, limit_of(observer, STREAM_OUT), &part);
    put = observer->inner->ops->writev(observer->inner, iov, count, err);
    if (put > 0)
        tell_passed(observer, STREAM_OUT, iov, (size_t)put);
    return put;
}

/* A body that holds may still lose what has passed, so the end waits, too. */
static int observer_finish(struct stream *stream, struct err *err)
{
    struct observer *observer = observer_of(stream);

    if (held(observer, STREAM_OUT))
        return STREAM_AGAIN;
    tell_end(observer, STREAM_OUT, false);
    return stream_finish(observer->inner, err);
}

static int observer_check(struct stream *stream, struct err *err)
{
    return stream_check(observer_of(stream)->inner, err);
}

static void observer_watch(struct stream *stream, unsigned bits)
{
    struct observer *observer = observer_of(stream);
    unsigned waiting = held(observer, bits);

    observer->watched = bits;
    if (observer->ops->waits)
        observer->ops->waits(observer, waiting);
    stream_watch(observer->inner, bits & ~waiting);
}

void observer_release(struct observer *observer)
{
    unsigned waited = observer->watched & observer->ways;

    observer_watch(&observer->stream, observer->watched);
    observer->stream.ready(observer->stream.owner, waited);
}

/* Another stream may have caused a hold since the watching began. */
static void on_ready(void *owner, unsigned bits)
{
    struct observer *observer = owner;
    unsigned waiting = held(observer, bits);

    if (waiting)
        observer_watch(&observer->stream, observer->watched);
    if (bits & ~waiting)
        observer->stream.ready(observer->stream.owner, bits & ~waiting);
}

/* A body that needs the bytes would not see them. */
static ssize_t observer_splice(struct stream *stream, unsigned way, int pipe, size_t n,
                               struct err *err)
{
    struct observer *observer = observer_of(stream);
    ssize_t moved;

    if (observer->ways & way && !observer->ops->only_counts)
        return STREAM_UNABLE;
    moved = stream_splice(observer->inner, way, pipe, n, err);
    if (moved > 0)
        tell_passed(observer, way, NULL, (size_t)moved);
    else if (way == STREAM_IN && moved == STREAM_FAIL)
        tell_end(observer, way, true);
    return moved;
}

static const char *observer_label(const struct stream *stream)
{
    return stream_label(((const struct observer *)stream)->inner);
}

static void observer_conclude(struct stream *stream)
{
    struct observer *observer = observer_of(stream);

    if (observer->ops->concluded)
        observer->ops->concluded(observer);
    stream_conclude(observer->inner);
}

static void observer_close(struct stream *stream, enum stream_close how)
{
    struct observer *observer = observer_of(stream);
    struct stream *inner = observer->inner;

    if (how == STREAM_LINGER)
        tell_end(observer, STREAM_OUT, false);
    observer->ops->closed(observer);
    stream_close(inner, how);
}

static const struct stream_ops stream_ops = {
    .read = observer_read,
    .writev = observer_writev,
    .splice = observer_splice,
    .finish = observer_finish,
    .check = observer_check,
    .watch = observer_watch,
    .label = observer_label,
    .conclude = observer_conclude,
    .close = observer_close,
};

void *observer_new(size_t size, struct stream *inner, const struct observer_ops *ops, unsigned ways,
                   struct err *err)
{
    struct observer *observer = calloc(1, size);

    if (!observer) {
        err_memory(err);
        return NULL;
    }
    observer->stream.ops = &stream_ops;
    observer->stream.connection = inner->connection;
    observer->stream.tls = inner->tls;
    observer->inner = inner;
    observer->ops = ops;
    observer->ways = ways;
    stream_own(inner, on_ready, observer);
    return observer;
}
