/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/standard.h"

#include "base/ascii.h"

/* The generated tables name encodings by these, and hold no pointer: a pointer costs each start of
 * the program a relocation. */
enum {
    IS_UTF_8,
    IS_US_ASCII,
    IS_ISO_8859_1,
    IS_ISO_8859_9,
    IS_ISO_8859_11,
    IS_IBM866,
    IS_ISO_8859_2,
    IS_ISO_8859_3,
    IS_ISO_8859_4,
    IS_ISO_8859_5,
    IS_ISO_8859_6,
    IS_ISO_8859_7,
    IS_ISO_8859_8,
    IS_ISO_8859_8_I,
    IS_ISO_8859_10,
    IS_ISO_8859_13,
    IS_ISO_8859_14,
    IS_ISO_8859_15,
    IS_ISO_8859_16,
    IS_KOI8_R,
    IS_KOI8_U,
    IS_MACINTOSH,
    IS_WINDOWS_874,
    IS_WINDOWS_1250,
    IS_WINDOWS_1251,
    IS_WINDOWS_1252,
    IS_WINDOWS_1253,
    IS_WINDOWS_1254,
    IS_WINDOWS_1255,
    IS_WINDOWS_1256,
    IS_WINDOWS_1257,
    IS_WINDOWS_1258,
    IS_X_MAC_CYRILLIC,
    IS_GBK,
    IS_GB18030,
    IS_BIG5,
    IS_EUC_JP,
    IS_SHIFT_JIS,
    IS_EUC_KR,
    IS_ISO_2022_JP,
    IS_HZ_GB_2312,
    IS_REPLACEMENT,
    IS_UTF_16BE,
    IS_UTF_16LE,
    IS_X_USER_DEFINED,
};

#include "text/standard_cells.h"
#include "text/standard_labels.h"

/* Sources: glibc's name of a charset first, then GNU libiconv's where that has another one. glibc's
 * EUC-JP lacks the rows of NEC and IBM, so pairs come from CP932, which has the same grid. */
static const struct standard encodings[] = {
    [IS_UTF_8] = {.name = "UTF-8", .form = FORM_UTF8},
    [IS_US_ASCII] = {.name = "US-ASCII", .form = FORM_SINGLES, .source = {"US-ASCII"}},
    [IS_ISO_8859_1] = {.name = "ISO-8859-1", .form = FORM_SINGLES, .source = {"ISO-8859-1"}},
    [IS_ISO_8859_9] = {.name = "ISO-8859-9", .form = FORM_SINGLES, .source = {"ISO-8859-9"}},
    [IS_ISO_8859_11] = {.name = "ISO-8859-11",
                        .form = FORM_SINGLES,
                        .source = {"ISO-8859-11", "TIS-620"}},
    [IS_IBM866] = {.name = "IBM866", .form = FORM_SINGLES, .source = {"IBM866"}},
    [IS_ISO_8859_2] = {.name = "ISO-8859-2", .form = FORM_SINGLES, .source = {"ISO-8859-2"}},
    [IS_ISO_8859_3] = {.name = "ISO-8859-3", .form = FORM_SINGLES, .source = {"ISO-8859-3"}},
    [IS_ISO_8859_4] = {.name = "ISO-8859-4", .form = FORM_SINGLES, .source = {"ISO-8859-4"}},
    [IS_ISO_8859_5] = {.name = "ISO-8859-5", .form = FORM_SINGLES, .source = {"ISO-8859-5"}},
    [IS_ISO_8859_6] = {.name = "ISO-8859-6", .form = FORM_SINGLES, .source = {"ISO-8859-6"}},
    [IS_ISO_8859_7] = {.name = "ISO-8859-7", .form = FORM_SINGLES, .source = {"ISO-8859-7"}},
    [IS_ISO_8859_8] = {.name = "ISO-8859-8", .form = FORM_SINGLES, .source = {"ISO-8859-8"}},
    [IS_ISO_8859_8_I] = {.name = "ISO-8859-8-I", .form = FORM_SINGLES, .source = {"ISO-8859-8"}},
    [IS_ISO_8859_10] = {.name = "ISO-8859-10", .form = FORM_SINGLES, .source = {"ISO-8859-10"}},
    [IS_ISO_8859_13] = {.name = "ISO-8859-13", .form = FORM_SINGLES, .source = {"ISO-8859-13"}},
    [IS_ISO_8859_14] = {.name = "ISO-8859-14", .form = FORM_SINGLES, .source = {"ISO-8859-14"}},
    [IS_ISO_8859_15] = {.name = "ISO-8859-15", .form = FORM_SINGLES, .source = {"ISO-8859-15"}},
    [IS_ISO_8859_16] = {.name = "ISO-8859-16", .form = FORM_SINGLES, .source = {"ISO-8859-16"}},
    [IS_KOI8_R] = {.name = "KOI8-R", .form = FORM_SINGLES, .source = {"KOI8-R"}},
    [IS_KOI8_U] = {.name = "KOI8-U", .form = FORM_SINGLES, .source = {"KOI8-U"}},
    [IS_MACINTOSH] = {.name = "macintosh", .form = FORM_SINGLES, .source = {"MACINTOSH"}},
    [IS_WINDOWS_874] = {.name = "windows-874", .form = FORM_SINGLES, .source = {"CP874"}},
    [IS_WINDOWS_1250] = {.name = "windows-1250", .form = FORM_SINGLES, .source = {"CP1250"}},
    [IS_WINDOWS_1251] = {.name = "windows-1251", .form = FORM_SINGLES, .source = {"CP1251"}},
    [IS_WINDOWS_1252] = {.name = "windows-1252", .form = FORM_SINGLES, .source = {"CP1252"}},
    [IS_WINDOWS_1253] = {.name = "windows-1253", .form = FORM_SINGLES, .source = {"CP1253"}},
    [IS_WINDOWS_1254] = {.name = "windows-1254", .form = FORM_SINGLES, .source = {"CP1254"}},
    [IS_WINDOWS_1255] = {.name = "windows-1255",
                         .form = FORM_SINGLES,
                         .source = {"CP1255"},
                         .decomposes = true},
    [IS_WINDOWS_1256] = {.name = "windows-1256", .form = FORM_SINGLES, .source = {"CP1256"}},
    [IS_WINDOWS_1257] = {.name = "windows-1257", .form = FORM_SINGLES, .source = {"CP1257"}},
    [IS_WINDOWS_1258] = {.name = "windows-1258",
                         .form = FORM_SINGLES,
                         .source = {"CP1258"},
                         .decomposes = true},
    [IS_X_MAC_CYRILLIC] = {.name = "x-mac-cyrillic",
                           .form = FORM_SINGLES,
                           .source = {"MAC-UK", "MACUKRAINE"}},
    [IS_GBK] = {.name = "GBK",
                .form = FORM_GB18030,
                .source = {"GB18030"},
                .leads = {{0x81, 0xFE}},
                .common_lead = 0xA1,
                .is_private = true,
                .has_no_fours = true},
    [IS_GB18030] = {.name = "gb18030",
                    .form = FORM_GB18030,
                    .source = {"GB18030"},
                    .leads = {{0x81, 0xFE}},
                    .common_lead = 0xA1,
                    .is_private = true},
    [IS_BIG5] = {.name = "Big5",
                 .form = FORM_PAIRS,
                 .source = {"BIG5"},
                 .further = {"BIG5-HKSCS"},
                 .leads = {{0x81, 0xFE}},
                 .last_leads = {0x81, 0xA0},
                 .common_lead = 0xA1},
    [IS_EUC_JP] = {.name = "EUC-JP",
                   .form = FORM_EUC_JP,
                   .source = {"CP932"},
                   .further = {"EUC-JP-MS", "EUC-JP"},
                   .leads = {{0x8E, 0x8F}, {0xA1, 0xFE}},
                   .common_lead = 0xA1},
    [IS_SHIFT_JIS] = {.name = "Shift_JIS",
                      .form = FORM_PAIRS,
                      .source = {"CP932"},
                      .leads = {{0x81, 0x9F}, {0xE0, 0xFC}},
                      .singles = {0xA1, 0xDF},
                      .last_leads = {0xED, 0xEF},
                      .is_private = true},
    [IS_EUC_KR] = {.name = "EUC-KR",
                   .form = FORM_PAIRS,
                   .source = {"CP949"},
                   .leads = {{0x81, 0xFE}},
                   .common_lead = 0xA1},
    [IS_ISO_2022_JP] = {.name = "ISO-2022-JP", .form = FORM_REFUSED},
    [IS_HZ_GB_2312] = {.name = "HZ-GB-2312", .form = FORM_REFUSED},
    [IS_REPLACEMENT] = {.name = "replacement", .form = FORM_REFUSED},
    [IS_UTF_16BE] = {.name = "UTF-16BE", .form = FORM_REFUSED},
    [IS_UTF_16LE] = {.name = "UTF-16LE", .form = FORM_REFUSED},
    [IS_X_USER_DEFINED] = {.name = "x-user-defined", .form = FORM_REFUSED},
};

/* A letter in lower case, or a digit; 0: neither. */
static char letter_of(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) ? ascii_lower(c) : '\0';
}

bool standard_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a && !letter_of(*a))
            a++;
        while (*b && !letter_of(*b))
            b++;
        if (letter_of(*a) != letter_of(*b))
            return false;
        if (!*a)
            return true;
    }
}

const struct standard *standard_find(const char *label)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (standard_same(labels[i].label, label))
            return encodings + labels[i].encoding;
    return NULL;
}

_Static_assert(sizeof encodings / sizeof *encodings <= STANDARD_ENCODINGS, "");

const struct standard *standard_encoding(size_t i)
{
    return i < sizeof encodings / sizeof *encodings ? &encodings[i] : NULL;
}

const char *standard_label(size_t i)
{
    return i < sizeof labels / sizeof *labels ? labels[i].label : NULL;
}

static const struct standard_cell *find_cells(const struct standard_cell *cells, size_t n,
                                              const struct standard *standard, size_t *count)
{
    unsigned char encoding = (unsigned char)(standard - encodings);
    size_t first = 0;

    while (first < n && cells[first].encoding != encoding)
        first++;
    for (*count = 0; first + *count < n; (*count)++)
        if (cells[first + *count].encoding != encoding)
            break;
    return cells + first;
}

const struct standard_cell *standard_decoded(const struct standard *standard, size_t *count)
{
    return find_cells(decoded, sizeof decoded / sizeof *decoded, standard, count);
}

const struct standard_cell *standard_encoded(const struct standard *standard, size_t *count)
{
    return find_cells(encoded, sizeof encoded / sizeof *encoded, standard, count);
}

const struct standard_run *standard_runs(size_t *count)
{
    *count = sizeof runs / sizeof *runs;
    return runs;
}
