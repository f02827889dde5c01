/* SPDX-License-Identifier: GPL-3.0-or-later */
/* readings: the same bytes read in UTF-8 and in another charset, and which of the two is right. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/charset.h"

enum { READINGS_TEXT = 64 /* bytes of an excerpt in UTF-8, with its NUL */ };

struct reading {
    bool is_valid;     /* but for an unfinished character at the end */
    size_t unfinished; /* bytes of this character */
    size_t characters; /* that are whole */
    bool has_other;    /* one of them is not ASCII */
    bool is_cut;       /* the excerpt has its last "…" */
    /* The first of them, with "…" for what is left out; in front only ASCII is. */
    char text[READINGS_TEXT];
};

enum readings_right {
    READINGS_EITHER, /* ASCII, or valid in both with little evidence */
    READINGS_UTF8,
    READINGS_OTHER,
    READINGS_NEITHER,
    READINGS_UNFINISHED, /* the rest of a character has to tell */
};

struct readings {
    struct reading utf8, other;
    bool is_ascii;
    enum readings_right right;
};

/* Reads n bytes, of which the first begins a character. Bytes that are valid in both are UTF-8 if
 * one of their characters has three bytes or four there: by chance that is rare. An unfinished
 * character gives no evidence, unless nothing follows (`is_whole`): then it is not valid. */
void readings_take(struct readings *readings, struct charset *other, const void *bytes, size_t n,
                   bool is_whole);

/* The bytes of the unfinished character in the right reading. */
size_t readings_unfinished(const struct readings *readings);
