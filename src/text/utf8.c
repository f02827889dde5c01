/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/utf8.h"

#include <endian.h>
#include <string.h>

#include "text/utf8_blocks.h"

/* A lead byte gives the length of the character and the bounds of its second byte. These exclude
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

size_t utf8_count(const unsigned char *bytes, size_t n)
{
    struct utf8_char next;
    size_t count = 0;

    while (utf8_take(&bytes, &n, &next))
        count++;
    return count;
}

/* ---- whole text ---- */

/* The states between the bytes of a character, each as the place of its field of six bits in a
 * step. A step holds the next state for each state, so that a byte costs one shift. */
enum {
    REJECT = 0,
    BETWEEN = 6, /* characters */
    ONE_LEFT = 12,
    TWO_LEFT = 18,
    THREE_LEFT = 24,
    BEHIND_E0 = 30, /* these four have bounds of their own for the second byte */
    BEHIND_ED = 36,
    BEHIND_F0 = 42,
    BEHIND_F4 = 48,
    STATE = 63,
};

#define GOES(from, to) ((uint64_t)(to) << (from))
#define TRAILS (GOES(ONE_LEFT, BETWEEN) | GOES(TWO_LEFT, ONE_LEFT) | GOES(THREE_LEFT, TWO_LEFT))

static const uint64_t steps[0x100] = {
    [0x00 ... 0x7F] = GOES(BETWEEN, BETWEEN),
    [0x80 ... 0x8F] = TRAILS | GOES(BEHIND_ED, ONE_LEFT) | GOES(BEHIND_F4, TWO_LEFT),
    [0x90 ... 0x9F] = TRAILS | GOES(BEHIND_ED, ONE_LEFT) | GOES(BEHIND_F0, TWO_LEFT),
    [0xA0 ... 0xBF] = TRAILS | GOES(BEHIND_E0, ONE_LEFT) | GOES(BEHIND_F0, TWO_LEFT),
    [0xC2 ... 0xDF] = GOES(BETWEEN, ONE_LEFT),
    [0xE0] = GOES(BETWEEN, BEHIND_E0),
    [0xE1 ... 0xEC] = GOES(BETWEEN, TWO_LEFT),
    [0xED] = GOES(BETWEEN, BEHIND_ED),
    [0xEE ... 0xEF] = GOES(BETWEEN, TWO_LEFT),
    [0xF0] = GOES(BETWEEN, BEHIND_F0),
    [0xF1 ... 0xF3] = GOES(BETWEEN, THREE_LEFT),
    [0xF4] = GOES(BETWEEN, BEHIND_F4),
};

/* Whether three bytes that have the form of a character are over-long or a surrogate: E0 in front
 * of 80 to 9F, ED in front of A0 to BF. */
static bool is_odd(uint64_t word)
{
    uint64_t two = word & 0x20FF;

    return (two == 0xE0) | (two == 0x20ED);
}

/* Blocks of ASCII from the front of n bytes. */
static size_t ascii_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    for (; i + 32 <= n; i += 32) {
        uint64_t words[4];

        memcpy(words, bytes + i, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

/* Groups of four characters of three bytes from the front of n bytes. */
static size_t threes_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    for (; i + 14 <= n; i += 12) {
        uint64_t low, high;

        memcpy(&low, bytes + i, sizeof low);
        memcpy(&high, bytes + i + 6, sizeof high);
        low = le64toh(low);
        high = le64toh(high);
        if (utf8_from_threes(low) | utf8_from_threes(high) || is_odd(low) || is_odd(low >> 24) ||
            is_odd(high) || is_odd(high >> 24))
            break;
    }
    return i;
}

/* The bytes in front of the first fault, or of what may become one at the end of n. At least BLOCK
 * bytes, and then the rest of a character, take the steps at a time. */
static size_t block_span(const unsigned char *bytes, size_t n)
{
    enum { BLOCK = 64 };
    size_t i = 0;

    for (;;) {
        uint64_t state = BETWEEN;
        size_t k = 0;

        i += ascii_span(bytes + i, n - i);
        i += utf8_blocks(bytes + i, n - i);
        i += threes_span(bytes + i, n - i);
        if (i + BLOCK + UTF8_MAX > n)
            return i;
        while (k < BLOCK)
            state = steps[bytes[i + k++]] >> (state & STATE);
        while ((state & STATE) > BETWEEN)
            state = steps[bytes[i + k++]] >> (state & STATE);
        if ((state & STATE) == REJECT)
            return i;
        i += k;
    }
}

size_t utf8_span(const unsigned char *bytes, size_t n)
{
    size_t i = block_span(bytes, n);

    while (i < n) {
        struct utf8_char next = utf8_next(bytes + i, n - i);

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

bool utf8_is_utf16_mark(const unsigned char *bytes, size_t n)
{
    return n >= 2 &&
           ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF));
}
