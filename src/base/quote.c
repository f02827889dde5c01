/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/quote.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/ascii.h"

/* Other bytes have a meaning in one of the shells, at least at the beginning of a word. */
static bool is_plain(char byte)
{
    return (unsigned char)byte >= 0x80 || ascii_is_letter(byte) || ascii_is_digit(byte) ||
           strchr("_@%+:,./-", byte);
}

/* Whether a shell would read the word otherwise, or as none. */
static bool is_quote_needed(const char *word)
{
    bool is_option = !strncmp(word, "--", 2);

    for (const char *next = word; *next; next++)
        if (!is_plain(*next) && !(*next == '=' && is_option))
            return true;
    return !*word;
}

void quote_write(const char *word, char *quoted, size_t size)
{
    size_t n = 0;

    if (!is_quote_needed(word)) {
        snprintf(quoted, size, "%s", word);
        return;
    }
    quoted[n++] = '\'';
    for (; *word && n + sizeof "'\\'''" <= size; word++)
        n += (size_t)snprintf(quoted + n, size - n, *word == '\'' ? "'\\''" : "%c", *word);
    snprintf(quoted + n, size - n, "'");
}
