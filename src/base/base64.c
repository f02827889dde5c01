/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- writing ---- */

static char *put_group(uint32_t bits, char *text)
{
    for (int shift = 18; shift >= 0; shift -= 6)
        *text++ = letters[bits >> shift & 63];
    return text;
}

char *base64_put(struct base64 *base64, const void *bytes, size_t n, char *text)
{
    const unsigned char *next = bytes;

    for (size_t i = 0; i < n; i++) {
        base64->bits = base64->bits << 8 | next[i];
        if (++base64->waiting < 3)
            continue;
        text = put_group(base64->bits, text);
        *base64 = (struct base64){0};
    }
    return text;
}

char *base64_end(struct base64 *base64, char *text)
{
    unsigned missing = 3 - base64->waiting;

    if (!base64->waiting)
        return text;
    text = put_group(base64->bits << 8 * missing, text);
    memset(text - missing, '=', missing);
    *base64 = (struct base64){0};
    return text;
}

/* ---- reading ---- */

/* -1: it is none. */
static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

/* Returns how many of the four are letters of bytes; the others have to be padding. */
static size_t read_group(const char *text, uint32_t *bits)
{
    size_t i = 0;

    *bits = 0;
    for (; i < 4 && value_of(text[i]) >= 0; i++)
        *bits = *bits << 6 | (uint32_t)value_of(text[i]);
    *bits <<= 6 * (4 - i);
    return i;
}

/* The bytes of a group; 0: letter *wrong of it is wrong. */
static size_t bytes_of(const char *group, bool is_last, uint32_t *bits, size_t *wrong)
{
    size_t given = read_group(group, bits), bytes = given ? given - 1 : 0;

    *wrong = given;
    if (given == 4)
        return 3;
    if (!is_last || given < 2)
        return 0;
    for (; *wrong < 4; ++*wrong)
        if (group[*wrong] != '=')
            return 0;
    *wrong = given - 1;
    return (*bits & (0xFFFFFFu >> 8 * bytes)) ? 0 : bytes;
}

int base64_read(char *text, size_t n, size_t *length)
{
    size_t out = 0, whole = n / 4 * 4;

    for (size_t at = 0; at < whole; at += 4) {
        uint32_t bits;
        size_t wrong, bytes = bytes_of(text + at, at + 4 == n, &bits, &wrong);

        if (!bytes) {
            *length = at + wrong;
            return -1;
        }
        for (size_t i = 0; i < bytes; i++)
            text[out++] = (char)(bits >> (16 - 8 * i));
    }
    *length = n == whole ? out : n;
    return n == whole ? 0 : -1;
}
