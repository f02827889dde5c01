/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/counter.h"

#include <stdlib.h>

struct counted {
    struct stream stream;
    struct stream *inner;
    struct counter *counter;
};

static ssize_t counted_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct counted *counted = (struct counted *)stream;
    struct counter *counter = counted->counter;
    ssize_t got = stream_read(counted->inner, bytes, n, err);

    if (got <= 0)
        return got;
    counter->received += (uint64_t)got;
    if (counter->on_read)
        counter->on_read(counter->owner);
    return got;
}

static ssize_t counted_writev(struct stream *stream, const struct iovec *iov, int count,
                              struct err *err)
{
    struct counted *counted = (struct counted *)stream;
    ssize_t put = counted->inner->ops->writev(counted->inner, iov, count, err);

    if (put > 0)
        counted->counter->sent += (uint64_t)put;
    return put;
}

static int counted_finish(struct stream *stream, struct err *err)
{
    return stream_finish(((struct counted *)stream)->inner, err);
}

static void on_ready(void *owner, unsigned bits)
{
    struct counted *counted = owner;

    counted->stream.ready(counted->stream.owner, bits);
}

static void counted_watch(struct stream *stream, unsigned bits)
{
    stream_watch(((struct counted *)stream)->inner, bits);
}

static const char *counted_label(const struct stream *stream)
{
    return stream_label(((const struct counted *)stream)->inner);
}

static const struct stream *counted_inner(const struct stream *stream)
{
    return ((const struct counted *)stream)->inner;
}

static void counted_close(struct stream *stream, enum stream_close how)
{
    struct counted *counted = (struct counted *)stream;

    stream_close(counted->inner, how);
    free(counted);
}

static const struct stream_ops counted_ops = {
    .read = counted_read,
    .writev = counted_writev,
    .finish = counted_finish,
    .watch = counted_watch,
    .label = counted_label,
    .close = counted_close,
    .inner = counted_inner,
};

struct stream *counter_new(struct stream *inner, struct counter *counter, struct err *err)
{
    struct counted *counted = calloc(1, sizeof *counted);

    if (!counted) {
        err_memory(err);
        return NULL;
    }
    counted->stream.ops = &counted_ops;
    counted->inner = inner;
    counted->counter = counter;
    stream_own(inner, on_ready, counted);
    return &counted->stream;
}
