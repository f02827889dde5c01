/* SPDX-License-Identifier: GPL-3.0-or-later */
/* duration: a time as people write it: 500ms, 0.5, 2s, 3m, 1h; seconds where nothing else stands.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"

/* Reads n bytes as a time of at most a hundred years, so that no timer overflows. Microseconds,
 * rounded up; the tenth decimal and further ones do not count. -1: it is no time. */
MUST_CHECK int duration_parse(const char *text, size_t n, uint64_t *us);

/* The same in whole milliseconds, rounded up. */
static inline uint64_t duration_ms(uint64_t us)
{
    return (us + 999) / 1000;
}

enum { DURATION_TEXT = 32 };

/* Writes microseconds in the largest unit that has no fraction, or in milliseconds: "1.5 ms", "20
 * ms", "2 s", "1 h", in the person's language. */
void duration_write(uint64_t us, char text[DURATION_TEXT]);
