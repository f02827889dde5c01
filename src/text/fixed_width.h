/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixed_width: the forms in which devices write a number as bytes: u8, u16be, u16le, u32be, u32le.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fixed_width {
    unsigned char bytes;
    bool low_first; /* the low byte first */
};

/* Finds the form whose name begins the n bytes of text. Returns the length of the name, or 0 and
 * a zeroed form: there is none. */
size_t fixed_width_find(const char *text, size_t n, struct fixed_width *form);

enum { FIXED_WIDTH_MORE = 65536 };

/* Reads what a form may have behind it: "+N" or "-N", of at most FIXED_WIDTH_MORE, or nothing,
 * which is 0. False: it is something else. */
bool fixed_width_read_more(const char *text, size_t n, int *more);
