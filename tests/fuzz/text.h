/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text: the charsets of the targets that convert, opened once. */
#pragma once

#include "fuzz.h"

#include "text/charset.h"
#include "text/decoder.h"
#include "text/encoder.h"

/* iconv holds letters back in the charsets from the second number on, and a text may come back in
 * equivalent characters. */
enum { TEXT_CHARSETS = 18, TEXT_EXACT = 12 };

static inline struct charset *text_charset(unsigned index)
{
    static const char *const names[TEXT_CHARSETS] = {
        "utf-8",        "gbk",          "gb18030", "big5",       "shift_jis",    "euc-jp",
        "euc-kr",       "uhc",          "euc-tw",  "koi8-r",     "windows-1251", "windows-1252",
        "windows-1258", "windows-1255", "tscii",   "big5-hkscs", "euc-jisx0213", "shift_jisx0213",
    };
    static struct charsets charsets;
    struct charset *charset = charset_find(&charsets, names[index % TEXT_CHARSETS], NULL);

    CLAIM(charset);
    return charset;
}

/* The bytes below '0' are the newline, the quotes, the blank and most separators. In these charsets
 * they are never the second or a later byte of a character, and so they never disappear. */
static inline void text_count_plain(const unsigned char *bytes, size_t n, size_t counts['0'])
{
    memset(counts, 0, '0' * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < '0')
            counts[bytes[i]]++;
}

static inline void text_claim_plain_kept(const unsigned char *in, size_t in_length,
                                         const unsigned char *out, size_t out_length)
{
    size_t before['0'], after['0'];

    text_count_plain(in, in_length, before);
    text_count_plain(out, out_length, after);
    CLAIM(!memcmp(before, after, sizeof before));
}
