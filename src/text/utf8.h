/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8: UTF-8 exactly as the Unicode Standard (table 3-7) and WHATWG define it: no over-long forms,
 * no surrogates, nothing above U+10FFFF. glibc's converters let some of these through. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum utf8_status {
    UTF8_GOOD, /* a whole character */
    UTF8_BAD,  /* `length` bytes that can begin no character: one U+FFFD for them (WHATWG) */
    UTF8_CUT,  /* `length` bytes, all there are, that may still become a character */
};

struct utf8_char {
    enum utf8_status status;
    uint32_t scalar; /* where UTF8_GOOD */
    const unsigned char *bytes;
    size_t length;
};

enum { UTF8_MAX = 4 }; /* bytes a character takes at most */

/* The character that n bytes (n > 0) begin with. */
struct utf8_char utf8_next(const unsigned char *bytes, size_t n);

/* Walks over n bytes: moves both behind the next character, whether good or not, and returns it in
 * *next. False at the end. */
bool utf8_take(const unsigned char **bytes, size_t *n, struct utf8_char *next);

/* How many of n bytes, from the first, are whole characters. */
size_t utf8_span(const unsigned char *bytes, size_t n);

/* Whether n bytes are whole characters, but for one that the end cuts: its bytes, or 0, go to *cut.
 */
bool utf8_is_prefix(const unsigned char *bytes, size_t n, size_t *cut);

/* Writes the scalar value's bytes and returns how many. */
size_t utf8_put(uint32_t scalar, unsigned char out[UTF8_MAX]);
