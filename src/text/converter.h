/* SPDX-License-Identifier: GPL-3.0-or-later */
/* converter: iconv, asked for one character at a time.
 *
 * A converter is an iconv descriptor between a charset and WCHAR_T, shared by all who ask. Each
 * question starts and ends in the first state. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_CONVERTER ((iconv_t)-1)

enum { CONVERTER_NAME = 16 }; /* of a charset in a list of names */

/* A converter that reads a charset. NO_CONVERTER: errno is EINVAL where iconv does not know it. */
iconv_t converter_open_source(const char *name);

/* The same for the first of these charsets, at most `count` and up to "", that iconv knows. */
iconv_t converter_open_first_source(const char names[][CONVERTER_NAME], size_t count);

/* A converter that writes a charset. Otherwise the same. */
iconv_t converter_open_target(const char *name);

/* Closes a converter, or NO_CONVERTER, and sets it to NO_CONVERTER. */
void converter_close(iconv_t *converter);

struct converter_answer {
    enum {
        ANSWER_NONE, /* the bytes are no character, or begin with one and have more */
        ANSWER_CUT,  /* they may become one */
        ANSWER_CHAR,
    } kind;
    uint32_t scalar, second; /* second: 0, or another character behind it */
    bool was_held;           /* iconv gave the character only when asked for the rest */
};

/* The character that n bytes stand for. */
struct converter_answer converter_read(iconv_t source, const unsigned char *bytes, size_t n);

/* The characters of n bytes, each of `each` bytes, in few calls, as far as they are single
 * characters: chars[i] is 0 where they are none. False where the answer does not tell which is
 * which. */
bool converter_read_row(iconv_t source, const unsigned char *bytes, size_t n, size_t each,
                        uint32_t *chars);

enum { CONVERTER_BYTES = 8 }; /* more than a character has in any charset */

/* Writes a character and returns the number of its bytes; 0: the charset lacks it, or has only a
 * similar one. *has_shift: bytes came only behind the character, in return to the first state. */
size_t converter_write(iconv_t target, uint32_t scalar, unsigned char out[CONVERTER_BYTES],
                       bool *has_shift);

/* The library of iconv and its version: "glibc 2.36". */
const char *converter_library(void);
