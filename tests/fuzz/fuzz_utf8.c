/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as UTF-8, against a reference that only writes scalar values. */
#include "fuzz.h"

#include <stdbool.h>

#include "text/utf8.h"

/* Whether all n bytes are one character: its bits, written again, give the same bytes. */
static bool is_character(const uint8_t *bytes, size_t n, uint32_t *scalar)
{
    static const uint8_t lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned char again[UTF8_MAX];

    *scalar = bytes[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++)
        *scalar = *scalar << 6 | (bytes[i] & 0x3F);
    if (*scalar > 0x10FFFF || (*scalar >= 0xD800 && *scalar < 0xE000))
        return false;
    return utf8_put(*scalar, again) == n && !memcmp(again, bytes, n);
}

/* Whether n bytes are an unfinished character: tries the bytes at the edges of the ranges. */
static bool can_become_one(const uint8_t *bytes, size_t n)
{
    static const uint8_t edges[] = {0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF};
    uint8_t longer[UTF8_MAX];
    uint32_t scalar;

    if (n == UTF8_MAX)
        return false;
    memcpy(longer, bytes, n);
    for (size_t i = 0; i < sizeof edges; i++) {
        longer[n] = edges[i];
        if (is_character(longer, n + 1, &scalar) || can_become_one(longer, n + 1))
            return true;
    }
    return false;
}

static void check(struct utf8_char next, const uint8_t *bytes, size_t n)
{
    uint32_t scalar;

    CLAIM(next.length >= 1 && next.length <= n && next.length <= UTF8_MAX);
    switch (next.status) {
    case UTF8_GOOD:
        CLAIM(is_character(bytes, next.length, &scalar) && scalar == next.scalar);
        break;
    case UTF8_CUT: CLAIM(next.length == n && can_become_one(bytes, n)); break;
    case UTF8_BAD:
        for (size_t k = 1; k <= n && k <= UTF8_MAX; k++)
            CLAIM(!is_character(bytes, k, &scalar));
        CLAIM(next.length == 1 || can_become_one(bytes, next.length));
        CLAIM(next.length == n ? !can_become_one(bytes, n)
                               : !can_become_one(bytes, next.length + 1));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t good = 0;
    bool all_good = true;

    for (size_t i = 0; i < size;) {
        struct utf8_char next = utf8_next(data + i, size - i);

        check(next, data + i, size - i);
        all_good = all_good && next.status == UTF8_GOOD;
        i += next.length;
        if (all_good)
            good = i;
    }
    CLAIM(utf8_span(data, size) == good);
    return 0;
}
