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

/* A key that grows; text that has no room any more is left out. */
struct skeleton {
    char text[NAME_KEY];
    size_t length;
};

static void add(struct skeleton *skeleton, const void *bytes, size_t n)
{
    if (n >= sizeof skeleton->text - skeleton->length)
        return;
    memcpy(skeleton->text + skeleton->length, bytes, n);
    skeleton->length += n;
    skeleton->text[skeleton->length] = '\0';
}

static void add_scalar(struct skeleton *skeleton, uint32_t scalar)
{
    unsigned char bytes[UTF8_MAX];

    add(skeleton, bytes, utf8_put(scalar, bytes));
}

/* The skeleton of a character by the table, or NULL. */
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

static bool add_row(struct skeleton *skeleton, uint32_t scalar)
{
    const char *text = row_of(scalar);

    if (text)
        add(skeleton, text, strlen(text));
    return text != NULL;
}

/* Decomposes a letter canonically and then for compatibility. The table is asked before each step:
 * a long s looks like f, not like s. */
static void add_pieces(struct skeleton *skeleton, uint32_t scalar, int options)
{
    utf8proc_int32_t pieces[PIECES];
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)scalar, pieces, PIECES,
                                                     (utf8proc_option_t)options, NULL);

    for (utf8proc_ssize_t i = 0; i < count && i < PIECES; i++) {
        uint32_t piece = (uint32_t)pieces[i];

        if (add_row(skeleton, piece))
            continue;
        if (options & UTF8PROC_COMPAT)
            add_scalar(skeleton, piece);
        else
            add_pieces(skeleton, piece, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
    }
}

/* A Hangul syllable does not look like its single letters. */
static bool is_syllable(uint32_t scalar)
{
    return scalar >= 0xAC00 && scalar <= 0xD7A3;
}

static void add_character(struct skeleton *skeleton, uint32_t scalar)
{
    if (add_row(skeleton, scalar))
        return;
    if (scalar < 0x80 || is_syllable(scalar))
        add_scalar(skeleton, scalar);
    else
        add_pieces(skeleton, scalar, UTF8PROC_DECOMPOSE);
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

/* Composes Hangul syllables, and letters with their accents. NULL: the text has none. */
static utf8proc_uint8_t *composed(const char *text)
{
    utf8proc_uint8_t *whole = NULL;

    if (!is_ascii(text))
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &whole,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    return whole;
}

/* A reader overlooks signs and accents that do not compose with a letter. The points of Hebrew and
 * Arabic and the stroke that elongates a word are overlooked, too. */
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

static void skeleton_as_written(const char *text, char key[NAME_KEY])
{
    utf8proc_uint8_t *whole = composed(text);
    const unsigned char *bytes = whole ? whole : (const unsigned char *)text;
    size_t n = strlen((const char *)bytes);
    struct skeleton skeleton = {.length = 0};
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (next.status != UTF8_GOOD)
            add(&skeleton, next.bytes, next.length);
        else if (!is_passed_over(next.scalar))
            add_character(&skeleton, next.scalar);
    free(whole);
    name_key(skeleton.text, key);
}

void confusable_skeleton(const char *name, char key[NAME_KEY])
{
    char small[NAME_KEY];

    name_key(name, small);
    skeleton_as_written(small, key);
}

static void skeleton_in_capitals(const char *text, char key[NAME_KEY])
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = strlen(text);
    struct skeleton capital = {.length = 0};
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (next.status == UTF8_GOOD)
            add_scalar(&capital, (uint32_t)utf8proc_toupper((utf8proc_int32_t)next.scalar));
        else
            add(&capital, next.bytes, next.length);
    skeleton_as_written(capital.text, key);
}

static bool has_key(const struct skeletons *skeletons, const char *key)
{
    for (const char *each = skeletons->first; each < skeletons->end; each += strlen(each) + 1)
        if (!strcmp(each, key))
            return true;
    return false;
}

int confusable_init(struct skeletons *skeletons, const char *name)
{
    static void (*const ways[SKELETONS])(const char *text, char key[NAME_KEY]) = {
        skeleton_as_written, confusable_skeleton, skeleton_in_capitals};
    char keys[SKELETONS * NAME_KEY];
    struct skeletons own = {keys, keys};

    for (size_t i = 0; i < SKELETONS; i++) {
        ways[i](name, own.end);
        if (!has_key(&own, own.end)) /* most names look the same each time */
            own.end += strlen(own.end) + 1;
    }
    skeletons->first = malloc((size_t)(own.end - keys));
    if (!skeletons->first)
        return -1;
    skeletons->end = mempcpy(skeletons->first, keys, (size_t)(own.end - keys));
    return 0;
}

void confusable_fini(struct skeletons *skeletons)
{
    free(skeletons->first);
    *skeletons = (struct skeletons){0};
}

bool confusable_alike(const struct skeletons *one, const struct skeletons *other)
{
    for (const char *key = one->first; key < one->end; key += strlen(key) + 1)
        if (has_key(other, key))
            return true;
    return false;
}
