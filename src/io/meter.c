#include "io/meter.h"

#include <stdlib.h>

struct metered {
    struct stream stream;
    struct stream *inner;
    struct meter *meter;
};

static ssize_t metered_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct metered *metered = (struct metered *)stream;
    struct meter *meter = metered->meter;
    ssize_t got = stream_read(metered->inner, bytes, n, err);

    if (got <= 0)
        return got;
    meter->received += (uint64_t)got;
    if (meter->hears)
        meter->hears(meter->owner);
    return got;
}

static ssize_t metered_writev(struct stream *stream, const struct iovec *iov, int count,
                              struct err *err)
{
    struct metered *metered = (struct metered *)stream;
    ssize_t put = metered->inner->ops->writev(metered->inner, iov, count, err);

    if (put > 0)
        metered->meter->sent += (uint64_t)put;
    return put;
}

static int metered_finish(struct stream *stream, struct err *err)
{
    return stream_finish(((struct metered *)stream)->inner, err);
}

static void on_ready(void *owner, unsigned bits)
{
    struct metered *metered = owner;

    metered->stream.ready(metered->stream.owner, bits);
}

static void metered_watch(struct stream *stream, unsigned bits)
{
    stream_watch(((struct metered *)stream)->inner, bits);
}

static const char *metered_label(const struct stream *stream)
{
    return stream_label(((const struct metered *)stream)->inner);
}

static const struct stream *metered_inner(const struct stream *stream)
{
    return ((const struct metered *)stream)->inner;
}

static void metered_close(struct stream *stream, enum stream_close how)
{
    struct metered *metered = (struct metered *)stream;

    stream_close(metered->inner, how);
    free(metered);
}

static const struct stream_ops metered_ops = {
    .read = metered_read,
    .writev = metered_writev,
    .finish = metered_finish,
    .watch = metered_watch,
    .label = metered_label,
    .close = metered_close,
    .inner = metered_inner,
};

struct stream *meter_new(struct stream *inner, struct meter *meter, struct err *err)
{
    struct metered *metered = calloc(1, sizeof *metered);

    if (!metered) {
        err_memory(err);
        return NULL;
    }
    metered->stream.ops = &metered_ops;
    metered->inner = inner;
    metered->meter = meter;
    stream_own(inner, on_ready, metered);
    return &metered->stream;
}
