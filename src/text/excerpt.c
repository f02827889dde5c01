/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/excerpt.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "text/literal.h"

void excerpt(const unsigned char *bytes, size_t n, char text[EXCERPT])
{
    size_t shown = n < EXCERPT_BYTES ? n : EXCERPT_BYTES;
    struct buf literal = {
        .bytes = (unsigned char *)text + 1, .capacity = EXCERPT_LITERAL, .cap = EXCERPT_LITERAL};
    char *end = text + 1;

    *text = '"';
    if (literal_write(bytes, shown, &literal) == 0)
        end += buf_length(&literal);
    strcpy(end, n > shown ? "...\"" : "\"");
}

void excerpt_end(char text[EXCERPT])
{
    snprintf(text, EXCERPT, "%s", language_text(N_("the end")));
}
