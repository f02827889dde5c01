/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64: bytes as text of 64 letters (RFC 4648, section 4), with padding and without line ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"

/* The letters of n bytes. */
static inline size_t base64_length(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Bytes that come in pieces; a zeroed one has begun. */
struct base64 {
    uint32_t bits;    /* of the bytes that wait, */
    unsigned waiting; /* at most two of them */
};

/* Writes the letters of n more bytes and returns their end. base64_end writes those of the bytes
 * that wait; then base64_length letters of all bytes were written. */
char *base64_put(struct base64 *base64, const void *bytes, size_t n, char *text);
char *base64_end(struct base64 *base64, char *text);

/* Reads n letters in place: their bytes stand at the beginning of `text` then, and *length is their
 * number. 0, or -1, and *length is the place of the first wrong letter. Strict: whole groups, and
 * no bits behind the last byte. */
MUST_CHECK int base64_read(char *text, size_t n, size_t *length);
