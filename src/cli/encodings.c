/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/encodings.h"

#include <langinfo.h>
#include <locale.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "cli/option_value.h"
#include "net/opening.h"
#include "text/codec.h"
#include "text/name.h"

/* The C locale's codeset is "ANSI_X3.4-1968" in glibc, "ASCII" in musl. */
static bool is_plain(const char *codeset)
{
    return !*codeset || !strcmp(codeset, "ANSI_X3.4-1968") || !strcmp(codeset, "ASCII");
}

const char *encodings_locale(void)
{
    static char name[CHARSET_NAME];

    if (!*name) {
        setlocale(LC_CTYPE, "");
        snprintf(name, sizeof name, "%s",
                 is_plain(nl_langinfo(CODESET)) ? "UTF-8" : nl_langinfo(CODESET));
    }
    return name;
}

const char *encodings_local(const struct options *options)
{
    return options->local_encoding ? options->local_encoding : encodings_locale();
}

/* The charsets that are usual beside UTF-8, by language, or by language and territory. A language
 * whose letters have two bytes in UTF-8 has no prior: they are no evidence for another charset. */
struct usual {
    char locales[40], charset[16];
    bool has_prior;
};

static const struct usual usual[] = {
    {"zh_TW zh_HK zh_MO", "big5", true},
    {"zh", "gbk", true},
    {"ja", "shift_jis", true},
    {"ko", "euc-kr", true},
    {"ru uk bg be mk sr", "windows-1251", false},
    {"pl cs sk hu sl hr ro", "windows-1250", false},
    {"de fr es it pt nl sv da nb nn fi is ca", "windows-1252", false},
    {"el", "windows-1253", false},
    {"tr az", "windows-1254", false},
    {"he", "windows-1255", false},
    {"ar fa", "windows-1256", false},
    {"lt lv et", "windows-1257", false},
    {"vi", "windows-1258", false},
    {"th", "windows-874", false},
};

/* Whether the list has the first n letters of a locale as a word. */
static bool lists(const char *list, const char *locale, size_t n)
{
    for (; *list; list += strcspn(list, " "), list += strspn(list, " "))
        if (strcspn(list, " ") == n && !strncmp(list, locale, n))
            return true;
    return false;
}

static const struct usual *usual_here(void)
{
    static const struct usual elsewhere = {.charset = "gbk"};
    const char *locale = language_locale("LC_CTYPE");

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (lists(usual[i].locales, locale, strcspn(locale, "_.@")) ||
            lists(usual[i].locales, locale, strcspn(locale, ".@")))
            return &usual[i];
    return &elsewhere;
}

const char *encodings_legacy(void)
{
    return usual_here()->charset;
}

/* The charset of this side, and UTF-8. */
static int open_local(struct encodings *encodings, const struct options *options,
                      struct charsets *charsets, struct err *err)
{
    *encodings = (struct encodings){.charsets = charsets};
    encodings->local = charset_find(charsets, encodings_local(options), err);
    encodings->utf8 = encodings->local ? charset_find(charsets, "utf-8", err) : NULL;
    return encodings->utf8 ? 0 : -1;
}

int encodings_open(struct encodings *encodings, const struct options *options,
                   struct charsets *charsets, struct err *err)
{
    const struct usual *here = usual_here();

    if (open_local(encodings, options, charsets, err) < 0)
        return -1;
    encodings->legacy.has_prior = here->has_prior;
    encodings->legacy.charset = charset_find(charsets, here->charset, err);
    if (!encodings->legacy.charset)
        return -1;
    if (options_are_raw(options))
        return 0;
    return encoding_list_parse(&encodings->encodings, options->encoding, &encodings->legacy,
                               charsets, false, err);
}

struct readings_plan encodings_readings(const struct options *options, struct charsets *charsets)
{
    bool is_raw = options_are_raw(options);
    bool finds_out = !is_raw && option_value_is_charset_list(options->encoding);

    return (struct readings_plan){
        .charsets = charsets,
        .legacy = encodings_legacy,
        .given = is_raw || finds_out ? NULL : charset_find(charsets, options->encoding, NULL),
        .finds_out = finds_out,
        .locate = opening_locate,
    };
}

/* ---- words of the command line ---- */

int encodings_decode(const struct encodings *encodings, const char *words, struct buf *text)
{
    struct codec_plan plan = {.from = encodings->local,
                              .to = encodings->utf8,
                              .text = {.checked = true, .bad = BAD_STOP}};

    return codec_convert(&plan, words, strlen(words), text, NULL);
}

static int read_name(const struct encodings *encodings, const char *given, char *name, size_t size,
                     struct err *err)
{
    struct buf text = {.bytes = (unsigned char *)name, .capacity = size - 1, .cap = size - 1};

    memset(name, 0, size);
    if (encodings_decode(encodings, given, &text) < 0)
        return err_set(err, ERR_USAGE, "'%s' is no name: it is too long, or not %s", given,
                       charset_name(encodings->local));
    return name_check(name, err);
}

/* getpwuid loads modules of glibc, which crash where memory is short. $LOGNAME serves users that
 * stand in a directory of the network instead of the file. */
static int read_login_name(const struct encodings *encodings, char *name, size_t size)
{
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *user = NULL;
    const char *login;

    while (file && (user = fgetpwent(file)) && user->pw_uid != getuid())
        ;
    login = user ? user->pw_name : getenv("LOGNAME");
    if (file)
        fclose(file);
    return login ? read_name(encodings, login, name, size, NULL) : -1;
}

int encodings_name(const struct encodings *encodings, const struct options *options, char *name,
                   size_t size, struct err *err)
{
    if (options->name)
        return read_name(encodings, options->name, name, size, err);
    if (read_login_name(encodings, name, size) < 0)
        snprintf(name, size, "operator");
    return 0;
}

int encodings_refuse_name(const struct options *options, struct err *err)
{
    return err_prefix(err, options->name_variable ? options->name_variable : "--name");
}

int encodings_check_name(const struct options *options, struct charsets *charsets, struct err *err)
{
    struct encodings encodings;
    char name[NAME_BYTES + 1];

    if (!options->name)
        return 0;
    if (open_local(&encodings, options, charsets, err) < 0)
        return -1;
    if (read_name(&encodings, options->name, name, sizeof name, err) < 0)
        return encodings_refuse_name(options, err);
    return 0;
}
