/* SPDX-License-Identifier: GPL-3.0-or-later */
/* standard: the encodings of the WHATWG Encoding Standard, under its labels.
 *
 * A row names the charsets of iconv that fill the table of an encoding. standard_cells.csv lists
 * the cells in which these differ from the standard; scripts/standard-cells makes it from the
 * standard's indexes. A label that names ASCII or ISO 8859-1, -9 or -11 means that charset here.
 * The standard reads it as a code page of Windows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/converter.h"

/* The form of characters above 7F. */
enum standard_form {
    FORM_UTF8,
    FORM_SINGLES, /* one byte */
    FORM_PAIRS,   /* a lead byte and another one; some single bytes, too */
    FORM_GB18030, /* the same, and four bytes */
    FORM_EUC_JP,  /* the same as pairs, and three bytes that begin with 8F */
    FORM_REFUSED, /* ASCII does not stand for ASCII, or there are shift states */
};

/* First bytes of EUC-JP that are no row of JIS X 0208. */
enum { EUC_JP_KANA = 0x8E, EUC_JP_THREE = 0x8F };

enum { STANDARD_SOURCES = 2, STANDARD_ENCODINGS = 64 /* at most */ };

struct byte_range {
    unsigned char first, last; /* first 0: no byte */
};

static inline bool byte_range_has(struct byte_range range, unsigned byte)
{
    return range.first && byte >= range.first && byte <= range.last;
}

struct standard {
    char name[16]; /* as the standard spells it */
    enum standard_form form;
    /* Charsets of iconv, of which the first that iconv knows counts; "": there are no more. */
    char source[STANDARD_SOURCES][CONVERTER_NAME];
    char further[STANDARD_SOURCES][CONVERTER_NAME]; /* the same, for cells that `source` lacks */
    struct byte_range leads[2];
    struct byte_range singles;    /* of FORM_PAIRS: bytes that iconv has as characters */
    unsigned char common_lead;    /* its pairs encode first, then those of the leads behind it */
    struct byte_range last_leads; /* their pairs encode only what no other pair has */
    bool is_private;              /* private use is no lack */
    bool has_no_fours;            /* GBK writes two bytes at most */
    bool decomposes;              /* a letter that it lacks is written as a letter and marks */
};

/* Whether two names of charsets are the same: letters and digits count, in any case. */
bool standard_same(const char *a, const char *b);

/* The encoding with this label; NULL: there is none. */
const struct standard *standard_find(const char *label);

/* The encoding number i; NULL behind the last one. */
const struct standard *standard_encoding(size_t i);

/* The label number i; NULL behind the last one. */
const char *standard_label(size_t i);

/* A cell in which iconv and the standard differ, or one that is only written: its character is read
 * from other bytes. */
struct standard_cell {
    unsigned char encoding; /* the place of its row */
    uint32_t bytes;         /* the first one is the highest */
    uint32_t scalar;        /* 0: the bytes are no character */
    uint32_t second;        /* 0, or a character behind it */
};

/* The cells of an encoding that are decoded otherwise, in the order of their bytes. */
const struct standard_cell *standard_decoded(const struct standard *standard, size_t *count);

/* The cells of an encoding that are only encoded, in the order of their scalars. */
const struct standard_cell *standard_encoded(const struct standard *standard, size_t *count);

/* A run of GB18030's four bytes, counted from 81 30 81 30, for a run of characters up to U+FFFF. */
struct standard_run {
    uint16_t linear, scalar;
};
const struct standard_run *standard_runs(size_t *count);
