/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/encodings.h"

#include <langinfo.h>
#include <locale.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/decoder.h"
#include "text/name.h"

/* The C locale's codeset is "ANSI_X3.4-1968" in glibc, "ASCII" in musl. */
static bool is_plain(const char *codeset)
{
    return !*codeset || !strcmp(codeset, "ANSI_X3.4-1968") || !strcmp(codeset, "ASCII");
}

const char *encodings_local(const struct options *options)
{
    const char *name;

    if (options->local_encoding)
        return options->local_encoding;
    setlocale(LC_CTYPE, "");
    name = nl_langinfo(CODESET);
    return is_plain(name) ? "UTF-8" : name;
}

static const char *locale_name(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return "";
}

/* The charset that is usual beside UTF-8 in the language of the locale. */
static const char *legacy_name(void)
{
    static const char *const names[][2] = {
        {"zh_TW", "big5"}, {"zh_HK", "big5"}, {"ja", "shift_jis"}, {"ko", "euc-kr"}};
    const char *locale = locale_name();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(locale, names[i][0], strlen(names[i][0])))
            return names[i][1];
    return "gbk";
}

static int open_all(struct charsets *charsets, struct err *err)
{
    static const char *const names[] = {"utf-8",        "gbk",         "gb18030", "big5",
                                        "shift_jis",    "euc-jp",      "euc-kr",  "koi8-r",
                                        "windows-1251", "windows-1252"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!charset_find(charsets, names[i], err))
            return err_set(err, ERR_LOCAL, "cannot load the charset %s, which a room may need",
                           names[i]);
    return 0;
}

int encodings_open(struct encodings *encodings, const struct options *options,
                   struct charsets *charsets, struct err *err)
{
    *encodings = (struct encodings){.charsets = charsets};
    encodings->local = charset_find(charsets, encodings_local(options), err);
    if (!encodings->local || open_all(charsets, err) < 0)
        return -1;
    encodings->utf8 = charset_find(charsets, "utf-8", err);
    encodings->legacy = charset_find(charsets, legacy_name(), err);
    if (!encodings->utf8 || !encodings->legacy)
        return -1;
    if (options_are_raw(options))
        return 0;
    return encoding_list_parse(&encodings->encodings, options->encoding, encodings->legacy,
                               charsets, false, err);
}

/* ---- the name ---- */

static int read_name(const struct encodings *encodings, const char *given, char *name, size_t size,
                     struct err *err)
{
    struct buf text = {.bytes = (unsigned char *)name, .capacity = size - 1, .cap = size - 1};
    struct decoder decoder;
    size_t used;

    memset(name, 0, size);
    decoder_init(&decoder, encodings->local);
    if (decoder_push(&decoder, given, strlen(given), true, &text, &used) != TEXT_DONE)
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
