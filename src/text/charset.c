/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/charset.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/converter.h"
#include "text/suggest.h"
#include "text/utf8.h"

/* ---- names ---- */

/* Letters and digits in upper case: "utf8" is "UTF-8". */
static char *key_of(const char *name)
{
    char *key = malloc(strlen(name) + 1);
    size_t length = 0;

    if (!key)
        return NULL;
    for (; *name; name++)
        if (isalnum((unsigned char)*name))
            key[length++] = (char)toupper((unsigned char)*name);
    key[length] = '\0';
    return key;
}

static char *name_of(const char *key, const char *typed)
{
    char *name = strdup(!strcmp(key, "UTF8") ? "UTF-8" : typed);

    for (char *letter = name; letter && *letter; letter++)
        *letter = (char)toupper((unsigned char)*letter);
    return name;
}

static void charset_free(struct charset *charset)
{
    inverse_free(charset->inverse);
    table_free(charset->table);
    free(charset->name);
    free(charset->key);
    free(charset);
}

static const char *near_label(const char *name)
{
    struct suggest near = {.word = name};
    const char *label;

    for (size_t i = 0; (label = standard_label(i)); i++)
        suggest_offer(&near, label);
    return near.name;
}

static int fail_unknown(const char *name, struct err *err)
{
    const char *near = near_label(name);

    return err_set(err, ERR_USAGE, "'%s' is no charset that this system knows; %s%s%s", name,
                   near ? "did you mean " : "iconv -l lists them", near ? near : "",
                   near ? "?" : "");
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

static int refuse(const char *name, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "%s does not carry ASCII as ASCII or has shift states; tcpchat takes charsets "
                   "such as utf-8, gbk or windows-1252",
                   name);
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
static int check(const struct charset *charset, iconv_t source, iconv_t target, bool *is_utf8,
                 struct err *err)
{
    *is_utf8 = is_utf8_renamed(target);
    if (*is_utf8)
        return 0;
    if (!is_ascii_superset(source, target))
        return refuse(charset->name, err);
    if (is_the_same_everywhere(source, target))
        return 0;
    return err_set(err, ERR_USAGE,
                   "%s has shift states, or letters that change with the next ones; tcpchat takes "
                   "charsets such as utf-8, gbk or windows-1252",
                   charset->name);
}

static int check_foreign(const struct charset *charset, const char *name, bool *is_utf8,
                         struct err *err)
{
    iconv_t source = converter_open_source(&name, 1), target = NO_CONVERTER;
    int status;

    if (source != NO_CONVERTER)
        target = converter_open_target(name);
    status = target == NO_CONVERTER ? fail_to_open(name, err)
                                    : check(charset, source, target, is_utf8, err);
    converter_close(&source);
    converter_close(&target);
    return status;
}

/* ---- opening ---- */

static int open_tables(struct charset *charset, const char *name, struct err *err)
{
    const struct standard *standard = standard_find(name);
    bool is_utf8 = standard && standard->form == FORM_UTF8;

    if (standard && standard->form == FORM_REFUSED)
        return refuse(charset->name, err);
    if (!standard && check_foreign(charset, name, &is_utf8, err) < 0)
        return -1;
    if (is_utf8)
        return 0;
    charset->table = table_new(standard, name);
    charset->inverse = charset->table ? inverse_new(charset->table, name) : NULL;
    return charset->inverse ? 0 : fail_to_open(name, err);
}

/* iconv would take a name without a letter for the locale's charset, and a blank for nothing. */
static bool is_name(const char *name)
{
    bool has_letter = false;

    for (; *name; name++) {
        if (isalnum((unsigned char)*name))
            has_letter = true;
        else if (!strchr("-_.:+()", *name))
            return false;
    }
    return has_letter;
}

static int check_name(const char *name, struct err *err)
{
    if (strchr(name, '/'))
        return err_set(err, ERR_USAGE, "'%s' is no charset; a charset is named without '/'", name);
    return is_name(name) ? 0 : fail_unknown(name, err);
}

static struct charset *charset_new(const char *name, struct err *err)
{
    struct charset *charset = calloc(1, sizeof *charset);

    if (!charset) {
        err_memory(err);
        return NULL;
    }
    charset->key = key_of(name);
    charset->name = charset->key ? name_of(charset->key, name) : NULL;
    if (!charset->name)
        err_memory(err);
    else if (open_tables(charset, name, err) == 0)
        return charset;
    charset_free(charset);
    return NULL;
}

/* An encoding of the standard has many labels, another charset has one name. */
static struct charset *at_hand(const struct charsets *charsets, const char *name)
{
    const struct standard *standard = standard_find(name);
    char *key = is_name(name) ? key_of(name) : NULL;
    struct charset *charset = key ? charsets->first : NULL;

    while (charset && strcmp(charset->key, key) != 0 &&
           !(standard && charset->table && charset->table->standard == standard))
        charset = charset->next;
    free(key);
    return charset;
}

struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err)
{
    struct charset *charset;

    if (check_name(name, err) < 0)
        return NULL;
    charset = at_hand(charsets, name);
    if (charset)
        return charset;
    charset = charset_new(name, err);
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
            "'%s' is no charset of the Encoding Standard, and -e does not name it%s%s%s", name,
            near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    return NULL;
}

int charset_check(const char *name, bool *is_utf8, struct err *err)
{
    const struct standard *standard = standard_find(name);
    struct charsets tried = {0};
    const struct charset *charset;

    if (check_name(name, err) < 0)
        return -1;
    *is_utf8 = standard && standard->form == FORM_UTF8;
    if (standard && standard->form != FORM_REFUSED)
        return 0;
    charset = charset_find(&tried, name, err);
    *is_utf8 = charset && charset_is_utf8(charset);
    charsets_fini(&tried);
    return charset ? 0 : -1;
}

void charsets_fini(struct charsets *charsets)
{
    while (charsets->first) {
        struct charset *next = charsets->first->next;
        charset_free(charsets->first);
        charsets->first = next;
    }
}

const char *charset_name(const struct charset *charset)
{
    return charset->name;
}

bool charset_is_utf8(const struct charset *charset)
{
    return !charset->table;
}

bool charset_is_chinese(const struct charset *charset)
{
    return charset->table && charset->table->standard &&
           charset->table->standard->form == FORM_GB18030;
}

bool charset_same(struct charset *a, struct charset *b)
{
    if (a == b)
        return true;
    return a->table && b->table ? table_same(a->table, b->table) : a->table == b->table;
}
