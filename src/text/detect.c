/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/detect.h"

#include <stdint.h>

#include "text/detect_table.h"
#include "text/utf8.h"

enum {
    OUTSIDE = -60,  /* a pair that is not a hanzi of GB2312 */
    TOUCHING = -40, /* an ASCII letter beside a pair: words mix letters, hanzi stand apart */
    FIRST_LEAD = 0xC2,
    FIRST_TRAIL = 0xA1,
    LAST_TRAIL = 0xBF,
};

static int clip(int value, int limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

static int evidence_of_pair(unsigned char lead, unsigned char trail)
{
    if (trail < FIRST_TRAIL || trail > LAST_TRAIL)
        return OUTSIDE;
    return detect_table[lead - FIRST_LEAD][trail - FIRST_TRAIL];
}

static bool is_ascii_letter(unsigned char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/* The evidence of the bytes beside the pair at `i`. */
static int evidence_around(const unsigned char *bytes, size_t i, size_t n)
{
    int sum = 0;

    if (i && is_ascii_letter(bytes[i - 1]))
        sum += TOUCHING;
    if (i + 2 < n && is_ascii_letter(bytes[i + 2]))
        sum += TOUCHING;
    return sum;
}

/* Valid UTF-8 in characters of at most two bytes: letters, or hanzi in GBK. */
static int evidence_of_pairs(const struct charset *legacy, const unsigned char *bytes, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] < 0x80)
            continue;
        if (!charset_is_chinese(legacy))
            return -DETECT_STRONG;
        sum += evidence_of_pair(bytes[i], bytes[i + 1]) + evidence_around(bytes, i, n);
        sum = clip(sum, INT16_MAX);
        i++;
    }
    return clip(sum, DETECT_STRONG);
}

static bool has_long_character(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] >= 0xE0)
            return true;
    return false;
}

int detect_evidence(const struct charset *legacy, bool is_valid, const void *text, size_t n)
{
    const unsigned char *bytes = text;

    if (utf8_span(bytes, n) < n)
        return is_valid ? DETECT_STRONG : 0;
    if (has_long_character(bytes, n))
        return -DETECT_STRONG;
    return evidence_of_pairs(legacy, bytes, n);
}

void detect_init(struct detect *detect, enum detect_verdict first)
{
    *detect = (struct detect){.first = first};
}

static enum detect_verdict favoured(const struct detect *detect, int least)
{
    if (detect->sum >= least && detect->sum > 0)
        return DETECT_LEGACY;
    if (detect->sum <= -least && detect->sum < 0)
        return DETECT_UTF8;
    return detect->first;
}

enum detect_verdict detect_message(struct detect *detect, int evidence)
{
    detect->sum = (short)clip(detect->sum + evidence, DETECT_LIMIT);
    return favoured(detect, 0);
}

enum detect_verdict detect_reply(const struct detect *detect)
{
    return favoured(detect, DETECT_REPLY);
}

bool detect_is_known(const struct detect *detect)
{
    return detect->sum >= DETECT_STRONG || detect->sum <= -DETECT_STRONG;
}
