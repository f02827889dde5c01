/* SPDX-License-Identifier: GPL-3.0-or-later */
/* word: a word in a text that is not its own, without a NUL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct word {
    const char *at;
    size_t n;
};

static inline bool word_is(struct word word, const char *text)
{
    return strlen(text) == word.n && !memcmp(word.at, text, word.n);
}
