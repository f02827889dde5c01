/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gb18030: the four bytes of GB18030: lead byte, digit, lead byte, digit.
 *
 * The sequences are counted from 81 30 81 30. Runs of them stand for the characters of U+0080 to
 * U+FFFF that have no two bytes (WHATWG). Those from 90 30 81 30 on stand for all others. */
#pragma once

#include <stdint.h>

enum { GB18030_FOUR = 4 };

/* The character of four bytes in that form; 0: they are none. */
uint32_t gb18030_scalar(const unsigned char bytes[GB18030_FOUR]);

/* Writes the four bytes of a character above U+007F. */
void gb18030_put(uint32_t scalar, unsigned char out[GB18030_FOUR]);
