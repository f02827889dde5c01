/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/language.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/own_file.h"

static const char domain[] = "tcpchat";

static const char *locale; /* whose catalogue is to be opened; NULL: none, or it is open */
static bool for_peers;

/* ---- the choice ---- */

/* Whether a name such as zh_CN.UTF-8 is of this language. */
static bool is_of(const char *name, const char *language)
{
    size_t n = strlen(language);

    return !strncmp(name, language, n) && (!name[n] || strchr("_.@:", name[n]));
}

const char *language_locale(const char *category)
{
    const char *const variables[] = {"LC_ALL", category, "LANG"};

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);

        if (value && *value)
            return value;
    }
    return "";
}

void language_begin(void)
{
    const char *name = language_locale("LC_MESSAGES"), *list = getenv("LANGUAGE");

    locale = NULL;
    if (!*name || is_of(name, "C") || is_of(name, "POSIX") ||
        is_of(list && *list ? list : name, "en"))
        return;
    locale = name;
}

/* ---- the catalogue ---- */

/* The head of a catalogue is the translation of the empty sentence. With the first one glibc 2.36
 * prepares a conversion, and crashes where memory is short just then (_nl_find_msg in its
 * intl/dcigettext.c). */
static bool has_catalogue(void)
{
    return *dgettext(domain, "");
}

void language_open(void)
{
    const char *name = locale;
    char path[OWN_FILE_PATH];

    if (!name)
        return;
    locale = NULL;
    if (!setlocale(LC_MESSAGES, name))
        return;
    own_file_find(path, "catalogues", TCPCHAT_CATALOGUES);
    bindtextdomain(domain, path);
    bind_textdomain_codeset(domain, "UTF-8");
    bind_textdomain_codeset("libc", "UTF-8");
    if (!has_catalogue())
        setlocale(LC_MESSAGES, "C");
}

void language_prepare(void)
{
    language_open();
    (void)dgettext("libc", "");
}

/* ---- sentences ---- */

/* gettext has the head of the catalogue under the empty sentence. */
const char *language_text(const char *sentence)
{
    if (!*sentence || for_peers)
        return sentence;
    language_open();
    return dgettext(domain, sentence);
}

const char *language_name(const char *name)
{
    static const char *const standard[] = {N_("standard input"), N_("standard output"),
                                           N_("standard error")};

    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (!strcmp(name, standard[i]))
            return language_text(name);
    return name;
}

const char *language_count(const char *one, const char *many, uint64_t count)
{
    if (for_peers)
        return count == 1 ? one : many;
    language_open();
    return dngettext(domain, one, many, (unsigned long)count);
}

void language_trim(char *sentence)
{
    size_t length = strlen(sentence), tail = 0, whole;
    unsigned char lead;

    while (tail < length && tail < 3 && ((unsigned char)sentence[length - 1 - tail] & 0xC0) == 0x80)
        tail++;
    if (tail == length)
        return;
    lead = (unsigned char)sentence[length - 1 - tail];
    whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (tail + 1 < whole)
        sentence[length - 1 - tail] = '\0';
}

void language_for_peers(bool yes)
{
    for_peers = yes;
}

const char *language_signal(int number)
{
    language_open();
    return strsignal(number);
}
