/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text: the charsets of the targets that convert, opened once. */
#pragma once

#include "fuzz.h"

#include <stdbool.h>

#include "text/charset.h"
#include "text/decoder.h"
#include "text/encoder.h"

/* Those of several bytes, then the other encodings of the standard, then tables from iconv. Inputs
 * of the corpora choose by number: a new name comes last. */
static const char *const text_names[] = {
    "utf-8",          "gbk",          "gb18030",      "big5",
    "shift_jis",      "euc-jp",       "euc-kr",       "uhc",
    "euc-tw",         "koi8-r",       "windows-1251", "windows-1252",
    "windows-1258",   "windows-1255", "johab",        "cp950",
    "cp932",          "euc-jp-ms",    "iso_6937",     "gb13000",
    "ujis",           "osf0004000a",  "us-ascii",     "iso-8859-1",
    "iso-8859-9",     "iso-8859-11",  "ibm866",       "iso-8859-2",
    "iso-8859-3",     "iso-8859-4",   "iso-8859-5",   "iso-8859-6",
    "iso-8859-7",     "iso-8859-8",   "iso-8859-8-i", "iso-8859-10",
    "iso-8859-13",    "iso-8859-14",  "iso-8859-15",  "iso-8859-16",
    "koi8-u",         "macintosh",    "windows-874",  "windows-1250",
    "windows-1253",   "windows-1254", "windows-1256", "windows-1257",
    "x-mac-cyrillic", "cp1046",       "cp437",        "cp850",
    "cp851",          "cp852",        "cp855",        "cp857",
    "cp858",          "cp860",        "cp861",        "cp862",
    "cp863",          "cp865",        "866nav",       "cp869",
    "cp874",          "cp912",        "cp915",        "cp1089",
    "cp813",          "cp916",        "cp920",        "cp904",
    "cp367",          "armscii-8",    "cp921",        "cp868",
    "cp-hu",          "cp10007",      "cp1004",       "cp1008",
    "cp1124",         "cp1125",       "cp1129",       "cp1133",
    "cp1162",         "cp1163",       "cp1167",       "cp1282",
    "cp4909",         "cp5347",       "cp737",        "cp770",
    "cp771",          "cp772",        "cp773",        "cp774",
    "cp775",          "cp901",        "cp902",        "cp922",
    "cp9448",         "dec",          "hp-roman8",    "iso-ir-155",
    "ecma-cyrillic",  "iec_p27-1",    "gost_19768",   "georgian-academy",
    "georgian-ps",    "hp-greek8",    "hp-roman9",    "hp-thai8",
    "hp-turkish8",    "isiri-3342",   "iso-8859-9e",  "iso-celtic",
    "iso-ir-166",     "iso-ir-197",   "iso-ir-203",   "iso-ir-209",
    "iso-ir-226",     "koi8-t",       "mac-cyrillic", "mac-is",
    "mac-sami",       "mik",          "ms-ansi",      "ms-cyrl",
    "ms-ee",          "ms-greek",     "ms-turk",      "pt154",
    "rk1048",         "win-sami-2",   "winbaltrim",   "iso646-kr",
    "iso646-jp",
};

enum { TEXT_CHARSETS = sizeof text_names / sizeof *text_names };

/* UTF-8 where this iconv does not know the name. */
static inline struct charset *text_charset(unsigned index)
{
    static struct charsets charsets;
    static struct charset *opened[TEXT_CHARSETS];
    const char *name = text_names[index % TEXT_CHARSETS];
    struct charset **charset = opened + index % TEXT_CHARSETS;

    if (!*charset)
        *charset = charset_find(&charsets, name, NULL);
    if (!*charset && !standard_find(name))
        *charset = charset_find(&charsets, "utf-8", NULL);
    CLAIM(*charset);
    return *charset;
}

/* Whether the bytes below '0' (the newline, the quotes, the blank and most separators) are never
 * the second or a later byte of a character, and stand for themselves alone. ISO 6937 writes an
 * acute accent as C2 and a blank; the others read separators above 7F, or write Arabic ones as
 * ASCII. */
static inline bool text_keeps_plain(const struct charset *charset)
{
    static const char *const others[] = {"ISO_6937", "ARMSCII-8", "ISIRI-3342",
                                         "CP1046",   "CP1008",    "CP9448"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(charset_name(charset), others[i]))
            return false;
    return true;
}

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
