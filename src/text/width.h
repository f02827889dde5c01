/* SPDX-License-Identifier: GPL-3.0-or-later */
/* width: how many columns of a terminal a character takes: 0, 1 or 2. The one answer for all that
 * is laid out, readline's line too (see ui/wcwidth).
 *
 * Terminals do not agree on all characters: then the most that one takes in any of them, so that no
 * row is wider than it is thought to be. The widths are utf8proc's, with what it has no column for.
 *
 * A terminal that speaks an East Asian charset draws in two columns what takes it two bytes, or
 * three: also “ ” … — · é Ж α ① (East_Asian_Width A, ambiguous, in Unicode Standard Annex 11). The
 * half-width katakana are the exception. What no charset but Unicode has arrives there as '?'. */
#pragma once

#include <stdint.h>

#include "text/charset.h"

unsigned width_of(uint32_t scalar);

/* What the terminal speaks, for as long as it is in use; NULL, as at the beginning: UTF-8. */
void width_follow(struct charset *local);
