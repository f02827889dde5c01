/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/colors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With 256 colours, tones with a contrast of 4:1 to black and to white. */
static const unsigned char rich[] = {161, 28, 98, 130, 27, 133, 64, 164, 131};
static const unsigned char plain[] = {35, 32, 31, 34};

enum { RICH_OWN = 30, PLAIN_OWN = 36 };

/* The map keeps a pointer to the key. */
struct holder {
    unsigned char color;
    size_t n;
    char key[];
};

void colors_init(struct colors *colors)
{
    const char *term = getenv("TERM");

    *colors = (struct colors){.is_rich = term && strstr(term, "256color")};
}

static size_t others(const struct colors *colors)
{
    return colors->is_rich ? sizeof rich : sizeof plain;
}

static unsigned char next_free(const struct colors *colors)
{
    unsigned char best = 0;

    for (size_t i = 1; i < others(colors); i++)
        if (colors->holders[i] < colors->holders[best])
            best = (unsigned char)i;
    return best;
}

unsigned char colors_of(struct colors *colors, const void *key, size_t n)
{
    struct holder *holder = map_get(&colors->persons, key, n);

    if (holder)
        return (unsigned char)(COLOR_OTHERS + holder->color);
    holder = colors->persons.count < COLORS_PERSONS ? malloc(sizeof *holder + n) : NULL;
    if (!holder)
        return COLOR_DEFAULT;
    *holder = (struct holder){.color = next_free(colors), .n = n};
    memcpy(holder->key, key, n);
    if (map_set(&colors->persons, holder->key, n, holder) < 0) {
        free(holder);
        return COLOR_DEFAULT;
    }
    colors->holders[holder->color]++;
    return (unsigned char)(COLOR_OTHERS + holder->color);
}

void colors_free(struct colors *colors, const void *key, size_t n)
{
    struct holder *holder = map_remove(&colors->persons, key, n);

    if (holder)
        colors->holders[holder->color]--;
    free(holder);
}

void colors_fini(struct colors *colors)
{
    map_free(&colors->persons);
}

void colors_sequence(const struct colors *colors, unsigned char color, char out[COLOR_SEQUENCE])
{
    const unsigned char *tones = colors->is_rich ? rich : plain;
    unsigned tone = colors->is_rich ? RICH_OWN : PLAIN_OWN;

    *out = '\0';
    if (color >= COLOR_OTHERS)
        tone = tones[color - COLOR_OTHERS];
    if (color == COLOR_DIM)
        snprintf(out, COLOR_SEQUENCE, "\033[2m");
    else if (color != COLOR_DEFAULT)
        snprintf(out, COLOR_SEQUENCE, colors->is_rich ? "\033[38;5;%um" : "\033[%um", tone);
}
