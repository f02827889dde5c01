/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vector: sixteen bytes at a time, on x86-64 with SSE4.2, as almost all of them have it since 2011.
 *
 * A function that is marked VECTOR is compiled for these processors. The others have no such
 * function, or must not call it: vector_is_there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool vector_is_there(void);

/* For tests, which compare vectors with the portable code: vectors are not there from now on. */
void vector_forbid(bool forbidden);

#ifdef __x86_64__
#include <immintrin.h>

#define VECTOR __attribute__((target("sse4.2,popcnt")))

VECTOR static inline __m128i vector_load(const unsigned char bytes[16])
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

VECTOR static inline void vector_store(unsigned char bytes[16], __m128i vector)
{
    _mm_storeu_si128((__m128i *)bytes, vector);
}

/* The high bits of four vectors, the first byte's lowest. */
VECTOR static inline uint64_t vector_high_bits(__m128i a, __m128i b, __m128i c, __m128i d)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(a) |
           (uint64_t)(unsigned)_mm_movemask_epi8(b) << 16 |
           (uint64_t)(unsigned)_mm_movemask_epi8(c) << 32 |
           (uint64_t)(unsigned)_mm_movemask_epi8(d) << 48;
}
#endif
