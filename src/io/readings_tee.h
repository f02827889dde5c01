/* SPDX-License-Identifier: GPL-3.0-or-later */
/* readings_tee: an observer that tells, with --explain, how the bytes of a peer read in two
 * charsets, and which of the two is right: once, and again where the answer changes. An answer is
 * of a line without its end, or of that part of it which has come, up to its last whole character.
 * No byte changes for that. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "io/stream.h"
#include "text/charset.h"

struct readings_plan {
    struct charsets *charsets;   /* the other charset is opened from these */
    const char *(*legacy)(void); /* the name of the charset that is usual beside UTF-8 */
    struct charset *given;       /* in which the bytes are read here; NULL: they pass as they are */
    bool finds_out;              /* the charset of each peer is found out */
    /* The descriptor under the stream, and the address of this side, which is empty if unknown. */
    int (*locate)(const struct stream *stream, char *local, size_t n);
};

/* A stream around `stream`. *plan must outlive it. NULL and *err: `stream` is closed. */
struct stream *readings_tee_new(struct stream *stream, const struct readings_plan *plan,
                                struct err *err);
