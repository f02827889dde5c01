/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/confusable.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text/confusable_table.h"
#include "text/script.h"
#include "text/utf8.h"

enum { ROWS = sizeof confusable_table / sizeof *confusable_table, PIECES = 32 };

/* A key that grows; what has no room any more is left out. */
struct sketch {
    char text[NAME_KEY];
    size_t length;
};

static void draw(struct sketch *sketch, const void *bytes, size_t n)
{
    if (n >= sizeof sketch->text - sketch->length)
        return;
    memcpy(sketch->text + sketch->length, bytes, n);
    sketch->length += n;
    sketch->text[sketch->length] = '\0';
}

static void draw_scalar(struct sketch *sketch, uint32_t scalar)
{
    unsigned char bytes[UTF8_MAX];

    draw(sketch, bytes, utf8_put(scalar, bytes));
}

/* What a character looks like by the table; NULL: like itself. */
static const char *row_of(uint32_t scalar)
{
    size_t first = 0, end = ROWS;

    while (first < end) {
        size_t middle = (first + end) / 2;

        if (confusable_table[middle].scalar == scalar)
            return confusable_table[middle].text;
        if (confusable_table[middle].scalar < scalar)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

static bool draw_row(struct sketch *sketch, uint32_t scalar)
{
    const char *text = row_of(scalar);

    if (text)
        draw(sketch, text, strlen(text));
    return text != NULL;
}

/* A letter with marks as the letter and the marks, a variant for compatibility as what it is a
 * variant of; but first by itself, for a long s looks like f. */
static void draw_pieces(struct sketch *sketch, uint32_t scalar, int options)
{
    utf8proc_int32_t pieces[PIECES];
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)scalar, pieces, PIECES,
                                                     (utf8proc_option_t)options, NULL);

    for (utf8proc_ssize_t i = 0; i < count && i < PIECES; i++) {
        uint32_t piece = (uint32_t)pieces[i];

        if (draw_row(sketch, piece))
            continue;
        if (options & UTF8PROC_COMPAT)
            draw_scalar(sketch, piece);
        else
            draw_pieces(sketch, piece, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
    }
}

/* A syllable of Hangul looks like nothing else, whatever its letters alone look like. */
static bool is_syllable(uint32_t scalar)
{
    return scalar >= 0xAC00 && scalar <= 0xD7A3;
}

static void draw_character(struct sketch *sketch, uint32_t scalar)
{
    if (draw_row(sketch, scalar))
        return;
    if (scalar < 0x80 || is_syllable(scalar))
        draw_scalar(sketch, scalar);
    else
        draw_pieces(sketch, scalar, UTF8PROC_DECOMPOSE);
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

/* Letters of Hangul that make a syllable are one, and so are a letter and its accent. NULL: as it
 * is. */
static utf8proc_uint8_t *composed(const char *text)
{
    utf8proc_uint8_t *whole = NULL;

    if (!is_ascii(text))
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &whole,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    return whole;
}

/* A reader passes over signs; accents that make no letter with what is in front of them; the
 * points of Hebrew and Arabic, which few write; the stroke that draws an Arabic word out. */
static bool is_passed_over(uint32_t scalar)
{
    static const struct {
        uint32_t first, last;
    } points[] = {{0x0591, 0x05BD}, {0x05BF, 0x05C7}, {0x0610, 0x061A}, {0x0640, 0x0640},
                  {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06ED}};

    if (name_is_sign(scalar) || script_is_common_mark(scalar))
        return true;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        if (scalar >= points[i].first && scalar <= points[i].last)
            return true;
    return false;
}

static void look_written(const char *text, char key[NAME_KEY])
{
    utf8proc_uint8_t *whole = composed(text);
    const unsigned char *bytes = whole ? whole : (const unsigned char *)text;
    size_t n = strlen((const char *)bytes);
    struct sketch sketch = {.length = 0};

    while (n) {
        struct utf8_char next = utf8_next(bytes, n);

        if (next.status != UTF8_GOOD)
            draw(&sketch, bytes, next.length);
        else if (!is_passed_over(next.scalar))
            draw_character(&sketch, next.scalar);
        bytes += next.length;
        n -= next.length;
    }
    free(whole);
    name_key(sketch.text, key);
}

static void look_small(const char *text, char key[NAME_KEY])
{
    char small[NAME_KEY];

    name_key(text, small);
    look_written(small, key);
}

static void look_capital(const char *text, char key[NAME_KEY])
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct sketch capital = {.length = 0};

    for (size_t n = strlen(text); n;) {
        struct utf8_char next = utf8_next(bytes, n);

        if (next.status == UTF8_GOOD)
            draw_scalar(&capital, (uint32_t)utf8proc_toupper((utf8proc_int32_t)next.scalar));
        else
            draw(&capital, bytes, next.length);
        bytes += next.length;
        n -= next.length;
    }
    look_written(capital.text, key);
}

/* Most names look the same in capitals, too. */
static bool is_known(const struct skeletons *skeletons, const char *key)
{
    for (size_t i = 0; i < SKELETONS; i++)
        if (skeletons->keys[i] && !strcmp(skeletons->keys[i], key))
            return true;
    return false;
}

int confusable_init(struct skeletons *skeletons, const char *name)
{
    static void (*const look[])(const char *text,
                                char key[NAME_KEY]) = {[CONFUSABLE_WRITTEN] = look_written,
                                                       [CONFUSABLE_SMALL] = look_small,
                                                       [CONFUSABLE_CAPITAL] = look_capital};
    char key[NAME_KEY];

    *skeletons = (struct skeletons){0};
    for (size_t i = 0; i < SKELETONS; i++) {
        look[i](name, key);
        if (is_known(skeletons, key))
            continue;
        skeletons->keys[i] = strdup(key);
        if (!skeletons->keys[i]) {
            confusable_fini(skeletons);
            return -1;
        }
    }
    return 0;
}

void confusable_fini(struct skeletons *skeletons)
{
    for (size_t i = 0; i < SKELETONS; i++)
        free(skeletons->keys[i]);
    *skeletons = (struct skeletons){0};
}

bool confusable_alike(const struct skeletons *one, const struct skeletons *other)
{
    for (size_t i = 0; i < SKELETONS; i++)
        if (one->keys[i] && is_known(other, one->keys[i]))
            return true;
    return false;
}
