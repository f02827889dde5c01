/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows: where text that is longer than a row of the terminal is broken.
 *
 * A row ends in front of a character that would pass the last column, together with its marks; or,
 * by words, in front of the word. Letters of Han, Kana and Hangul are not parted by blanks: a row
 * may end behind each, but not in front of closing punctuation or behind opening punctuation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/must_check.h"

/* The rows of a message. */
struct rows_layout {
    unsigned columns;   /* of a row; UINT_MAX: no row ends, and the rest does not count */
    unsigned taken;     /* columns of the first row that are in use */
    const char *margin; /* begins each further row, so that padding cannot fake a new line */
    unsigned margin_columns;
    bool by_words; /* rows end at blanks, which are left out, or between letters of Han and Kana */
};

/* Appends n bytes of safe UTF-8 to `out`, with an LF and the margin where a row ends. -1 where
 * `out` is at its cap or memory is short. */
MUST_CHECK int rows_put(const struct rows_layout *layout, const unsigned char *text, size_t n,
                        struct buf *out);
