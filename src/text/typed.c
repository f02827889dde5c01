/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/typed.h"

#include <string.h>

enum { BS = 0x08, DEL = 0x7F };

static bool rubs(char byte)
{
    return byte == BS || byte == DEL;
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t typed_rub_out(char *text, size_t n)
{
    size_t first = 0, end;

    while (first < n && rubs(text[first]))
        first++;
    end = first;
    for (size_t i = first; i < n; i++) {
        if (!rubs(text[i])) {
            text[end++] = text[i];
            continue;
        }
        while (end > first && continues(text[end - 1]))
            end--;
        if (end > first)
            end--;
    }
    return end;
}

bool typed_may_begin(const unsigned char *line, size_t n, char wanted)
{
    const unsigned char *end = line + n, *found = line;

    while (found < end && (found = memchr(found, wanted, (size_t)(end - found)))) {
        if (found == line || rubs((char)found[-1]))
            return true;
        found++;
    }
    return false;
}
