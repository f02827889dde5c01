/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/meant.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"

static const char any_host[] = "HOST", any_port[] = "PORT", optional_host[] = "[HOST]";

/* The word is shown, and a URL may hold a password. */
static void hide_password(char *word)
{
    char *begin = strstr(word, "://"), *at = begin ? strchr(begin, '@') : NULL;
    char *password = at ? strchr(begin + 1, ':') : NULL;

    if (password && password < at)
        memset(password + 1, '*', (size_t)(at - password - 1));
}

bool meant_set_word(struct meant *meant, const char *first, const char *word, const char *mistake)
{
    *meant = (struct meant){.mistake = mistake};
    snprintf(meant->first, sizeof meant->first, "%s", first);
    snprintf(meant->word, sizeof meant->word, "%s", word);
    hide_password(meant->word);
    return true;
}

bool meant_set(struct meant *meant, enum meant_place place, const char *host, const char *port,
               const char *word, const char *mistake)
{
    size_t length = strlen(host);
    char bare[MEANT_WORD], joined[MEANT_WORDS];

    if (length > 2 && *host == '[' && host[length - 1] == ']' && strcmp(host, optional_host) != 0) {
        snprintf(bare, sizeof bare, "%.*s", (int)length - 2, host + 1);
        host = bare;
    }
    host = *host || place == MEANT_LISTEN ? host : any_host;
    if (!port || !*port || (place != MEANT_LISTEN && strspn(port, "0") == strlen(port)))
        port = any_port;
    snprintf(joined, sizeof joined, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    if (place == MEANT_FORWARD)
        return meant_set_word(meant, joined, word, mistake);
    meant_set_word(meant, *host ? host : port, word, mistake);
    snprintf(meant->second, sizeof meant->second, "%s", *host ? port : "");
    return true;
}

struct meant_typed meant_as_typed(const struct meant *meant, const struct meant_typed *typed)
{
    struct meant_typed again = *typed;

    again.first = meant->first;
    again.second = *meant->second ? meant->second : NULL;
    if (meant->drops_family)
        again.family_word = NULL;
    return again;
}

void meant_follow(struct meant *meant, const struct meant *next)
{
    strcpy(meant->first, next->first);
    strcpy(meant->second, next->second);
    meant->drops_family |= next->drops_family;
    if (meant->question && next->mistake) {
        strcpy(meant->word, next->word);
        meant->mistake = next->mistake;
        meant->question = NULL;
    }
}

/* ---- questions ---- */

bool meant_is_address(const char *host, const char *port)
{
    struct address address;

    return address_parse(&address, host, port, false, NULL) == 0;
}

bool meant_is_port(const char *word)
{
    return meant_is_address("localhost", word);
}

bool meant_is_host(const struct meant_typed *typed, struct address *address)
{
    const char *colon = strrchr(typed->first, ':');
    char first[MEANT_WORDS];

    if (typed->second)
        return address_parse(address, typed->first,
                             strcmp(typed->second, any_port) ? typed->second : "1", false,
                             NULL) == 0 &&
               address->kind == ADDRESS_TCP;
    if (strlen(typed->first) >= sizeof first)
        return false;
    strcpy(first, typed->first);
    if (colon && !strcmp(colon + 1, any_port))
        strcpy(first + (colon + 1 - typed->first), "1");
    return address_parse(address, first, NULL, typed->place == MEANT_LISTEN, NULL) == 0 &&
           address->kind == ADDRESS_TCP;
}

/* ---- the sentence ---- */

static void quote(const char *word, char quoted[MEANT_WORDS])
{
    if (!strcmp(word, optional_host))
        strcpy(quoted, word);
    else
        correction_quote(word, quoted, MEANT_WORDS);
}

static void write_address(const struct meant *meant, char address[MEANT_ADDRESS])
{
    char first[MEANT_WORDS], second[MEANT_WORDS] = "";

    quote(meant->first, first);
    if (*meant->second)
        quote(meant->second, second);
    snprintf(address, MEANT_ADDRESS, "%s%s%s%s", meant->adds_tls ? "--tls " : "", first,
             *second ? " " : "", second);
}

int meant_refuse(const struct meant *meant, const struct meant_typed *typed, struct err *err)
{
    struct correction right = *typed->line;
    char address[MEANT_ADDRESS], text[CORRECTION_TEXT];

    write_address(meant, address);
    correction_change(&right, typed->first, address);
    if (typed->second)
        correction_change(&right, typed->second, NULL);
    if (meant->extra)
        correction_change(&right, meant->extra, NULL);
    if (meant->drops_family && typed->family_word)
        correction_drop(&right, typed->family_word, typed->family, NULL);
    if (!meant->question)
        return correction_refuse(&right, meant->word, meant->mistake, err);
    correction_write(&right, text);
    return err_set(err, ERR_USAGE, meant->question, text);
}
