/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/utf8_blocks.h"

#include "text/vector.h"

#ifdef __x86_64__

/* Faults of two bytes. Each is a bit in the rows of three tables: by the high and by the low half
 * of the first byte, and by the high half of the second one. */
enum {
    SHORT = 0x01,     /* a lead, and no trail behind it */
    STRAY = 0x02,     /* a trail behind ASCII */
    OVERLONG = 0x04,  /* C0 and C1 */
    LOW_E0 = 0x08,    /* over-long, too: E0 and a trail below A0 */
    SURROGATE = 0x10, /* ED and a trail from A0 on */
    LOW_F0 = 0x20,    /* F0 and a trail below 90, over-long; from F5 on any such trail */
    HIGH_F4 = 0x40,   /* from F4 on a trail from 90 on */
    TRAILS = 0x80,    /* two trails; no fault if a lead in front of them wants both */
    ALWAYS = SHORT | STRAY | TRAILS,   /* whatever the low half is */
    TRAIL = STRAY | OVERLONG | TRAILS, /* whichever trail it is */
};

static const unsigned char by_high[16] = {
    [0x0 ... 0x7] = STRAY,
    [0x8 ... 0xB] = TRAILS,
    [0xC] = SHORT | OVERLONG,
    [0xD] = SHORT,
    [0xE] = SHORT | LOW_E0 | SURROGATE,
    [0xF] = SHORT | LOW_F0 | HIGH_F4,
};

static const unsigned char by_low[16] = {
    [0x0] = ALWAYS | OVERLONG | LOW_E0 | LOW_F0,
    [0x1] = ALWAYS | OVERLONG,
    [0x2 ... 0x3] = ALWAYS,
    [0x4] = ALWAYS | HIGH_F4,
    [0x5 ... 0xC] = ALWAYS | LOW_F0 | HIGH_F4,
    [0xD] = ALWAYS | LOW_F0 | HIGH_F4 | SURROGATE,
    [0xE ... 0xF] = ALWAYS | LOW_F0 | HIGH_F4,
};

static const unsigned char by_second[16] = {
    [0x0 ... 0x7] = SHORT,
    [0x8] = TRAIL | LOW_E0 | LOW_F0,
    [0x9] = TRAIL | LOW_E0 | HIGH_F4,
    [0xA ... 0xB] = TRAIL | SURROGATE | HIGH_F4,
    [0xC ... 0xF] = SHORT,
};

/* The rows of sixteen halves; a half has more bits above it. */
VECTOR static inline __m128i rows(const unsigned char table[16], __m128i halves)
{
    return _mm_shuffle_epi8(vector_load(table), _mm_and_si128(halves, _mm_set1_epi8(0x0F)));
}

VECTOR static inline __m128i faults_of_two(__m128i first, __m128i second)
{
    __m128i by_first = _mm_and_si128(rows(by_high, _mm_srli_epi16(first, 4)), rows(by_low, first));

    return _mm_and_si128(by_first, rows(by_second, _mm_srli_epi16(second, 4)));
}

/* The faults that end in sixteen bytes. A byte is the second of two trails exactly if a lead of
 * three or four stands two bytes before it, or one of four three bytes before it. */
VECTOR static inline __m128i faults_of(__m128i before, __m128i bytes)
{
    __m128i two = _mm_alignr_epi8(bytes, before, 14), three = _mm_alignr_epi8(bytes, before, 13);
    __m128i wanted = _mm_or_si128(_mm_subs_epu8(two, _mm_set1_epi8(0xE0 - 0x80)),
                                  _mm_subs_epu8(three, _mm_set1_epi8(0xF0 - 0x80)));

    return _mm_xor_si128(faults_of_two(_mm_alignr_epi8(bytes, before, 15), bytes),
                         _mm_and_si128(wanted, _mm_set1_epi8((char)TRAILS)));
}

/* Without the character at the end of n bytes that is not whole, if there is one. */
static size_t whole(const unsigned char *bytes, size_t n)
{
    for (size_t length = 1; length <= 3 && length <= n; length++) {
        unsigned char byte = bytes[n - length];

        if (byte >= 0xC0)
            return length < 2u + (byte >= 0xE0) + (byte >= 0xF0) ? n - length : n;
        if (byte < 0x80)
            break;
    }
    return n;
}

enum { BLOCK = 64 };

VECTOR static size_t take_blocks(const unsigned char *bytes, size_t n)
{
    __m128i before = _mm_setzero_si128();
    size_t i = 0;

    for (; i + BLOCK <= n; i += BLOCK) {
        __m128i a = vector_load(bytes + i), b = vector_load(bytes + i + 16),
                c = vector_load(bytes + i + 32), d = vector_load(bytes + i + 48);
        __m128i faults = _mm_or_si128(_mm_or_si128(faults_of(before, a), faults_of(a, b)),
                                      _mm_or_si128(faults_of(b, c), faults_of(c, d)));

        if (!_mm_testz_si128(faults, faults))
            break;
        before = d;
    }
    return whole(bytes, i);
}

size_t utf8_blocks(const unsigned char *bytes, size_t n)
{
    return n >= BLOCK && vector_is_there() ? take_blocks(bytes, n) : 0;
}

#else
size_t utf8_blocks(const unsigned char *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    return 0;
}
#endif
