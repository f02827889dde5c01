/* SPDX-License-Identifier: GPL-3.0-or-later */
/* colors: the colours of the names on the screen.
 *
 * The person's own colour is fixed. Everybody else takes the next one that nobody has, or that the
 * fewest have, and keeps it: a key stands for a person, whatever the name is decorated with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"

enum {
    COLOR_DEFAULT, /* no colour */
    COLOR_DIM,
    COLOR_OWN,
    COLOR_OTHERS, /* the first of the others' */
    COLOR_SEQUENCE = 16,
    COLORS_OTHERS = 9,     /* at most */
    COLORS_PERSONS = 4096, /* the others have no colour */
};

struct colors {
    bool is_rich; /* the terminal has 256 */
    unsigned holders[COLORS_OTHERS];
    struct map persons; /* by their keys */
};

/* Reads TERM. */
void colors_init(struct colors *colors);
void colors_fini(struct colors *colors);

/* The colour of the person with this key of n bytes, from COLOR_OTHERS on. COLOR_DEFAULT for too
 * many persons, and without memory. */
unsigned char colors_of(struct colors *colors, const void *key, size_t n);

/* The person has gone: the colour is free. */
void colors_free(struct colors *colors, const void *key, size_t n);

/* The sequence that begins a colour; "\033[0m" ends all but the default, whose sequence is empty.
 */
void colors_sequence(const struct colors *colors, unsigned char color, char out[COLOR_SEQUENCE]);
