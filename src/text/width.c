/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/width.h"

#include <stdbool.h>
#include <stddef.h>
#include <utf8proc.h>

#include "text/encoder.h"

/* The charset of the one terminal; NULL: UTF-8. */
static struct charset *followed;

void width_follow(struct charset *local)
{
    followed = local && !charset_is_utf8(local) ? local : NULL;
}

static bool is_between(uint32_t scalar, uint32_t first, uint32_t last)
{
    return scalar >= first && scalar <= last;
}

/* ---- in Unicode ---- */

/* Trigrams, hexagrams, monograms, counting rods and circled numbers on black squares. They are wide
 * in EastAsianWidth.txt of Unicode 16 and in glibc, and narrow in an older utf8proc. */
static bool is_wide_elsewhere(uint32_t scalar)
{
    return is_between(scalar, 0x2630, 0x2637) || is_between(scalar, 0x268A, 0x268F) ||
           is_between(scalar, 0x3248, 0x324F) || is_between(scalar, 0x4DC0, 0x4DFF) ||
           is_between(scalar, 0x1D300, 0x1D356) || is_between(scalar, 0x1D360, 0x1D376);
}

/* utf8proc has no column for marks beside their letter and for signs that enclose the next ones. */
static bool takes_a_column(uint32_t scalar)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)scalar);

    return property->category == UTF8PROC_CATEGORY_MC ||
           (property->category == UTF8PROC_CATEGORY_CF &&
            property->boundclass == UTF8PROC_BOUNDCLASS_PREPEND);
}

static unsigned width_in_unicode(uint32_t scalar)
{
    int width = utf8proc_charwidth((utf8proc_int32_t)scalar);

    if (is_wide_elsewhere(scalar))
        return 2;
    return width > 0 ? (unsigned)width : takes_a_column(scalar);
}

/* ---- in other charsets ---- */

static bool is_half_width(uint32_t scalar)
{
    return is_between(scalar, 0xFF61, 0xFF9F);
}

static unsigned width_in(struct charset *charset, uint32_t scalar)
{
    unsigned width = width_in_unicode(scalar);

    switch (encoder_length(charset, scalar)) {
    case 0: return 1;
    case 1: return width > 1 ? 1 : width;
    case 2:
    case 3: return is_half_width(scalar) ? 1 : 2;
    default: return width; /* GB18030 has the rest of Unicode in four bytes */
    }
}

unsigned width_of(uint32_t scalar)
{
    return followed && scalar >= 0x80 ? width_in(followed, scalar) : width_in_unicode(scalar);
}
