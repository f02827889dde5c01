/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/ascii.h"
#include "text/safetext.h"
#include "text/script.h"
#include "text/utf8.h"
#include "text/width.h"

enum { MARKS = 4 };

bool name_is_sign(uint32_t scalar)
{
    return scalar && scalar < 0x80 && strchr("-_.'@+", (int)scalar);
}

static bool begins_name(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           category == UTF8PROC_CATEGORY_ND;
}

/* safetext changes a name that has invisible characters. */
static bool is_safe(const char *name)
{
    char safe[4 * NAME_BYTES];

    safetext_line(safe, sizeof safe, name);
    return !strcmp(safe, name);
}

static bool is_blank(uint32_t scalar)
{
    return utf8proc_category((utf8proc_int32_t)scalar) == UTF8PROC_CATEGORY_ZS;
}

/* The accents that occur in the canonical decomposition of a letter. Other marks encircle letters,
 * strike them through, or join them. */
static bool is_accent(uint32_t scalar)
{
    static const struct {
        uint32_t first, last;
    } accents[] = {
        {0x0300, 0x0304}, {0x0306, 0x030C}, {0x030F, 0x030F}, {0x0311, 0x0311},
        {0x0313, 0x0314}, {0x031B, 0x031B}, {0x0323, 0x0328}, {0x032D, 0x032E},
        {0x0330, 0x0331}, {0x0342, 0x0342}, {0x0345, 0x0345},
    };

    for (size_t i = 0; i < sizeof accents / sizeof *accents; i++)
        if (scalar >= accents[i].first && scalar <= accents[i].last)
            return true;
    return false;
}

/* Other signs could pass for the ':' or ']' behind a name. */
static bool is_no_letter(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    if (scalar < 0x80)
        return !ascii_is_letter((char)scalar) && !ascii_is_digit((char)scalar) &&
               !name_is_sign(scalar);
    if (script_is_common_mark(scalar))
        return !is_accent(scalar);
    return !(category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ND) ||
           category == UTF8PROC_CATEGORY_ME;
}

/* Two equal marks in a row, or five marks, on one letter (UTS 39, 5.4). */
static bool has_pile_of_marks(const unsigned char *bytes, size_t n)
{
    struct utf8_char next;
    uint32_t last = 0;
    int count = 0;

    while (utf8_take(&bytes, &n, &next)) {
        bool is_mark = utf8proc_category((utf8proc_int32_t)next.scalar) == UTF8PROC_CATEGORY_MN;

        count = is_mark ? count + 1 : 0;
        if (is_mark && (next.scalar == last || count > MARKS))
            return true;
        last = next.scalar;
    }
    return false;
}

/* Joiners and variation selectors have their place in text, but two names must not differ in them
 * alone. */
static bool is_unseen(uint32_t scalar)
{
    return utf8proc_get_property((utf8proc_int32_t)scalar)->ignorable ||
           utf8proc_category((utf8proc_int32_t)scalar) == UTF8PROC_CATEGORY_CF;
}

static bool has_any(const unsigned char *bytes, size_t n, bool (*is_one)(uint32_t scalar))
{
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (is_one(next.scalar))
            return true;
    return false;
}

/* ---- scripts ---- */

static bool go_together(unsigned script, uint32_t scalar, unsigned other)
{
    bool is_ascii = scalar < 0x80;

    return script == SCRIPT_COMMON || other == SCRIPT_COMMON || script == other ||
           (other == SCRIPT_EAST_ASIAN && is_ascii);
}

/* Whether all letters go with this script. */
static bool suits_all(const unsigned char *bytes, size_t n, unsigned script)
{
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (!go_together(script_of(next.scalar), next.scalar, script))
            return false;
    return true;
}

/* Whether a letter exists that all others go with. */
static bool is_of_one_script(const unsigned char *bytes, size_t n)
{
    const unsigned char *rest = bytes;
    size_t left = n;
    bool has_letter = false;
    struct utf8_char next;

    while (utf8_take(&rest, &left, &next)) {
        unsigned script = script_of(next.scalar);

        has_letter |= script != SCRIPT_COMMON;
        if (script != SCRIPT_COMMON && suits_all(bytes, n, script))
            return true;
    }
    return !has_letter;
}

/* ---- width and case ---- */

static unsigned columns_of(const unsigned char *bytes, size_t n)
{
    unsigned columns = 0;
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        columns += width_of(next.scalar);
    return columns;
}

int name_check(const char *name, struct err *err)
{
    const unsigned char *bytes = (const unsigned char *)name;
    size_t n = strlen(name);

    if (!n)
        return err_set(err, ERR_USAGE, "'' is no name: a name has at least one letter");
    if (n > NAME_BYTES)
        return err_set(err, ERR_USAGE, "'%s' is too long: a name has at most %d columns", name,
                       NAME_COLUMNS);
    if (!is_safe(name) || has_any(bytes, n, is_unseen))
        return err_set(err, ERR_USAGE, "'%s' is no name: it has characters that are not seen",
                       name);
    if (has_any(bytes, n, is_blank))
        return err_set(err, ERR_USAGE, "'%s' is no name: it has blanks", name);
    if (!begins_name(utf8_next(bytes, n).scalar))
        return err_set(err, ERR_USAGE, "'%s' is no name: it begins with no letter or digit", name);
    if (has_any(bytes, n, is_no_letter))
        return err_set(err, ERR_USAGE, "'%s' is no name: it has signs that are no letters", name);
    if (has_pile_of_marks(bytes, n))
        return err_set(err, ERR_USAGE, "'%s' is no name: it has too many marks on a letter", name);
    if (!is_of_one_script(bytes, n))
        return err_set(err, ERR_USAGE, "'%s' is no name: its letters are of different scripts",
                       name);
    if (columns_of(bytes, n) > NAME_COLUMNS)
        return err_set(err, ERR_USAGE, "'%s' is too long: a name has at most %d columns", name,
                       NAME_COLUMNS);
    return 0;
}

/* The fast way, for most names. False: the name is not ASCII. */
static bool fold_ascii(const char *name, char key[NAME_KEY])
{
    size_t n = 0;

    for (; name[n] && (unsigned char)name[n] < 0x80 && n < NAME_KEY - 1; n++)
        key[n] = ascii_lower(name[n]);
    key[n] = '\0';
    return !name[n];
}

void name_key(const char *name, char key[NAME_KEY])
{
    utf8proc_uint8_t *folded = NULL;

    if (fold_ascii(name, key))
        return;
    utf8proc_map((const utf8proc_uint8_t *)name, 0, &folded,
                 UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                     UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    snprintf(key, NAME_KEY, "%s", folded ? (const char *)folded : name);
    free(folded);
}

static bool is_no_digit(uint32_t scalar)
{
    return utf8proc_category((utf8proc_int32_t)scalar) != UTF8PROC_CATEGORY_ND &&
           !(scalar < 0x80 && strchr("lio", (int)scalar));
}

bool name_is_number(const char *key)
{
    return !has_any((const unsigned char *)key, strlen(key), is_no_digit);
}
