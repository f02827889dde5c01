/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/outbox.h"

#include <stdlib.h>

enum { FIRST_SIZE = 8, AT_ONCE = 64 /* messages in one call */ };

void outbox_init(struct outbox *outbox, struct outbox_sum *sum)
{
    *outbox = (struct outbox){.sum = sum};
}

static const struct form **place(const struct outbox *outbox, size_t index)
{
    return &outbox->ring[(outbox->first + index) & (outbox->size - 1)];
}

/* ---- the ring ---- */

static void replace_ring(struct outbox *outbox, const struct form **ring, size_t size)
{
    outbox->sum->held -= outbox->size * sizeof *ring;
    outbox->sum->held += size * sizeof *ring;
    free(outbox->ring);
    outbox->ring = ring;
    outbox->size = size;
    outbox->first = 0;
}

static int grow(struct outbox *outbox)
{
    size_t size = outbox->size ? 2 * outbox->size : FIRST_SIZE;
    const struct form **ring = malloc(size * sizeof *ring);

    if (!ring)
        return -1;
    for (size_t i = 0; i < outbox->count; i++)
        ring[i] = *place(outbox, i);
    replace_ring(outbox, ring, size);
    return 0;
}

static void drop_first(struct outbox *outbox)
{
    message_release((*place(outbox, 0))->message);
    outbox->first++;
    outbox->count--;
    outbox->written = 0;
    if (!outbox->count)
        replace_ring(outbox, NULL, 0);
}

void outbox_fini(struct outbox *outbox)
{
    while (outbox->count)
        drop_first(outbox);
    outbox->sum->queued -= outbox->bytes;
    outbox->bytes = 0;
}

int outbox_push(struct outbox *outbox, const struct form *form)
{
    if (outbox->count == outbox->size && grow(outbox) < 0)
        return -1;
    message_hold(form->message);
    *place(outbox, outbox->count++) = form;
    outbox->bytes += form->n;
    outbox->sum->queued += form->n;
    return 0;
}

/* ---- writing ---- */

static int gather(const struct outbox *outbox, struct iovec iov[AT_ONCE])
{
    size_t skipped = outbox->written;
    int count = 0;

    for (; count < AT_ONCE && (size_t)count < outbox->count; count++) {
        const struct form *form = *place(outbox, (size_t)count);

        iov[count] = (struct iovec){(void *)(form->bytes + skipped), form->n - skipped};
        skipped = 0;
    }
    return count;
}

static void forget(struct outbox *outbox, size_t n)
{
    outbox->bytes -= n;
    outbox->sum->queued -= n;
    outbox->sent += n;
    outbox->written += n;
    while (outbox->count && outbox->written >= (*place(outbox, 0))->n) {
        size_t rest = outbox->written - (*place(outbox, 0))->n;

        drop_first(outbox);
        outbox->written = rest;
    }
}

int outbox_write(struct outbox *outbox, struct stream *stream, struct err *err)
{
    while (outbox->count) {
        struct iovec iov[AT_ONCE];
        ssize_t put = stream->ops->writev(stream, iov, gather(outbox, iov), err);

        if (put < 0)
            return (int)put;
        forget(outbox, (size_t)put);
    }
    return 0;
}
