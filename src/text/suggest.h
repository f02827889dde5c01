/* SPDX-License-Identifier: GPL-3.0-or-later */
/* suggest: which of several names was meant by a mistyped word.
 *
 * The distance of two words is the least number of mistakes that makes one of the other: a byte
 * left out, put in, or replaced, or two neighbours swapped, none of them touched twice (optimal
 * string alignment). */
#pragma once

#include <stddef.h>

enum {
    SUGGEST_LENGTH = 64, /* so many bytes of a word are compared; what follows is not looked at */
    SUGGEST_MISTAKES = 2,
};

size_t suggest_distance(const char *a, const char *b);

/* Begins as {.word = ...}, is offered names, and keeps the nearest of those that are near: at most
 * SUGGEST_MISTAKES away, and by less than half of the longer word. Of equals the first counts. */
struct suggest {
    const char *word;
    const char *name; /* NULL: none was near */
    size_t distance;  /* where there is a name */
};

/* NULL is no name. */
void suggest_offer(struct suggest *suggest, const char *name);
