/* SPDX-License-Identifier: GPL-3.0-or-later */
/* valid: whether bytes are text of a charset, character by character. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/decoder.h"

static inline bool is_valid(struct charset *charset, const void *text, size_t n)
{
    const unsigned char *bytes = text, *end = bytes + n;

    while (bytes < end) {
        struct table_char next = decoder_next(charset, bytes, (size_t)(end - bytes));

        if (next.status != TABLE_GOOD)
            return false;
        bytes += next.length;
    }
    return true;
}
