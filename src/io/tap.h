/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tap: a stream around a stream that writes what passes down in an outfile, in some form: bytes as
 * they are (-o), or a hex dump (-x, see io/hexdump).
 *
 * A piece is what one call read or wrote. Pieces of several taps that share an outfile follow each
 * other whole. Where streams wait for the outfile (see io/outfile), no more passes in the
 * directions that are written down while the file has not taken what passed. A file that fails
 * holds up nobody. */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "base/err.h"
#include "io/outfile.h"
#include "io/stream.h"

enum { TAP_MOST = 128 * 1024 }; /* bytes of a piece; no more is read or written at once */

struct tap_piece {
    unsigned way;            /* STREAM_IN: received, STREAM_OUT: sent */
    struct timespec time;    /* the wall clock's */
    const char *label;       /* of the far end, not made safe */
    uint64_t offset;         /* of the first byte: from 0 for each stream and direction */
    const struct iovec *iov; /* the bytes: the first n of these */
    size_t n;
};

struct tap_form {
    unsigned ways; /* a set of STREAM_IN and STREAM_OUT: what is written down */
    /* How much room a piece needs at most; not above OUTFILE_PIECE. */
    size_t (*size)(const struct tap_piece *piece);
    /* Writes the piece there and returns its length. */
    size_t (*format)(const struct tap_piece *piece, char *text);
};

/* What is received, byte by byte. */
extern const struct tap_form tap_of_bytes;

/* Takes over `inner`, which is closed with the tap. The outfile was opened, and must outlive the
 * tap. NULL and *err: `inner` is still the caller's. */
struct stream *tap_new(struct stream *inner, struct outfile *outfile, const struct tap_form *form,
                       struct err *err);
