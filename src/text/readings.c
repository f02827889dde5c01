/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/readings.h"

#include <string.h>

#include "text/decoder.h"
#include "text/utf8.h"

#define DOTS "…"

enum { FRONT = 24 /* bytes of ASCII in front of the excerpt */ };

static void add(struct reading *reading, uint32_t scalar)
{
    size_t length = strlen(reading->text);
    bool is_other = scalar >= 0x80;

    reading->characters++;
    if (!reading->has_other && !is_other && length >= FRONT) {
        strcpy(reading->text, DOTS);
        length = strlen(DOTS);
    }
    reading->has_other |= is_other;
    if (reading->is_cut)
        return;
    reading->is_cut = length + UTF8_MAX + sizeof DOTS > READINGS_TEXT;
    if (reading->is_cut) {
        strcpy(reading->text + length, DOTS);
        return;
    }
    length += utf8_put(scalar < ' ' ? ' ' : scalar, (unsigned char *)reading->text + length);
    reading->text[length] = '\0';
}

/* Returns whether a character has three bytes or four. */
static bool read_utf8(struct reading *reading, const unsigned char *bytes, size_t n)
{
    struct utf8_char next;
    bool has_long = false;

    reading->is_valid = true;
    while (utf8_take(&bytes, &n, &next)) {
        if (next.status == UTF8_GOOD)
            add(reading, next.scalar);
        reading->is_valid &= next.status != UTF8_BAD;
        reading->unfinished = next.status == UTF8_CUT ? next.length : 0;
        has_long |= next.status == UTF8_GOOD && next.length > 2;
    }
    return has_long;
}

static void read_other(struct reading *reading, struct charset *charset, const unsigned char *bytes,
                       size_t n)
{
    reading->is_valid = true;
    while (n) {
        struct table_char next = decoder_next(charset, bytes, n);

        if (next.status == TABLE_GOOD)
            add(reading, next.scalar);
        reading->is_valid &= next.status != TABLE_BAD;
        reading->unfinished = next.status == TABLE_CUT ? next.length : 0;
        bytes += next.length;
        n -= next.length;
    }
}

static bool is_ascii(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

static enum readings_right find_right(const struct reading *utf8, const struct reading *other,
                                      bool has_long)
{
    if (utf8->is_valid)
        return has_long            ? READINGS_UTF8
               : utf8->unfinished  ? READINGS_UNFINISHED
               : !other->is_valid  ? READINGS_UTF8
               : other->unfinished ? READINGS_UNFINISHED
                                   : READINGS_EITHER;
    if (other->is_valid)
        return other->has_other ? READINGS_OTHER : READINGS_UNFINISHED;
    return READINGS_NEITHER;
}

void readings_take(struct readings *readings, struct charset *other, const void *bytes, size_t n,
                   bool is_whole)
{
    struct reading *utf8 = &readings->utf8, *second = &readings->other;
    bool has_long;

    *readings = (struct readings){.is_ascii = is_ascii(bytes, n)};
    if (readings->is_ascii)
        return;
    has_long = read_utf8(utf8, bytes, n);
    read_other(second, other, bytes, n);
    if (is_whole) {
        utf8->is_valid &= !utf8->unfinished;
        second->is_valid &= !second->unfinished;
    }
    readings->right = find_right(utf8, second, has_long);
}

size_t readings_unfinished(const struct readings *readings)
{
    return readings->right == READINGS_UTF8    ? readings->utf8.unfinished
           : readings->right == READINGS_OTHER ? readings->other.unfinished
                                               : 0;
}
