/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/foreign.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/language.h"

static const char other_program[] = N_("'%.128s' is an address of another program; write %s");

/* Behind one of the beginnings, in any case. NULL: the word has none of them. */
static const char *skip_head(const char *word, const char *const heads[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strncasecmp(word, heads[i], strlen(heads[i])))
            return word + strlen(heads[i]);
    return NULL;
}

/* ---- unix sockets ---- */

bool foreign_is_unix(const char *word)
{
    return !strncmp(word, "unix:", strlen("unix:"));
}

static bool set_path(struct meant *meant, const char *path, const char *word, const char *mistake)
{
    char first[MEANT_WORDS];

    snprintf(first, sizeof first, "unix:%.*s", (int)(sizeof first - sizeof "unix:"), path);
    meant_set_word(meant, first, word, mistake);
    meant->drops_family = true;
    return true;
}

bool foreign_unix(const struct meant_typed *typed, struct meant *meant)
{
    static const char *const heads[] = {"unix:", "unix-connect:", "unix-listen:", "unix-client:"};
    const char *rest = skip_head(typed->first, heads, sizeof heads / sizeof *heads);
    bool is_unix = foreign_is_unix(typed->first);
    char path[MEANT_WORD];
    struct address address;

    if (typed->second && (is_unix || foreign_is_unix(typed->second)) &&
        address_parse(&address, is_unix ? typed->first : typed->second, NULL, false, NULL) == 0)
        return meant_set_word(meant, is_unix ? typed->first : typed->second,
                              is_unix ? typed->second : typed->first,
                              N_("'%.128s' is too much: unix:PATH has no port; write %s"));
    if (!rest || !*rest || is_unix)
        return false;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(rest, ","), rest);
    return set_path(meant, path, typed->first, other_program);
}

static bool is_socket(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

static bool ends_in(const char *word, const char *end)
{
    size_t length = strlen(word);

    return length > strlen(end) && !strcmp(word + length - strlen(end), end);
}

/* "example.org/x" is rather a host with a path. */
static bool is_path(const char *word)
{
    return !strncmp(word, "./", 2) || !strncmp(word, "../", 3) ||
           (*word == '/' && word[1] && !ascii_is_number(word + 1)) ||
           (strchr(word, '/') && !strchr(word, ':') &&
            (ends_in(word, ".sock") || ends_in(word, ".socket") || is_socket(word)));
}

bool foreign_path(const struct meant_typed *typed, struct meant *meant)
{
    bool is_second = typed->second && is_path(typed->second) && meant_is_port(typed->first);
    const char *word = is_second ? typed->second : typed->first;

    return is_path(word) &&
           set_path(meant, word, word, N_("'%.128s' is a path and no host; write %s"));
}

/* ---- numbers ---- */

/* The number of "0x1F90", "8,080" and "8080/tcp". 0: another word. */
static unsigned read_number(const char *word)
{
    unsigned number, thousands;
    int end = 0;

    if (sscanf(word, "0%*1[xX]%5x%n", &number, &end) == 1 && end && !word[end])
        return number;
    end = 0;
    if (sscanf(word, "%2u,%3u%n", &thousands, &number, &end) == 2 && end >= 5 && !word[end])
        return thousands * 1000 + number;
    end = 0;
    if (sscanf(word, "%5u/%*1[tT]%*1[cC]%*1[pP]%n", &number, &end) == 1 && end && !word[end])
        return number;
    return 0;
}

bool foreign_number(const struct meant_typed *typed, struct meant *meant)
{
    const char *colon = typed->second ? NULL : strrchr(typed->first, ':');
    const char *word = typed->second ? typed->second : colon ? colon + 1 : typed->first;
    unsigned number = ascii_is_number(word) ? 0 : read_number(word);
    char host[MEANT_WORD] = "", port[16];

    if (!number || number > 65535)
        return false;
    if (typed->second || colon)
        snprintf(host, sizeof host, "%.*s",
                 (int)(colon ? (size_t)(colon - typed->first) : strlen(typed->first)),
                 typed->first);
    snprintf(port, sizeof port, "%u", number);
    return (!*host || meant_is_address(host, port)) &&
           meant_set(meant, typed->place, host, port, word,
                     N_("'%.128s' is no port: a port is a decimal number; write %s"));
}

/* ---- socat and bash ---- */

bool foreign_socat(const struct meant_typed *typed, struct meant *meant)
{
    static const char *const heads[] = {
        "/dev/tcp/",   "tcp/",         "tcp:",         "tcp4:",       "tcp6:",
        "tcp-listen:", "tcp4-listen:", "tcp6-listen:", "tcp-connect:"};
    const char *begin = skip_head(typed->first, heads, sizeof heads / sizeof *heads);
    char rest[MEANT_WORD], *colon;

    if (!begin || *begin == '/' || typed->second || strcspn(begin, ",") >= sizeof rest)
        return false;
    snprintf(rest, sizeof rest, "%.*s", (int)strcspn(begin, ","), begin);
    colon = strrchr(rest, *typed->first == '/' ? '/' : ':');
    if (colon)
        *colon++ = '\0';
    if (!meant_is_port(colon ? colon : rest) || (!colon && typed->place != MEANT_LISTEN) ||
        (colon && *rest && !meant_is_address(rest, colon)))
        return false;
    return meant_set(meant, typed->place, colon ? rest : "", colon ? colon : rest, typed->first,
                     other_program);
}

static bool has_tls(const struct correction *line)
{
    for (int i = 0; i < line->argc; i++)
        if (!strcmp(line->argv[i], "--tls"))
            return true;
    return false;
}

/* It is a part of the address of --forward, and an option elsewhere. */
static void add_tls(struct meant *meant, const struct meant_typed *typed)
{
    static const char head[] = "tls:";

    meant->adds_tls = typed->place != MEANT_FORWARD && !has_tls(typed->line);
    if (typed->place != MEANT_FORWARD || strlen(meant->first) + sizeof head > sizeof meant->first)
        return;
    memmove(meant->first + strlen(head), meant->first, strlen(meant->first) + 1);
    memcpy(meant->first, head, strlen(head));
}

bool foreign_tls(const struct meant_typed *typed, struct meant *meant)
{
    static const char *const heads[] = {
        "openssl:", "ssl:", "openssl-connect:", "openssl-listen:", "openssl-l:", "tls:", "ssl-l:"};
    const char *begin = skip_head(typed->first, heads, sizeof heads / sizeof *heads);
    char rest[MEANT_WORD], *colon;

    if (!begin || *begin == '/' || typed->second || strcspn(begin, ",") >= sizeof rest)
        return false;
    snprintf(rest, sizeof rest, "%.*s", (int)strcspn(begin, ","), begin);
    colon = strrchr(rest, ':');
    if (colon)
        *colon++ = '\0';
    if (!meant_is_port(colon ? colon : rest) || (!colon && typed->place != MEANT_LISTEN))
        return false;
    meant_set(meant, typed->place, colon ? rest : "", colon ? colon : rest, typed->first,
              other_program);
    add_tls(meant, typed);
    return true;
}

/* ---- URLs ---- */

/* The port of `http:`; NULL: not known. */
static const char *port_of_scheme(const char *scheme, char port[8])
{
    static const char *const others[][2] = {{"ws", "http"}, {"wss", "https"}};
    size_t length = strcspn(scheme, ":");
    struct servent *service;
    char name[16];

    snprintf(name, sizeof name, "%.*s", (int)length, scheme);
    for (size_t i = 0; i < 2; i++)
        if (!strcasecmp(name, others[i][0]))
            strcpy(name, others[i][1]);
    service = length < sizeof name ? getservbyname(name, "tcp") : NULL;
    if (!service)
        return NULL;
    snprintf(port, 8, "%u", ntohs((uint16_t)service->s_port));
    return port;
}

static bool is_ipv6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

/* Splits "user@host:port". The port is empty where none is written. */
static void split(char *authority, const char **host, const char **port)
{
    char *name = strrchr(authority, '@'), *colon, *bracket;

    name = name ? name + 1 : authority;
    *host = name;
    *port = "";
    colon = strrchr(name, ':');
    bracket = *name == '[' ? strchr(name, ']') : NULL;
    if (bracket) {
        *host = name + 1;
        *bracket = '\0';
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
    } else if (colon && is_ipv6(name)) {
        *colon = '\0';
        if (!is_ipv6(name)) {
            *colon = ':';
            colon = NULL;
        }
    }
    if (colon) {
        *colon = '\0';
        *port = colon + 1;
    }
}

/* The words of a URL or of a host with more. */
struct url {
    char authority[MEANT_WORD];
    const char *host, *port; /* of it; empty: there is none */
    bool has_scheme;
    char known[8]; /* the port of the scheme */
};

/* The authority of "http://host/path", of "http:host:80", and of "host/path". NULL: the word is
 * none of them. */
static const char *find_authority(const char *word, bool *has_scheme)
{
    const char *sign = strstr(word, "://");
    char known[8];

    *has_scheme = true;
    if (sign)
        return sign + strlen("://");
    sign = strchr(word, ':');
    if (sign && ascii_is_letter(*word) && port_of_scheme(word, known) && sign[1] &&
        !meant_is_port(sign + 1))
        return sign + 1 + strspn(sign + 1, "/");
    *has_scheme = false;
    return word[strcspn(word, "/@")] ? word : NULL;
}

static bool read_url(const char *word, struct url *url)
{
    const char *begin = find_authority(word, &url->has_scheme);
    size_t length = begin ? strcspn(begin, "/?#") : 0;

    if (!begin || length >= sizeof url->authority)
        return false;
    snprintf(url->authority, sizeof url->authority, "%.*s", (int)length, begin);
    split(url->authority, &url->host, &url->port);
    if (!url->has_scheme || !port_of_scheme(word, url->known))
        *url->known = '\0';
    return true;
}

static const char *fault_of(const struct url *url, bool names_host, bool names_port)
{
    if (!url->has_scheme)
        return N_("'%.128s' is more than a host and a port; write %s");
    if (!names_host)
        return N_("'%.128s' is a URL that names no host; write %s");
    return names_port ? N_("'%.128s' is a URL; write %s")
                      : N_("'%.128s' is a URL whose port is none; write %s");
}

static bool has_tls_scheme(const char *word)
{
    static const char *const heads[] = {
        "https:", "wss:", "imaps:", "pop3s:", "smtps:", "ldaps:", "ircs:", "ftps:", "tls:", "ssl:"};

    return skip_head(word, heads, sizeof heads / sizeof *heads);
}

/* `other` is the word beside the URL; NULL: there is none. */
static bool set_url(const struct meant_typed *typed, struct meant *meant, const char *word,
                    const char *other)
{
    struct url url;
    char ascii[MEANT_WORD];
    bool names_host, names_port;
    const char *port;

    if (!read_url(typing_to_ascii(word, ascii) ? ascii : word, &url))
        return false;
    names_host = *url.host ? meant_is_address(url.host, "1") : typed->place == MEANT_LISTEN;
    port = *url.port ? url.port : other ? other : url.known;
    names_port = !*port || meant_is_port(port);
    if (!names_host && !url.has_scheme)
        return false;
    if (!meant_set(meant, typed->place, names_host ? url.host : "", names_port ? port : NULL, word,
                   fault_of(&url, names_host, names_port)))
        return false;
    if (has_tls_scheme(word))
        add_tls(meant, typed);
    return true;
}

bool foreign_url(const struct meant_typed *typed, struct meant *meant)
{
    const char *second = typed->second, *sign = second ? strstr(second, "://") : NULL;

    if (set_url(typed, meant, typed->first, second))
        return true;
    return sign && sign[strlen("://")] &&
           set_url(typed, meant, second, meant_is_port(typed->first) ? typed->first : NULL);
}

bool foreign_port(const struct meant_typed *typed, struct meant *meant)
{
    const char *second = typed->second;
    char port[8] = "";
    size_t length;

    if (!second)
        return false;
    second += *second == ':';
    length = strspn(second, "0123456789");
    if (length && length < sizeof port && second[length] && strchr("/?#", second[length]))
        snprintf(port, sizeof port, "%.*s", (int)length, second);
    else if (strcmp(second + strcspn(second, ":"), "://") != 0 || !port_of_scheme(second, port))
        return false;
    return meant_is_address(typed->first, port) &&
           meant_set(meant, typed->place, typed->first, port, typed->second,
                     N_("'%.128s' is more than a port; write %s"));
}
