/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decoder: one direction from a charset to UTF-8, however the bytes are cut.
 *
 * A decoder owns nothing but the bytes of a character that was cut. Faults are counted and measured
 * as WHATWG's Encoding Standard does; an ASCII byte is never part of one, so that no newline and no
 * quote disappears. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "text/charset.h"

enum { DECODER_KEPT = 8 }; /* more than any admitted charset's longest character */

struct decoder {
    struct charset *charset;
    unsigned char kept[DECODER_KEPT]; /* an unfinished character */
    unsigned char kept_length;
    unsigned char bad[DECODER_KEPT]; /* after TEXT_BAD: the bytes at fault */
    unsigned char bad_length;
};

void decoder_init(struct decoder *decoder, struct charset *charset);

/* Appends bytes to `out` as UTF-8, whole characters only. An unfinished character at the end is
 * kept for the next push, or is bad text where this is the `last` one. *used counts the bytes
 * taken, those kept included.
 * TEXT_BAD: what precedes decoder->bad is in `out`, *used stands behind it; push the rest again.
 * TEXT_FULL: what fits whole is in `out` and counted in *used. */
enum text_status decoder_push(struct decoder *decoder, const void *bytes, size_t n, bool last,
                              struct buf *out, size_t *used);

/* How many bytes at the end of n are the beginning of a character that is not complete. */
size_t decoder_unfinished(struct charset *charset, const void *bytes, size_t n);
