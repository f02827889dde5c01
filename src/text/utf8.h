/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8: UTF-8 as the Unicode Standard (table 3-7) and WHATWG define it: without over-long forms,
 * surrogates and values above U+10FFFF, of which glibc's converters let some through. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum utf8_status {
    UTF8_GOOD, /* a whole character */
    UTF8_BAD,  /* `length` bytes that cannot begin a character: one U+FFFD for them (WHATWG) */
    UTF8_CUT,  /* `length` bytes, up to the end, that may still become a character */
};

struct utf8_char {
    enum utf8_status status;
    uint32_t scalar; /* for UTF8_GOOD */
    const unsigned char *bytes;
    size_t length;
};

enum { UTF8_MAX = 4 }; /* most bytes of a character */

/* The first character of n bytes (n > 0). */
struct utf8_char utf8_next(const unsigned char *bytes, size_t n);

/* Takes the next character, of any status, off *n bytes at *bytes. False at the end. */
bool utf8_take(const unsigned char **bytes, size_t *n, struct utf8_char *next);

/* The number of characters of n bytes; each one of another status than UTF8_GOOD counts as well. */
size_t utf8_count(const unsigned char *bytes, size_t n);

/* The number of bytes in front of the first UTF8_BAD or UTF8_CUT, or n. */
size_t utf8_span(const unsigned char *bytes, size_t n);

/* Whether n bytes are whole characters and at most one cut character of *cut bytes at the end. */
bool utf8_is_prefix(const unsigned char *bytes, size_t n, size_t *cut);

/* Whether n bytes begin with the byte order mark of UTF-16, in either order. */
bool utf8_is_utf16_mark(const unsigned char *bytes, size_t n);

/* Writes the bytes of a scalar value and returns their number. */
size_t utf8_put(uint32_t scalar, unsigned char out[UTF8_MAX]);

/* Whether the low three bytes of a word have the form of a character of three bytes. The first byte
 * is the lowest. */
static inline bool utf8_is_three(uint64_t word)
{
    return (word & 0xC0C0F0) == 0x8080E0;
}

/* The bits in which the low six bytes of a word are not two characters of three bytes. */
static inline uint64_t utf8_from_threes(uint64_t word)
{
    return (word & UINT64_C(0xC0C0F0C0C0F0)) ^ UINT64_C(0x8080E08080E0);
}
