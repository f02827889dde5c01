/* SPDX-License-Identifier: GPL-3.0-or-later */
/* excerpt: the first bytes of some, in quotes, for a sentence about bytes: a literal of ASCII, such
 * as "GET /\xC4\r\n". */
#pragma once

#include <stddef.h>

enum {
    EXCERPT_BYTES = 16,                  /* shown, at most */
    EXCERPT_LITERAL = 4 * EXCERPT_BYTES, /* their literal, at most */
    EXCERPT = EXCERPT_LITERAL + 80,      /* bytes of the text, with its NUL */
};

void excerpt(const unsigned char *bytes, size_t n, char text[EXCERPT]);

/* "the end", in the person's language: nothing comes there. */
void excerpt_end(char text[EXCERPT]);
