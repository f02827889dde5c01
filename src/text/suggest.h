/* SPDX-License-Identifier: GPL-3.0-or-later */
/* suggest: the name that a mistyped word means.
 *
 * The distance of two words is the least number of mistakes between them: a byte left out, inserted
 * or replaced, or two neighbours swapped, none of them touched twice (optimal string alignment). */
#pragma once

#include <stddef.h>

enum {
    SUGGEST_LENGTH = 64, /* compared bytes of a word; further ones are ignored */
    SUGGEST_MISTAKES = 2,
};

size_t suggest_distance(const char *a, const char *b);

/* Begins as {.word = ...}, is offered names, and keeps the first of the closest ones. A name is
 * near at a distance of at most SUGGEST_MISTAKES and less than half of the longer word. */
struct suggest {
    const char *word;
    const char *name; /* NULL: no name was near */
    size_t distance;  /* of `name` */
};

/* name may be NULL. */
void suggest_offer(struct suggest *suggest, const char *name);
