/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/tap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* There may be thousands. */
struct tap {
    struct stream stream;
    struct stream *inner;
    struct outfile *outfile;
    const struct tap_form *form;
    struct outfile_waiter waiter;
    uint64_t received, sent;
    unsigned watched;
};

/* ---- bytes as they are ---- */

static size_t bytes_size(const struct tap_piece *piece)
{
    return piece->n;
}

static size_t bytes_format(const struct tap_piece *piece, char *text)
{
    size_t done = 0;

    for (const struct iovec *iov = piece->iov; done < piece->n; iov++) {
        size_t left = piece->n - done, some = iov->iov_len < left ? iov->iov_len : left;

        memcpy(text + done, iov->iov_base, some);
        done += some;
    }
    return done;
}

const struct tap_form tap_of_bytes = {STREAM_IN, bytes_size, bytes_format};

/* ---- writing down ---- */

/* The directions among these that have to wait for the file. */
static unsigned held(const struct tap *tap, unsigned bits)
{
    return outfile_is_free(tap->outfile) ? 0 : bits & tap->form->ways;
}

static void write_down(struct tap *tap, unsigned way, const struct iovec *iov, size_t n)
{
    uint64_t *offset = way == STREAM_IN ? &tap->received : &tap->sent;
    struct tap_piece piece = {
        .way = way, .label = stream_label(tap->inner), .offset = *offset, .iov = iov, .n = n};
    char *text;

    *offset += n;
    if (!(tap->form->ways & way))
        return;
    text = (char *)outfile_reserve(tap->outfile, tap->form->size(&piece));
    if (!text)
        return;
    clock_gettime(CLOCK_REALTIME, &piece.time);
    outfile_put(tap->outfile, tap->form->format(&piece, text));
}

static ssize_t tap_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct tap *tap = (struct tap *)stream;
    struct iovec iov = {.iov_base = bytes};
    ssize_t got;

    if (held(tap, STREAM_IN))
        return STREAM_AGAIN;
    got = stream_read(tap->inner, bytes, n < TAP_MOST ? n : TAP_MOST, err);
    iov.iov_len = got > 0 ? (size_t)got : 0;
    if (got > 0)
        write_down(tap, STREAM_IN, &iov, (size_t)got);
    return got;
}

/* What goes into one piece: as much as fits of whole ones, or a part of the first. */
static int clip(const struct iovec **iov, int count, struct iovec *part)
{
    size_t sum = 0;
    int whole = 0;

    while (whole < count && sum + (*iov)[whole].iov_len <= TAP_MOST)
        sum += (*iov)[whole++].iov_len;
    if (whole || !count)
        return whole;
    *part = (struct iovec){(*iov)->iov_base, TAP_MOST};
    *iov = part;
    return 1;
}

static ssize_t tap_writev(struct stream *stream, const struct iovec *iov, int count,
                          struct err *err)
{
    struct tap *tap = (struct tap *)stream;
    struct iovec part;
    ssize_t put;

    if (!(tap->form->ways & STREAM_OUT))
        return tap->inner->ops->writev(tap->inner, iov, count, err);
    if (count && held(tap, STREAM_OUT))
        return STREAM_AGAIN;
    count = clip(&iov, count, &part);
    put = tap->inner->ops->writev(tap->inner, iov, count, err);
    if (put > 0)
        write_down(tap, STREAM_OUT, iov, (size_t)put);
    return put;
}

/* Waits for the file too, so that none of a conversation that came to its end is lost. */
static int tap_finish(struct stream *stream, struct err *err)
{
    struct tap *tap = (struct tap *)stream;

    return held(tap, STREAM_OUT) ? STREAM_AGAIN : stream_finish(tap->inner, err);
}

/* ---- waiting ---- */

static void on_sink_free(struct outfile_waiter *waiter);

/* For the file first, then for the inner stream. */
static void tap_watch(struct stream *stream, unsigned bits)
{
    struct tap *tap = (struct tap *)stream;
    unsigned waits = held(tap, bits);

    tap->watched = bits;
    if (waits)
        outfile_wait(tap->outfile, &tap->waiter, on_sink_free);
    else
        outfile_leave(tap->outfile, &tap->waiter);
    stream_watch(tap->inner, bits & ~waits);
}

static void on_sink_free(struct outfile_waiter *waiter)
{
    struct tap *tap = (struct tap *)((char *)waiter - offsetof(struct tap, waiter));
    unsigned waited = tap->watched & tap->form->ways;

    tap_watch(&tap->stream, tap->watched);
    tap->stream.ready(tap->stream.owner, waited);
}

/* The file may have been filled by another stream since the watching began. */
static void on_inner_ready(void *owner, unsigned bits)
{
    struct tap *tap = owner;
    unsigned waits = held(tap, bits);

    if (waits)
        tap_watch(&tap->stream, tap->watched);
    if (bits & ~waits)
        tap->stream.ready(tap->stream.owner, bits & ~waits);
}

/* ---- coming and going ---- */

static const char *tap_label(const struct stream *stream)
{
    return stream_label(((const struct tap *)stream)->inner);
}

static const struct stream *tap_inner(const struct stream *stream)
{
    return ((const struct tap *)stream)->inner;
}

static void tap_close(struct stream *stream, enum stream_close how)
{
    struct tap *tap = (struct tap *)stream;

    outfile_leave(tap->outfile, &tap->waiter);
    stream_close(tap->inner, how);
    free(tap);
}

static const struct stream_ops tap_ops = {
    .read = tap_read,
    .writev = tap_writev,
    .finish = tap_finish,
    .watch = tap_watch,
    .label = tap_label,
    .close = tap_close,
    .inner = tap_inner,
};

struct stream *tap_new(struct stream *inner, struct outfile *outfile, const struct tap_form *form,
                       struct err *err)
{
    struct tap *tap = calloc(1, sizeof *tap);

    if (!tap) {
        err_memory(err);
        return NULL;
    }
    tap->stream.ops = &tap_ops;
    tap->inner = inner;
    tap->outfile = outfile;
    tap->form = form;
    stream_own(inner, on_inner_ready, tap);
    return &tap->stream;
}
