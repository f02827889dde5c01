/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/visibility.h"

#include <stdbool.h>
#include <utf8proc.h>

static bool is_between(uint32_t scalar, uint32_t first, uint32_t last)
{
    return scalar >= first && scalar <= last;
}

/* Emoji and ideographs need them to choose a glyph. */
static bool is_variation_selector(uint32_t scalar)
{
    return is_between(scalar, 0xFE00, 0xFE0F) || is_between(scalar, 0xE0100, 0xE01EF);
}

static bool only_orders(uint32_t scalar)
{
    return scalar == 0x200E || scalar == 0x200F || scalar == 0x061C; /* LRM, RLM, ALM */
}

static enum visibility of_property(const utf8proc_property_t *property)
{
    switch (property->category) {
    case UTF8PROC_CATEGORY_CF: /* signs that enclose what follows, such as U+0600, are seen */
        return property->boundclass == UTF8PROC_BOUNDCLASS_PREPEND ? VISIBLE : HIDDEN;
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return HIDDEN;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return MARK;
    default: return VISIBLE;
    }
}

enum visibility visibility_of(uint32_t scalar)
{
    const utf8proc_property_t *property;

    if (is_between(scalar, 0x20, 0x7E))
        return VISIBLE;
    if (scalar < 0x20 || scalar == 0x7F)
        return CONTROL;
    if (scalar == 0x200C || scalar == 0x200D)
        return JOINER;
    if (only_orders(scalar))
        return DROPPED;
    if (is_variation_selector(scalar))
        return MARK;
    property = utf8proc_get_property((utf8proc_int32_t)scalar);
    return property->ignorable ? HIDDEN : of_property(property);
}
