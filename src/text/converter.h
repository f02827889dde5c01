/* SPDX-License-Identifier: GPL-3.0-or-later */
/* converter: one call of iconv at a time.
 *
 * A converter is a shared iconv descriptor, and each user resets it first. This file does not know
 * the meaning of the bytes. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define NO_CONVERTER ((iconv_t)-1)

/* iconv works in steps, and finishes the first step for thousands of characters before the second
 * finds a fault. So the first run, and the run after a fault, are short; each good run doubles. */
enum { CONVERTER_FIRST_RUN = 64 };

void converter_reset(iconv_t converter);

/* Appends the characters that a converter still holds back and resets it. -1 where `out` has no
 * room. */
int converter_flush(iconv_t converter, struct buf *out);

/* Converts up to the end of the input or the first fault and returns the number of bytes taken.
 * *why is 0, EILSEQ, EINVAL (cut) or E2BIG (out is full). */
size_t converter_run(iconv_t converter, const unsigned char *bytes, size_t n, struct buf *out,
                     int *why);

/* Whether n bytes are an unfinished character. */
bool converter_waits(iconv_t converter, const void *bytes, size_t n);

/* Closes a converter, or NO_CONVERTER, and sets it to NO_CONVERTER. */
void converter_close(iconv_t *converter);

/* The library of iconv and its version: "glibc 2.36". */
const char *converter_library(void);
