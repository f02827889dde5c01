/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transcript_tee: an observer that writes the text that passes to a transcript, line by line, and
 * tells each line as an EVENT_MESSAGE.
 *
 * Messages of the peer end as the transcript's framing says.
 *
 * Bytes are text of one charset; invalid bytes are replaced in the transcript only. A line is
 * written when it ends; the last one, without a line end, when its direction ends. */
#pragma once

#include <stdbool.h>

#include "io/stream.h"
#include "io/transcript.h"
#include "text/charset.h"

struct transcript_tee_options {
    struct transcript *transcript;
    struct charset *charset, *utf8;
    bool is_telnet;   /* the peer may speak telnet, whose commands are no text */
    bool is_local;    /* the inner stream is this side's, under the name `peer` */
    const char *own;  /* the name of this side; NULL: writes are left out. Copied */
    const char *peer; /* copied */
};

/* Takes over `inner`, which is closed with the transcript tee. NULL and *err: it is still the
 * caller's. */
struct stream *transcript_tee_new(struct stream *inner,
                                  const struct transcript_tee_options *options, struct err *err);
