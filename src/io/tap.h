/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tap: an observer that writes the bytes that pass to an outfile, in some form: as they are (-o),
 * as a hex dump (-x, see io/hexdump), or as lines of a recording (--record, see io/recorder).
 *
 * A piece holds the bytes of one read or write. In a form that `marks` a piece without bytes stands
 * for the beginning, and one for the end of each way. Pieces of several taps that share an outfile
 * follow each other whole. If streams wait for the outfile (see io/outfile), the tap holds the
 * written ways until the file has taken the last piece. A failed file holds nothing up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "base/err.h"
#include "io/outfile.h"
#include "io/stream.h"

/* Bytes of a piece; no more is read or written at once. */
enum { TAP_MOST = 128 * 1024, TAP_MOST_BYTES = 256 * 1024 /* as they are */ };

struct tap_piece {
    unsigned way;            /* STREAM_IN: received, STREAM_OUT: sent, 0: the beginning */
    unsigned stream;         /* the number of the stream among those of the outfile, from 1 */
    struct timespec time;    /* the wall clock's */
    const char *label;       /* the far end's, not made safe */
    uint64_t offset;         /* the first byte's: from 0 for each stream and way */
    const struct iovec *iov; /* the bytes: the first n of these */
    size_t n;
    bool breaks; /* without bytes: the way has failed, and did not end in good order */
};

struct tap_form {
    unsigned ways; /* a set of STREAM_IN and STREAM_OUT: the bytes to write */
    /* The most room that a piece needs; not above OUTFILE_PIECE. */
    size_t (*size)(const struct tap_piece *piece);
    /* Writes the piece there and returns its length. NULL: the bytes are written as they are. */
    size_t (*format)(const struct tap_piece *piece, char *text);
    bool marks;
};

/* Received bytes as they are. */
extern const struct tap_form tap_of_bytes;

/* Takes over `inner`, which is closed with the tap. The outfile was opened, and must outlive the
 * tap. NULL and *err: `inner` is still the caller's. */
struct stream *tap_new(struct stream *inner, struct outfile *outfile, const struct tap_form *form,
                       struct err *err);
