/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/counter.h"

#include <stdlib.h>

#include "io/observer.h"

struct counted {
    struct observer observer;
    struct counter *counter;
};

static void counted_passed(struct observer *observer, unsigned way, const struct iovec *iov,
                           size_t n)
{
    struct counter *counter = ((struct counted *)observer)->counter;

    (void)iov;
    if (way == STREAM_OUT) {
        counter->sent += n;
        return;
    }
    counter->received += n;
    if (counter->on_read)
        counter->on_read(counter->owner);
}

static void counted_closed(struct observer *observer)
{
    free(observer);
}

static const struct observer_ops counted_ops = {
    .passed = counted_passed,
    .closed = counted_closed,
    .only_counts = true,
};

struct stream *counter_new(struct stream *inner, struct counter *counter, struct err *err)
{
    struct counted *counted =
        observer_new(sizeof *counted, inner, &counted_ops, STREAM_IN | STREAM_OUT, err);

    if (!counted)
        return NULL;
    counted->counter = counter;
    return &counted->observer.stream;
}
