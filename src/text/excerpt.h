/* SPDX-License-Identifier: GPL-3.0-or-later */
/* excerpt: the first bytes of some, in quotes and in ASCII, for a sentence about bytes: "GET
 * /\xC4". */
#pragma once

#include <stddef.h>

enum {
    EXCERPT_BYTES = 16,               /* shown, at most */
    EXCERPT = 4 * EXCERPT_BYTES + 80, /* bytes of the text, with its NUL */
};

void excerpt(const unsigned char *bytes, size_t n, char text[EXCERPT]);

/* "the end", in the person's language: nothing comes there. */
void excerpt_end(char text[EXCERPT]);
