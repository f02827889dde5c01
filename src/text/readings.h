/* SPDX-License-Identifier: GPL-3.0-or-later */
/* readings: the same bytes read in UTF-8 and in another charset, and which of the two is right. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"

enum { READINGS_TEXT = 64 /* bytes of an excerpt in UTF-8, with its NUL */ };

struct reading {
    bool is_valid; /* but for an unfinished character at the end */
    size_t characters;
    char text[READINGS_TEXT]; /* the first of them that are not ASCII */
};

enum readings_right {
    READINGS_EITHER, /* ASCII, or valid in both with little evidence */
    READINGS_UTF8,
    READINGS_OTHER,
    READINGS_NEITHER,
};

struct readings {
    struct reading utf8, other;
    bool is_ascii;
    bool is_cut; /* the bytes end within a character, in one of the two at least */
    enum readings_right right;
};

/* Reads n bytes, of which the first begins a character. Bytes that are valid in both are UTF-8 if
 * one of their characters has three bytes or four there: by chance that is rare. */
void readings_take(struct readings *readings, struct charset *other, const void *bytes, size_t n);
