/* SPDX-License-Identifier: GPL-3.0-or-later */
/* converter: one call of iconv at a time.
 *
 * A converter is an iconv descriptor that is shared: whoever uses it resets it first. Nothing here
 * knows what the bytes mean. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define NO_CONVERTER ((iconv_t)-1)

/* iconv works in steps and does the first for thousands of characters before the second finds a
 * fault. So it is given little at first and after a fault, and twice as much while all goes well.
 */
enum { CONVERTER_FIRST_RUN = 64 };

void converter_reset(iconv_t converter);

/* Brings out what a converter still holds back and leaves it in its first state. -1 where that has
 * no room. */
int converter_flush(iconv_t converter, struct buf *out);

/* Converts until the end of the input or the first thing that does not go through; returns how much
 * input was taken and leaves in *why 0, EILSEQ, EINVAL (cut) or E2BIG (out is full). */
size_t converter_run(iconv_t converter, const unsigned char *bytes, size_t n, struct buf *out,
                     int *why);

/* Whether n bytes are the beginning of a character and no more. */
bool converter_waits(iconv_t converter, const void *bytes, size_t n);

/* Closes it and makes it NO_CONVERTER. */
void converter_close(iconv_t *converter);

/* Whose iconv this is, and which: "glibc 2.36". */
const char *converter_library(void);
