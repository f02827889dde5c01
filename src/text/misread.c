/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/misread.h"

#include <string.h>

#include "text/decoder.h"

static void count(struct misread *misread, const struct utf8_char *next)
{
    misread->faults += next->status == UTF8_BAD;
    misread->longs += next->status == UTF8_GOOD && next->length > 2;
}

static size_t ascii_at(const unsigned char *bytes, size_t n)
{
    size_t length = 0;

    while (length < n && bytes[length] < 0x80)
        length++;
    return length;
}

/* An ASCII byte is in front of the sample, so it begins with a character in any charset. */
static void take_sample(struct misread *misread, const unsigned char *bytes, size_t n)
{
    size_t skipped = misread->sampled ? 0 : ascii_at(bytes, n);
    size_t room = MISREAD_SAMPLE - misread->sampled;
    size_t length = n - skipped < room ? n - skipped : room;

    memcpy(misread->sample + misread->sampled, bytes + skipped, length);
    misread->sampled += length;
}

/* Counts the kept bytes, to which one was added, as far as they are characters or faults. */
static void settle(struct misread *misread)
{
    while (misread->kept_length) {
        struct utf8_char next = utf8_next(misread->kept, misread->kept_length);

        if (next.status == UTF8_CUT)
            return;
        count(misread, &next);
        misread->kept_length -= (unsigned char)next.length;
        memmove(misread->kept, misread->kept + next.length, misread->kept_length);
    }
}

void misread_push(struct misread *misread, const void *text, size_t n)
{
    const unsigned char *bytes = text;
    struct utf8_char next;

    n = n < MISREAD_LOOKED - misread->looked ? n : MISREAD_LOOKED - misread->looked;
    misread->looked += n;
    take_sample(misread, bytes, n);
    for (; misread->kept_length && n; n--) {
        misread->kept[misread->kept_length++] = *bytes++;
        settle(misread);
    }
    while (n) {
        size_t ascii = ascii_at(bytes, n);

        bytes += ascii;
        n -= ascii;
        if (!utf8_take(&bytes, &n, &next))
            return;
        if (next.status == UTF8_CUT) {
            memcpy(misread->kept, next.bytes, next.length);
            misread->kept_length = (unsigned char)next.length;
            return;
        }
        count(misread, &next);
    }
}

bool misread_is_utf8(const struct misread *misread)
{
    return !misread->faults && misread->longs >= MISREAD_LEAST;
}

bool misread_is_no_utf8(const struct misread *misread)
{
    return misread->faults >= 2 && misread->faults > misread->longs;
}

bool misread_is(const struct misread *misread, struct charset *charset)
{
    const unsigned char *bytes = misread->sample, *end = bytes + misread->sampled;
    size_t found = 0;

    while (bytes < end) {
        struct table_char next = decoder_next(charset, bytes, (size_t)(end - bytes));

        if (next.status == TABLE_BAD)
            return false;
        found += next.status == TABLE_GOOD && next.length > 1;
        bytes += next.length;
    }
    return misread_is_no_utf8(misread) && found >= MISREAD_LEAST;
}
