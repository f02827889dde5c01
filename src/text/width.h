/* SPDX-License-Identifier: GPL-3.0-or-later */
/* width: the columns that a character takes in a terminal: 0, 1 or 2. All layout uses it,
 * readline's too (see ui/wcwidth).
 *
 * The width is the largest on which terminals disagree, so that no row is wider than expected.
 * The widths are utf8proc's, corrected for characters that utf8proc gives no column.
 *
 * A terminal in an East Asian charset draws a character of two or three bytes in two columns. Among
 * these are “ ” … — · é Ж α ① (East_Asian_Width A, ambiguous, in Unicode Standard Annex 11).
 * Half-width katakana are the exception. Characters that the charset lacks arrive there as '?'. */
#pragma once

#include <stdint.h>

#include "text/charset.h"

unsigned width_of(uint32_t scalar);

/* Sets the charset of the terminal, which must outlive its use; NULL, as at the start: UTF-8. */
void width_follow(struct charset *local);
