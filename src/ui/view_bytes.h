/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view_bytes: the bytes of a message in rows of sixteen, or fewer in a narrow window. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ui/view_parts.h"

static inline bool view_bytes_is_control(uint32_t scalar)
{
    return scalar < 0x20 || scalar == 0x7F;
}

/* The pictures of controls, which no peer may imitate. */
static inline bool view_bytes_is_picture(uint32_t scalar)
{
    return scalar >= 0x2400 && scalar <= 0x243F;
}

/* The picture of a control; another character is its own. */
static inline uint32_t view_bytes_picture(uint32_t scalar)
{
    return scalar < 0x20 ? 0x2400 + scalar : scalar == 0x7F ? 0x2421 : scalar;
}

/* Appends an LF, the edge and a row for each piece of the bytes: offset, bytes and, if `is_beside`,
 * the text. A character stands where its first byte does. -1 as view_render. */
MUST_CHECK int view_bytes_put(const struct view_message *message, const struct view_style *style,
                              bool is_beside, struct buf *out);
