/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/utf8.h"

#include <string.h>

/* A lead byte gives the length of the character and the bounds of its second byte, which exclude
 * over-long forms, surrogates and values above U+10FFFF. */
struct lead {
    unsigned length;
    unsigned char low, high;
};

static struct lead lead_of(unsigned char byte)
{
    if (byte < 0x80)
        return (struct lead){1, 0, 0};
    if (byte < 0xC2 || byte > 0xF4)
        return (struct lead){0, 0, 0};
    if (byte < 0xE0)
        return (struct lead){2, 0x80, 0xBF};
    if (byte < 0xF0)
        return (struct lead){3, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    return (struct lead){4, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
}

/* inline: utf8_span takes all text through it. */
inline struct utf8_char utf8_next(const unsigned char *bytes, size_t n)
{
    struct lead lead = lead_of(bytes[0]);
    uint32_t scalar;
    size_t i;

    if (lead.length <= 1)
        return (struct utf8_char){lead.length ? UTF8_GOOD : UTF8_BAD, bytes[0], bytes, 1};
    scalar = bytes[0] & (0x7Fu >> lead.length);
    for (i = 1; i < lead.length; i++) {
        if (i == n)
            return (struct utf8_char){UTF8_CUT, 0, bytes, i};
        if (bytes[i] < lead.low || bytes[i] > lead.high)
            return (struct utf8_char){UTF8_BAD, 0, bytes, i};
        scalar = scalar << 6 | (bytes[i] & 0x3F);
        lead.low = 0x80;
        lead.high = 0xBF;
    }
    return (struct utf8_char){UTF8_GOOD, scalar, bytes, i};
}

bool utf8_take(const unsigned char **bytes, size_t *n, struct utf8_char *next)
{
    if (!*n)
        return false;
    *next = utf8_next(*bytes, *n);
    *bytes += next->length;
    *n -= next->length;
    return true;
}

/* Eight bytes at a time, while all of them are ASCII. */
static size_t ascii_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t eight;
        memcpy(&eight, bytes + i, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

size_t utf8_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n) {
        struct utf8_char next;

        i += ascii_span(bytes + i, n - i);
        if (i == n)
            break;
        next = utf8_next(bytes + i, n - i);
        if (next.status != UTF8_GOOD)
            break;
        i += next.length;
    }
    return i;
}

bool utf8_is_prefix(const unsigned char *bytes, size_t n, size_t *cut)
{
    size_t good = utf8_span(bytes, n);

    *cut = n - good;
    return !*cut || utf8_next(bytes + good, *cut).status == UTF8_CUT;
}

size_t utf8_put(uint32_t scalar, unsigned char out[UTF8_MAX])
{
    if (scalar < 0x80) {
        out[0] = (unsigned char)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        out[0] = (unsigned char)(0xC0 | scalar >> 6);
        out[1] = (unsigned char)(0x80 | (scalar & 0x3F));
        return 2;
    }
    if (scalar < 0x10000) {
        out[0] = (unsigned char)(0xE0 | scalar >> 12);
        out[1] = (unsigned char)(0x80 | (scalar >> 6 & 0x3F));
        out[2] = (unsigned char)(0x80 | (scalar & 0x3F));
        return 3;
    }
    out[0] = (unsigned char)(0xF0 | scalar >> 18);
    out[1] = (unsigned char)(0x80 | (scalar >> 12 & 0x3F));
    out[2] = (unsigned char)(0x80 | (scalar >> 6 & 0x3F));
    out[3] = (unsigned char)(0x80 | (scalar & 0x3F));
    return 4;
}
