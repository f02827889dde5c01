/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transcript_tee: a stream around a stream that also writes what passes down in a transcript, line
 * by line.
 *
 * Bytes are read as text of one charset; what is not valid in it is replaced in the transcript
 * only. A line is written down when it ends; one without its end when its direction ends. */
#pragma once

#include "io/stream.h"
#include "io/transcript.h"
#include "text/charset.h"

struct transcript_tee_options {
    struct transcript *transcript;
    struct charset *charset, *utf8;
    /* Both are copied. */
    const char *own; /* the name of this side; NULL: what is written is not taken down */
    const char *peer;
};

/* Takes over `inner`, which is closed with the transcript tee. NULL and *err: it is still the
 * caller's. */
struct stream *transcript_tee_new(struct stream *inner,
                                  const struct transcript_tee_options *options, struct err *err);
