/* SPDX-License-Identifier: GPL-3.0-or-later */
/* safetext: text of strangers made harmless for a terminal, after decoding.
 *
 * Controls become visible and stay harmless, nothing is parsed and nothing disappears:
 *
 *     C0 and DEL                             ^X
 *     C1, bidi embeddings, overrides and     <U+XXXX>
 *       isolates, U+2028 and U+2029,
 *       invisible characters (default
 *       ignorable in Unicode's words),
 *       private use, unassigned
 *     LRM, RLM, ALM                          dropped: they only order neutral characters
 *     TAB                                    blanks up to the next multiple of 8
 *     CR LF                                  LF; a CR alone is ^M
 *     ZWJ, ZWNJ                              kept between visible characters, else <U+XXXX>
 *     a combining mark at a line's start     U+25CC in front of it
 *     the ninth combining mark on a base     <U+XXXX>
 *
 * Categories are utf8proc's, not libc's, so every machine shows the same; for widths see `width`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/must_check.h"

/* The state of a stream of text; zeroed it stands at the start of a line. */
struct safetext {
    unsigned column;     /* of the terminal, for TAB */
    unsigned char marks; /* combining marks on the base before */
    bool has_base;       /* a visible character stands before in this line */
    bool after_cr;       /* a CR whose LF may still come */
    uint32_t joiner;     /* a ZWJ or ZWNJ that waits for a visible character; 0: none */
};

/* Appends n bytes of UTF-8 (whole characters) to `out`, made safe; LF stays what it is. With `last`
 * what was held back comes out. The output is the same however the text was cut. -1 when `out` is
 * at its cap or memory is short. */
MUST_CHECK int safetext_push(struct safetext *safetext, const void *text, size_t n, bool last,
                             struct buf *out);

/* How a message is laid out in rows. */
struct safetext_layout {
    unsigned columns;   /* of a row */
    unsigned taken;     /* columns of the first row that are taken already */
    const char *margin; /* what each further row begins with, so that padding fakes no new line */
    unsigned margin_columns;
    bool by_words; /* a row ends at a blank where it can; those blanks are left out */
};

/* Appends one message (UTF-8, whole characters) to `out`, safe and broken into rows, with an LF
 * between two rows and none at the end. An LF in the message is a control like any other. */
MUST_CHECK int safetext_rows(const struct safetext_layout *layout, const void *text, size_t n,
                             struct buf *out);

/* Copies a line from elsewhere into out (size > 0), safe, on one line and NUL-terminated, cut
 * between characters where it is too long. What is no UTF-8 becomes \xHH. */
void safetext_line(char *out, size_t size, const char *line);

/* Whether a character is shown as itself: no control, nothing that is not seen or turns text round.
 */
bool safetext_is_plain(uint32_t scalar);
