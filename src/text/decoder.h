/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decoder: one direction from a charset to UTF-8, however the bytes are cut.
 *
 * A decoder holds only the bytes of a character that was cut. Faults have the lengths of WHATWG's
 * Encoding Standard. An ASCII byte is never part of a fault, so that a newline or a quote never
 * disappears. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "text/charset.h"

enum { DECODER_KEPT = 8 }; /* more than the longest character of any charset */

struct decoder {
    struct charset *charset;
    unsigned char kept[DECODER_KEPT]; /* an unfinished character */
    unsigned char kept_length;
    unsigned char bad[DECODER_KEPT]; /* after TEXT_BAD: the bytes at fault */
    unsigned char bad_length;
};

void decoder_init(struct decoder *decoder, struct charset *charset);

/* Appends bytes to `out` as UTF-8, in whole characters. An unfinished character at the end is kept
 * for the next push; in the `last` push it is bad text. *used counts the bytes taken, kept ones
 * included.
 * TEXT_BAD: the text in front of decoder->bad is in `out`, and *used counts the bytes up to the end
 * of decoder->bad; the caller pushes the rest again.
 * TEXT_FULL: the whole characters that fit are in `out` and counted in *used. */
enum text_status decoder_push(struct decoder *decoder, const void *bytes, size_t n, bool last,
                              struct buf *out, size_t *used);

/* The number of bytes at the end of n that are an unfinished character. */
size_t decoder_unfinished(struct charset *charset, const void *bytes, size_t n);
