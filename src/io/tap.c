/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/tap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "io/observer.h"

struct tap {
    struct observer observer;
    struct outfile *outfile;
    const struct tap_form *form;
    struct outfile_waiter waiter;
    uint64_t received, sent;
    unsigned number;
    unsigned ended; /* the ways whose end is written */
};

const struct tap_form tap_of_bytes = {.ways = STREAM_IN};

/* ---- the observer ---- */

static void write_piece(struct tap *tap, struct tap_piece *piece)
{
    char *text = (char *)outfile_reserve(tap->outfile, tap->form->size(piece));

    if (!text)
        return;
    clock_gettime(CLOCK_REALTIME, &piece->time);
    outfile_put(tap->outfile, tap->form->format(piece, text));
}

static void tap_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    struct tap *tap = (struct tap *)observer;
    uint64_t *offset = way == STREAM_IN ? &tap->received : &tap->sent;
    struct tap_piece piece = {.way = way,
                              .stream = tap->number,
                              .label = stream_label(observer->inner),
                              .offset = *offset,
                              .iov = iov,
                              .n = n};

    *offset += n;
    write_piece(tap, &piece);
}

/* The beginning, or the end of a way. */
static void mark(struct tap *tap, unsigned way, bool breaks)
{
    struct tap_piece piece = {.way = way,
                              .stream = tap->number,
                              .label = stream_label(tap->observer.inner),
                              .breaks = breaks};

    if (tap->form->marks && !(tap->ended & way))
        write_piece(tap, &piece);
    tap->ended |= way;
}

static void tap_ended(struct observer *observer, unsigned way, bool breaks)
{
    mark((struct tap *)observer, way, breaks);
}

/* A read is one piece of memory. */
static void bytes_passed(struct observer *observer, unsigned way, const struct iovec *iov, size_t n)
{
    (void)way;
    outfile_append(((struct tap *)observer)->outfile, iov->iov_base, n);
}

static bool tap_holds(struct observer *observer)
{
    return !outfile_is_free(((struct tap *)observer)->outfile);
}

static void on_outfile_free(struct outfile_waiter *waiter)
{
    observer_release((struct observer *)((char *)waiter - offsetof(struct tap, waiter)));
}

static void tap_waits(struct observer *observer, bool waits)
{
    struct tap *tap = (struct tap *)observer;

    if (waits)
        outfile_wait(tap->outfile, &tap->waiter, on_outfile_free);
    else
        outfile_leave(tap->outfile, &tap->waiter);
}

static void tap_closed(struct observer *observer)
{
    tap_waits(observer, false);
    free(observer);
}

static const struct observer_ops tap_ops = {
    .passed = tap_passed,
    .ended = tap_ended,
    .holds = tap_holds,
    .waits = tap_waits,
    .closed = tap_closed,
    .most = TAP_MOST,
};

static const struct observer_ops bytes_ops = {
    .passed = bytes_passed,
    .holds = tap_holds,
    .waits = tap_waits,
    .closed = tap_closed,
    .most = TAP_MOST_BYTES,
};

struct stream *tap_new(struct stream *inner, struct outfile *outfile, const struct tap_form *form,
                       struct err *err)
{
    struct tap *tap =
        observer_new(sizeof *tap, inner, form->format ? &tap_ops : &bytes_ops, form->ways, err);

    if (!tap)
        return NULL;
    tap->outfile = outfile;
    tap->form = form;
    tap->number = ++outfile->streams;
    mark(tap, 0, false);
    return &tap->observer.stream;
}
