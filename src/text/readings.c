/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/readings.h"

#include <string.h>

#include "text/decoder.h"
#include "text/utf8.h"

static void add(struct reading *reading, uint32_t scalar)
{
    size_t length = strlen(reading->text);

    reading->characters++;
    if (scalar >= ' ' && (scalar >= 0x80 || length) && length + UTF8_MAX < READINGS_TEXT)
        utf8_put(scalar, (unsigned char *)reading->text + length);
}

/* Returns whether a character has three bytes or four. */
static bool read_utf8(struct readings *readings, const unsigned char *bytes, size_t n)
{
    struct utf8_char next;
    bool has_long = false;

    readings->utf8.is_valid = true;
    while (utf8_take(&bytes, &n, &next)) {
        if (next.status == UTF8_GOOD)
            add(&readings->utf8, next.scalar);
        readings->utf8.is_valid &= next.status != UTF8_BAD;
        readings->is_cut |= next.status == UTF8_CUT;
        has_long |= next.status == UTF8_GOOD && next.length > 2;
    }
    return has_long;
}

static void read_other(struct readings *readings, struct charset *charset,
                       const unsigned char *bytes, size_t n)
{
    readings->other.is_valid = true;
    while (n) {
        struct table_char next = decoder_next(charset, bytes, n);

        if (next.status == TABLE_GOOD)
            add(&readings->other, next.scalar);
        readings->other.is_valid &= next.status != TABLE_BAD;
        readings->is_cut |= next.status == TABLE_CUT;
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

void readings_take(struct readings *readings, struct charset *other, const void *bytes, size_t n)
{
    bool has_long;

    *readings = (struct readings){.is_ascii = is_ascii(bytes, n)};
    if (readings->is_ascii)
        return;
    has_long = read_utf8(readings, bytes, n);
    read_other(readings, other, bytes, n);
    if (readings->utf8.is_valid && readings->other.is_valid)
        readings->right = has_long ? READINGS_UTF8 : READINGS_EITHER;
    else
        readings->right = readings->utf8.is_valid    ? READINGS_UTF8
                          : readings->other.is_valid ? READINGS_OTHER
                                                     : READINGS_NEITHER;
}
