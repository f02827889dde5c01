/* SPDX-License-Identifier: GPL-3.0-or-later */
/* misread: whether bytes that pass look like text of another charset than the given one.
 *
 * Nothing is changed by it; the answer is for a sentence at the end. The first MISREAD_LOOKED bytes
 * count.
 *
 *     looks like UTF-8       valid UTF-8 with MISREAD_LEAST characters of three bytes or four
 *     looks like a charset   two faults in UTF-8, more than such characters, and a sample that is
 *       of several bytes       valid in that charset, with MISREAD_LEAST characters of several
 *                              bytes
 *
 * Nothing looks like a charset of single bytes, in which most bytes are valid. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"
#include "text/utf8.h"

enum {
    MISREAD_LEAST = 3,
    MISREAD_LOOKED = 1 << 20,
    MISREAD_SAMPLE = 512, /* bytes from the first one beyond ASCII on */
};

/* A zeroed struct has seen nothing. */
struct misread {
    size_t looked, longs, faults;
    size_t sampled;
    unsigned char kept_length;
    unsigned char kept[UTF8_MAX]; /* an unfinished character */
    unsigned char sample[MISREAD_SAMPLE];
};

/* The next n bytes, cut anywhere. */
void misread_push(struct misread *misread, const void *bytes, size_t n);

bool misread_is_utf8(const struct misread *misread);

/* Whether it is worthwhile to open a charset for misread_is. */
bool misread_is_no_utf8(const struct misread *misread);
bool misread_is(const struct misread *misread, struct charset *charset);
