/* nearest: which of several names was meant by a mistyped word.
 *
 * The distance of two words is the least number of mistakes that makes one of the other: a byte
 * left out, put in, or replaced, or two neighbours swapped, none of them touched twice (optimal
 * string alignment). */
#pragma once

#include <stddef.h>

enum {
    NEAREST_LENGTH = 64, /* so many bytes of a word are compared; what follows is not looked at */
    NEAREST_MISTAKES = 2,
};

size_t nearest_distance(const char *a, const char *b);

/* Begins as {.word = ...}, is offered names, and keeps the nearest of those that are near: at most
 * NEAREST_MISTAKES away, and by less than half of the longer word. Of equals the first counts. */
struct nearest {
    const char *word;
    const char *name; /* NULL: none was near */
    size_t distance;  /* where there is a name */
};

/* NULL is no name. */
void nearest_offer(struct nearest *nearest, const char *name);
