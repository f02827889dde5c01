/* SPDX-License-Identifier: GPL-3.0-or-later */
/* safetext: text of peers, made harmless for a terminal after decoding.
 *
 * A peer can spoof no other output: controls become visible. Escape sequences are not parsed, and
 * text does not disappear:
 *
 *     C0 and DEL                             ^X
 *     C1, bidi embeddings, overrides and     <U+XXXX>
 *       isolates, U+2028 and U+2029,
 *       invisible characters (default
 *       ignorable in Unicode's words),
 *       private use, unassigned
 *     three and more of one such character   its form once, with their number: ^@(x1006)
 *     LRM, RLM, ALM                          dropped: they only order neutral characters
 *     TAB                                    blanks up to the next multiple of 8
 *     CR LF                                  LF; a CR alone is ^M
 *     ZWJ, ZWNJ                              kept between visible characters, else <U+XXXX>
 *     a combining mark at a line's start     U+25CC in front of it
 *     the ninth combining mark on a base     <U+XXXX>
 *
 * Categories come from utf8proc and not from libc, so that every machine shows the same. For widths
 * see text/width. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/must_check.h"
#include "text/rows.h"

/* The state of a stream of text. A zeroed struct is at the start of a line. */
struct safetext {
    unsigned column;     /* of the terminal, for TAB */
    unsigned char marks; /* combining marks on the base before */
    bool has_base;       /* the line has a visible character */
    bool after_cr;       /* a CR is held back until its LF, or another character */
    uint32_t joiner;     /* a ZWJ or ZWNJ is held back until a visible character; 0: none */
    uint32_t formed;     /* the character whose form was the last output */
    uint32_t run;        /* how often it came, 0: none; all but the first are held back */
};

/* Appends the safe form of n bytes of UTF-8 (whole characters) to `out`; LF stays LF. The `last`
 * push also emits held-back characters. The output does not depend on the cuts of the text. -1
 * where `out` is at its cap or memory is short. */
MUST_CHECK int safetext_push(struct safetext *safetext, const void *text, size_t n, bool last,
                             struct buf *out);

/* Appends the safe form of one message (UTF-8, whole characters) to `out`, in rows with an LF
 * between them. An LF in the message is a control like any other. -1 as safetext_push. */
MUST_CHECK int safetext_rows(const struct rows_layout *layout, const void *text, size_t n,
                             struct buf *out);

/* Copies the safe form of a line to `out` (size > 0), with a NUL, and cut between characters where
 * it is too long. Bytes that are not UTF-8 become \xHH. */
void safetext_line(char *out, size_t size, const char *line);

/* Whether a character is shown as itself. */
bool safetext_is_plain(uint32_t scalar);
