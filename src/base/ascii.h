/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ascii: letters, digits and numbers of ASCII, whatever the locale. In a Turkish one isalpha(3) and
 * tolower(3) of "I" differ. Bytes above 7F are neither. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static inline bool ascii_is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* The value of a hexadecimal digit; -1: it is none. */
static inline int ascii_hex(char c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether the text is digits alone, one at least. */
static inline bool ascii_is_number(const char *text)
{
    return *text && !text[strspn(text, "0123456789")];
}

/* The number that the text is, of at most `digits` digits (9 at most). -1: it is none. */
static inline int ascii_number(const char *text, size_t digits)
{
    return ascii_is_number(text) && strlen(text) <= digits ? atoi(text) : -1;
}

/* Writes a number in decimal and returns the byte behind it. Without printf(3), whose first call
 * loads what a short run never needs. */
static inline char *ascii_put_number(char *at, unsigned number)
{
    char digits[3 * sizeof number];
    size_t n = 0;

    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n)
        *at++ = digits[--n];
    return at;
}
