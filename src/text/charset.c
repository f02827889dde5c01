/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/charset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"
#include "text/converter.h"
#include "text/suggest.h"
#include "text/utf8.h"

/* ---- names ---- */

/* Copies a name, each of its letters by `change`. */
static void put_changed(char out[CHARSET_NAME], const char *name, char (*change)(char c))
{
    snprintf(out, CHARSET_NAME, "%s", name);
    for (; *out; out++)
        *out = change(*out);
}

static bool is_letter_or_digit(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

/* iconv would take a name without a letter for the locale's charset, and a blank for nothing. */
static bool is_name(const char *name)
{
    bool has_letter = false;

    for (; *name; name++) {
        if (is_letter_or_digit(*name))
            has_letter = true;
        else if (!strchr("-_.:+()", *name))
            return false;
    }
    return has_letter;
}

/* ---- refusals ---- */

/* The number of each digit of a name, in three bits. *count: all of them. */
static unsigned long digits_of(const char *name, size_t *count)
{
    unsigned long digits = 0;

    for (*count = 0; *name; name++)
        if (ascii_is_digit(*name)) {
            digits += 1ul << 3 * (*name - '0');
            ++*count;
        }
    return digits;
}

/* Whether a number is another charset's and not mistyped: "cp936" is not what "cp932" meant. */
static bool is_another_number(const char *name, const char *label)
{
    size_t count, others;
    bool is_other = digits_of(name, &count) != digits_of(label, &others);

    return is_other && count == others;
}

static bool is_refused(const char *label)
{
    const struct standard *standard = standard_find(label);

    return standard && standard->form == FORM_REFUSED;
}

/* The longest label with which the name goes on behind a sign: "utf-8" of "utf-8-sig". */
static const char *label_within(const char *name)
{
    const char *longest = NULL, *label;

    for (size_t i = 0; (label = standard_label(i)); i++) {
        size_t n = strlen(label);

        if (!strncmp(name, label, n) && name[n] && !is_letter_or_digit(name[n]) &&
            !is_refused(label) && (!longest || n > strlen(longest)))
            longest = label;
    }
    return longest;
}

static const char *near_label(const char *name)
{
    char lower[CHARSET_NAME];
    struct suggest near = {.word = lower};
    const char *label;

    put_changed(lower, name, ascii_lower);
    for (size_t i = 0; (label = standard_label(i)); i++)
        if (!is_another_number(lower, label) && !is_refused(label))
            suggest_offer(&near, label);
    return near.name ? near.name : label_within(lower);
}

static int fail_unknown(const char *name, struct err *err)
{
    const char *near = near_label(name);

    return err_set(err, ERR_USAGE,
                   near ? N_("'%s' is no charset that this system knows; did you mean %s?")
                        : N_("'%s' is no charset that this system knows; iconv -l lists them"),
                   name, near);
}

/* A name of the standard is known, even where iconv cannot load the charset. glibc says "unknown"
 * also when it has too few descriptors to read its list of charsets. */
static int fail_to_open(const char *name, struct err *err)
{
    int why = errno;

    if (why != EINVAL)
        return err_errno(err, ERR_LOCAL, why, "cannot convert from and to %s", name);
    if (standard_find(name))
        return err_set(err, ERR_LOCAL, "cannot convert from and to %s: iconv cannot load it", name);
    return fail_unknown(name, err);
}

static int refuse(const char *name, const char *format, struct err *err)
{
    char upper[CHARSET_NAME];

    put_changed(upper, name, ascii_upper);
    return err_set(err, ERR_USAGE, format, upper);
}

static int refuse_ascii(const char *name, struct err *err)
{
    return refuse(name,
                  N_("%s does not carry ASCII as ASCII or has shift states; tcpchat takes charsets "
                     "such as utf-8, gbk or windows-1252"),
                  err);
}

static int check_name(const char *name, struct err *err)
{
    if (strchr(name, '/'))
        return err_set(err, ERR_USAGE, "'%s' is no charset; a charset is named without '/'", name);
    return is_name(name) ? 0 : fail_unknown(name, err);
}

/* ---- charsets outside the standard ---- */

/* National variants have other signs at '\\' and '~' and still count as ASCII. */
static bool carries(iconv_t source, iconv_t target, unsigned char byte)
{
    unsigned char out[CONVERTER_BYTES];
    struct converter_answer answer = converter_read(source, &byte, 1);
    bool has_shift;

    return answer.kind == ANSWER_CHAR && answer.scalar == byte &&
           converter_write(target, byte, out, &has_shift) == 1 && out[0] == byte;
}

static bool is_ascii_superset(iconv_t source, iconv_t target)
{
    for (unsigned char byte = 0; byte < 128; byte++)
        if (byte != '\\' && byte != '~' && !carries(source, target, byte))
            return false;
    return true;
}

/* One letter of each script for which a charset may shift, or hold a character back. */
static const uint32_t letters[] = {0xE9, 0xCA, 0x416, 0x3042, 0x304B, 0x4E00, 0xAC00, 0xB95};

enum { LETTERS = sizeof letters / sizeof *letters };

/* Whether the same bytes give the same text at all places. A charset with shift states writes more
 * behind a letter, in return to the first state. iconv holds the letters of some others back
 * (TSCII, TCVN, JISX0213), because what follows may change them. */
static bool is_the_same_everywhere(iconv_t source, iconv_t target)
{
    unsigned char out[CONVERTER_BYTES];
    bool has_shift;

    for (size_t i = 0; i < LETTERS; i++)
        if (converter_write(target, letters[i], out, &has_shift) && has_shift)
            return false;
    for (unsigned byte = 0x80; byte < 0x100; byte++)
        if (converter_read(source, &(unsigned char){(unsigned char)byte}, 1).was_held)
            return false;
    return true;
}

/* Whether this is UTF-8 under another name ("iso-ir-193"). */
static bool is_utf8_renamed(iconv_t target)
{
    for (size_t i = 0; i < LETTERS; i++) {
        unsigned char out[CONVERTER_BYTES], wanted[UTF8_MAX];
        bool has_shift;
        size_t n = utf8_put(letters[i], wanted);

        if (converter_write(target, letters[i], out, &has_shift) != n ||
            memcmp(out, wanted, n) != 0)
            return false;
    }
    return true;
}

/* Charsets are let in by their properties, not by their names. */
static int check_converters(const char *name, iconv_t source, iconv_t target, bool *is_utf8,
                            struct err *err)
{
    *is_utf8 = is_utf8_renamed(target);
    if (*is_utf8)
        return 0;
    if (!is_ascii_superset(source, target))
        return refuse_ascii(name, err);
    if (is_the_same_everywhere(source, target))
        return 0;
    return refuse(
        name,
        N_("%s has shift states, or letters that change with the next ones; tcpchat takes "
           "charsets such as utf-8, gbk or windows-1252"),
        err);
}

static int check_foreign(const char *name, bool *is_utf8, struct err *err)
{
    iconv_t source = converter_open_source(name), target = NO_CONVERTER;
    int status;

    if (source != NO_CONVERTER)
        target = converter_open_target(name);
    status = target == NO_CONVERTER ? fail_to_open(name, err)
                                    : check_converters(name, source, target, is_utf8, err);
    converter_close(&source);
    converter_close(&target);
    return status;
}

/* iconv forgets code that nobody has open. */
static void load(struct charsets *charsets, const char names[][CONVERTER_NAME])
{
    iconv_t source = converter_open_first_source(names, STANDARD_SOURCES);

    if (source != NO_CONVERTER)
        charsets->loaded[charsets->loaded_count++] = source;
}

void charsets_load_all(struct charsets *charsets)
{
    const struct standard *standard;

    if (!charsets->loaded)
        charsets->loaded = calloc(2 * STANDARD_ENCODINGS, sizeof *charsets->loaded);
    for (size_t i = 0; charsets->loaded && (standard = standard_encoding(i)); i++) {
        load(charsets, standard->source);
        load(charsets, standard->further);
    }
}

int charset_check(const char *name, bool *is_utf8, struct err *err)
{
    const struct standard *standard = standard_find(name);

    if (check_name(name, err) < 0)
        return -1;
    if (!standard)
        return check_foreign(name, is_utf8, err);
    *is_utf8 = standard->form == FORM_UTF8;
    return standard->form == FORM_REFUSED ? refuse_ascii(name, err) : 0;
}

/* ---- opening ---- */

static void charset_free(struct charset *charset)
{
    inverse_free(charset->inverse);
    table_free(charset->table);
    free(charset);
}

static int open_tables(struct charset *charset, const char *name, struct err *err)
{
    charset->table = table_new(charset->standard, name);
    charset->inverse = charset->table ? inverse_new(charset->table, name) : NULL;
    return charset->inverse ? 0 : fail_to_open(name, err);
}

static struct charset *charset_new(const char *name, bool is_utf8, struct err *err)
{
    struct charset *charset = calloc(1, sizeof *charset);

    if (!charset) {
        err_memory(err);
        return NULL;
    }
    charset->standard = standard_find(name);
    put_changed(charset->name, charset->standard ? charset->standard->name : name, ascii_upper);
    if (is_utf8 || open_tables(charset, name, err) == 0)
        return charset;
    charset_free(charset);
    return NULL;
}

/* An encoding of the standard has many labels, another charset has one name. */
static struct charset *at_hand(const struct charsets *charsets, const char *name)
{
    const struct standard *standard = standard_find(name);
    struct charset *charset = is_name(name) ? charsets->first : NULL;

    while (charset &&
           (charset->standard != standard || (!standard && !standard_same(charset->name, name))))
        charset = charset->next;
    return charset;
}

struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err)
{
    struct charset *charset = at_hand(charsets, name);
    bool is_utf8;

    if (charset)
        return charset;
    if (charset_check(name, &is_utf8, err) < 0)
        return NULL;
    if (is_utf8 && !standard_find(name))
        return charset_find(charsets, "utf-8", err);
    charset = charset_new(name, is_utf8, err);
    if (charset) {
        charset->next = charsets->first;
        charsets->first = charset;
    }
    return charset;
}

struct charset *charset_find_label(struct charsets *charsets, const char *name, struct err *err)
{
    const char *near;

    if (at_hand(charsets, name) || standard_find(name))
        return charset_find(charsets, name, err);
    near = near_label(name);
    err_set(err, ERR_USAGE,
            near ? N_("'%s' is no charset of the Encoding Standard, and -e does not name it; did "
                      "you mean %s?")
                 : N_("'%s' is no charset of the Encoding Standard, and -e does not name it"),
            name, near);
    return NULL;
}

void charsets_fini(struct charsets *charsets)
{
    while (charsets->first) {
        struct charset *next = charsets->first->next;
        charset_free(charsets->first);
        charsets->first = next;
    }
    while (charsets->loaded_count)
        converter_close(&charsets->loaded[--charsets->loaded_count]);
    free(charsets->loaded);
    charsets->loaded = NULL;
}

const char *charset_name(const struct charset *charset)
{
    return charset->name;
}

bool charset_is_utf8(const struct charset *charset)
{
    return !charset->table;
}

bool charset_has_leads(const struct charset *charset)
{
    const struct table *table = charset->table;

    return table && memchr(table->kinds, KIND_LEAD, sizeof table->kinds);
}

bool charset_has_ff(const struct charset *charset)
{
    const struct table *table = charset->table;

    return table && (table->kinds[0xFF] == KIND_SINGLE || !charset_has_leads(charset));
}

bool charset_is_chinese(const struct charset *charset)
{
    return charset->standard && charset->standard->form == FORM_GB18030;
}

bool charset_same(struct charset *a, struct charset *b)
{
    if (a == b)
        return true;
    return a->table && b->table ? table_same(a->table, b->table) : a->table == b->table;
}
