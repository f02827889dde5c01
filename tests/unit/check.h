/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check: what every unit test includes: cmocka with what it wants first, and a seeded generator,
 * so that a failing run can be had again. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct dice {
    uint64_t state;
};

/* A number from 0 to sides - 1 (xorshift64*, Vigna). */
static inline uint32_t dice_roll(struct dice *dice, uint32_t sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (uint32_t)((dice->state * UINT64_C(2685821657736338717)) >> 32) % sides;
}
