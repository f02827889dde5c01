/* SPDX-License-Identifier: GPL-3.0-or-later */
/* valid: how many faults bytes have as text of a charset, character by character. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/decoder.h"

static inline size_t faults_in(struct charset *charset, const void *text, size_t n)
{
    const unsigned char *bytes = text, *end = bytes + n;
    size_t faults = 0;

    while (bytes < end) {
        struct table_char next = decoder_next(charset, bytes, (size_t)(end - bytes));

        faults += next.status != TABLE_GOOD;
        bytes += next.length;
    }
    return faults;
}

static inline bool is_valid(struct charset *charset, const void *text, size_t n)
{
    return !faults_in(charset, text, n);
}
