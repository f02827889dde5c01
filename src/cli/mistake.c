/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/mistake.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "cli/typing.h"

enum { BOTH_WORDS = 2 * TYPING_WORD };

/* ---- the right command ---- */

/* "HOST PORT", where the names stand for an empty host, which listen does not need, and for NULL.
 */
static void write_address(enum mistake_place place, const char *host, const char *port,
                          char address[BOTH_WORDS])
{
    char joined[BOTH_WORDS];

    host = *host || place == MISTAKE_LISTEN ? host : "HOST";
    port = port ? port : "PORT";
    snprintf(joined, sizeof joined, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    if (place == MISTAKE_FORWARD)
        correction_quote(joined, address, BOTH_WORDS);
    else
        snprintf(address, BOTH_WORDS, "%s%s%s", host, *host ? " " : "", port);
}

/* The command with this address in the place of the words. */
static int refuse_by(const struct mistake_words *words, const char *address, struct err *err,
                     const char *word, const char *mistake)
{
    struct correction right = *words->line;

    correction_change(&right, words->first, address);
    if (words->second)
        correction_change(&right, words->second, NULL);
    return correction_refuse(&right, word, mistake, err);
}

static int refuse(const struct mistake_words *words, const char *host, const char *port,
                  struct err *err, const char *word, const char *mistake)
{
    char address[BOTH_WORDS];

    write_address(words->place, host, port, address);
    return refuse_by(words, address, err, word, mistake);
}

static bool is_address(const char *host, const char *port)
{
    struct address address;

    return address_parse(&address, host, port, false, NULL) == 0;
}

static bool is_port(const char *word)
{
    return is_address("localhost", word);
}

/* ---- one mistake each ---- */

/* `listen "$PORT"` without that variable. */
static int check_empty(const struct mistake_words *words, struct err *err)
{
    if (*words->first && (!words->second || *words->second))
        return 0;
    return refuse(words, words->place == MISTAKE_LISTEN ? "[HOST]" : "", NULL, err, "",
                  "is empty, perhaps a variable that is not set");
}

static int check_help(const struct mistake_words *words, struct err *err)
{
    if (words->place == MISTAKE_FORWARD || words->second || strcasecmp(words->first, "help") != 0)
        return 0;
    return err_set(err, ERR_USAGE, "'%s' comes first; write tcpchat help %s", words->first,
                   words->line->command);
}

/* The number of "0x1F90", "8,080" and "8080/tcp". 0: another word. */
static unsigned read_foreign(const char *word)
{
    unsigned number, thousands;
    int end = 0;

    if (sscanf(word, "0%*1[xX]%5x%n", &number, &end) == 1 && end && !word[end])
        return number;
    if (sscanf(word, "%2u,%3u%n", &thousands, &number, &end) == 2 && end >= 5 && !word[end])
        return thousands * 1000 + number;
    if (sscanf(word, "%5u/%*1[tT]%*1[cC]%*1[pP]%n", &number, &end) == 1 && end && !word[end])
        return number;
    return 0;
}

static int check_number(const struct mistake_words *words, struct err *err)
{
    const char *colon = words->second ? NULL : strrchr(words->first, ':');
    const char *word = words->second ? words->second : colon ? colon + 1 : words->first;
    unsigned number = ascii_is_number(word) ? 0 : read_foreign(word);
    char host[TYPING_WORD] = "", port[16];

    if (!number || number > 65535)
        return 0;
    if (words->second || colon)
        snprintf(host, sizeof host, "%.*s",
                 (int)(colon ? (size_t)(colon - words->first) : strlen(words->first)),
                 words->first);
    snprintf(port, sizeof port, "%u", number);
    return refuse(words, host, port, err, word, "is no port: a port is a decimal number");
}

/* "localhost:8080 8080" */
static int check_joined(const struct mistake_words *words, struct err *err)
{
    char first[BOTH_WORDS];
    struct address address;

    if (!words->second || !strchr(words->first, ':') ||
        address_parse(&address, words->first, NULL, words->place == MISTAKE_LISTEN, NULL) < 0 ||
        address.kind != ADDRESS_TCP)
        return 0;
    correction_quote(words->first, first, sizeof first);
    return refuse_by(words, first, err, words->second,
                     "is too much: the word before it has a port");
}

/* Which words an address may be that is not of another program: '@' and '/' are taken for a
 * separator only in front of a number. */
static bool is_meant(enum mistake_place place, const struct typing *typing)
{
    const char *first = typing->words[0], *second = typing->count > 1 ? typing->words[1] : NULL;
    struct address address;

    if (second && (ascii_is_number(first) || (typing->is_weak && !ascii_is_number(second))))
        return false;
    return address_parse(&address, first, second, place == MISTAKE_LISTEN, NULL) == 0 &&
           address.kind == ADDRESS_TCP;
}

/* "localhost，8080", "localhost@8080", "8080." and 'localhost 8080' */
static int check_typing(const struct mistake_words *words, struct err *err)
{
    char address[BOTH_WORDS];
    struct typing typing;

    if (strstr(words->first, "://") || !typing_separate(words->first, words->second, &typing) ||
        !is_meant(words->place, &typing))
        return 0;
    if (typing.count > 1)
        write_address(words->place, typing.words[0], typing.words[1], address);
    else
        correction_quote(typing.words[0], address, sizeof address);
    return refuse_by(words, address, err, typing.is_first ? words->first : words->second,
                     typing.fault);
}

/* The port of `http://`; NULL: not known. */
static const char *port_of_scheme(const char *scheme, size_t n, char port[8])
{
    static const char *const others[][2] = {{"ws", "http"}, {"wss", "https"}};
    struct servent *service;
    char name[16];

    snprintf(name, sizeof name, "%.*s", (int)n, scheme);
    for (size_t i = 0; i < 2; i++)
        if (!strcasecmp(name, others[i][0]))
            strcpy(name, others[i][1]);
    service = getservbyname(name, "tcp");
    if (!service)
        return NULL;
    snprintf(port, 8, "%u", ntohs((uint16_t)service->s_port));
    return port;
}

/* Splits "user@host:port/path". The port stays where none is written. */
static void split(char *authority, const char **host, const char **port)
{
    char *name = strrchr(authority, '@'), *colon;

    name = name ? name + 1 : authority;
    *host = name;
    colon = strrchr(name, ':');
    if (*name == '[' && strchr(name, ']')) {
        *host = name + 1;
        colon = strchr(name, ']');
        *colon++ = '\0';
        colon = *colon == ':' ? colon : NULL;
    }
    if (colon && colon[1]) {
        *colon = '\0';
        *port = colon + 1;
    }
}

/* A URL, or a host with a path or a user. */
static int check_url(const struct mistake_words *words, struct err *err)
{
    char ascii[TYPING_WORD], authority[TYPING_WORD], known[8];
    const char *first = typing_to_ascii(words->first, ascii) ? ascii : words->first;
    const char *scheme_end = strstr(first, "://");
    const char *rest = scheme_end ? scheme_end + strlen("://") : first;
    const char *port = scheme_end ? NULL : words->second, *host;

    if (!first[strcspn(first, "/@")] || strcspn(rest, "/?#") >= sizeof authority)
        return 0;
    snprintf(authority, sizeof authority, "%.*s", (int)strcspn(rest, "/?#"), rest);
    split(authority, &host, &port);
    if (!port)
        port = words->second ? words->second
               : scheme_end  ? port_of_scheme(first, (size_t)(scheme_end - first), known)
                             : NULL;
    if (!(*host || words->place == MISTAKE_LISTEN) ||
        !is_address(*host ? host : "localhost", port ? port : "1"))
        return 0;
    return refuse(words, host, port, err, words->first,
                  scheme_end ? "is a URL" : "is more than a host and a port");
}

/* "tcp:localhost:8080", "TCP-LISTEN:8080,fork" and "/dev/tcp/localhost/8080" */
static int check_foreign(const struct mistake_words *words, struct err *err)
{
    static const char *const heads[] = {
        "/dev/tcp/",   "tcp/",         "tcp:",         "tcp4:",       "tcp6:",
        "tcp-listen:", "tcp4-listen:", "tcp6-listen:", "tcp-connect:"};
    char rest[TYPING_WORD], *colon;
    const char *begin = NULL;

    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (!strncasecmp(words->first, heads[i], strlen(heads[i])))
            begin = words->first + strlen(heads[i]);
    if (!begin || *begin == '/' || words->second || strcspn(begin, ",") >= sizeof rest)
        return 0;
    snprintf(rest, sizeof rest, "%.*s", (int)strcspn(begin, ","), begin);
    colon = strrchr(rest, *words->first == '/' ? '/' : ':');
    if (colon)
        *colon++ = '\0';
    if (!is_port(colon ? colon : rest) || (!colon && words->place != MISTAKE_LISTEN))
        return 0;
    return refuse(words, colon ? rest : "", colon ? colon : rest, err, words->first,
                  "is an address of another program");
}

/* "8080 host", "8080:host", "8080@host". */
static int check_order(const struct mistake_words *words, struct err *err)
{
    const char *first = words->first, *second = words->second;
    size_t length = second ? strlen(first) : strcspn(first, ":@");
    char port[TYPING_WORD], both[BOTH_WORDS];

    if (strstr(first, "://") || (!second && (!first[length] || strpbrk(first + length + 1, ":@"))))
        return 0;
    second = second ? second : first + length + 1;
    if (!*second || is_port(second))
        return 0;
    snprintf(port, sizeof port, "%.*s", (int)length, first);
    if (!is_port(port) || !is_address(second, port))
        return 0;
    snprintf(both, sizeof both, "%s%c%.128s", port, first[length] ? first[length] : ' ', second);
    return refuse(words, second, port, err, both, "has the port in front of the host");
}

/* "8080 8081". The system takes a number for an address: 8080 is 0.0.31.144. */
static int check_two_ports(const struct mistake_words *words, struct err *err)
{
    if (!words->second || !ascii_is_number(words->first) || !is_port(words->first) ||
        !is_port(words->second))
        return 0;
    return refuse(words, "", words->second, err, words->first,
                  "is a port, and so is the next word");
}

/* ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2): a socket for IPv6 alone cannot be bound to it. */
static int check_mapped(const struct mistake_words *words, struct err *err)
{
    char host[TYPING_WORD], ipv4[INET_ADDRSTRLEN];
    const char *port = words->second, *first = words->first;
    struct in6_addr address;

    if (words->place != MISTAKE_LISTEN || strlen(first) >= sizeof host)
        return 0;
    strcpy(host, first);
    if (*first == '[')
        split(host, &first, &port);
    if (inet_pton(AF_INET6, first, &address) != 1 || !IN6_IS_ADDR_V4MAPPED(&address))
        return 0;
    inet_ntop(AF_INET, &address.s6_addr[12], ipv4, sizeof ipv4);
    return refuse(words, ipv4, port, err, first, "is an address of IPv4");
}

/* The number behind the address, where another one follows that is the port to listen on. NULL: it
 * is none. */
static const char *find_port_behind(const struct mistake_words *words)
{
    char *const *next = words->line->argv, *const *end = next + words->line->argc;
    const char *found;

    while (next < end && *next != words->first)
        next++;
    if (end - next < 3 || !ascii_is_number(next[1]))
        return NULL;
    found = next[1];
    for (next += 2; next < end; next++)
        if (ascii_is_number(*next))
            return found;
    return NULL;
}

/* "h", "8080", and "h 8080" where the next number is the port to listen on. */
static int check_forward(const struct mistake_words *words, struct err *err)
{
    struct mistake_words both = *words;
    char ascii[TYPING_WORD];
    const char *word = typing_to_ascii(words->first, ascii) ? ascii : words->first;

    if (words->place != MISTAKE_FORWARD || strchr(word, ':'))
        return 0;
    if (ascii_is_number(word))
        return refuse(words, "", word, err, words->first, "has no host");
    both.second = find_port_behind(words);
    return refuse(&both, word, both.second, err, words->first, "has no port");
}

int mistake_check_address(const struct mistake_words *words, struct err *err)
{
    static int (*const checks[])(const struct mistake_words *words, struct err *err) = {
        check_empty, check_help, check_number,    check_joined, check_foreign, check_typing,
        check_order, check_url,  check_two_ports, check_mapped, check_forward};

    if (!strncmp(words->first, "unix:", strlen("unix:")))
        return 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i](words, err) < 0)
            return -1;
    return 0;
}

/* ---- zones ---- */

static bool is_link_local(const struct ifaddrs *one)
{
    const struct sockaddr_in6 *address = (const void *)one->ifa_addr;

    return address && address->sin6_family == AF_INET6 &&
           IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr);
}

/* An interface that has such an address itself. */
static void find_interface(char name[IF_NAMESIZE])
{
    struct ifaddrs *all = NULL;
    const struct ifaddrs *one;

    strcpy(name, "INTERFACE");
    if (getifaddrs(&all) < 0)
        return;
    for (one = all; one && !is_link_local(one);)
        one = one->ifa_next;
    if (one)
        snprintf(name, IF_NAMESIZE, "%s", one->ifa_name);
    freeifaddrs(all);
}

/* fe80::1 is at every interface (RFC 4007), and % in a URL is %25 (RFC 6874). */
int mistake_check_host(const struct mistake_words *words, const struct address *address,
                       struct err *err)
{
    const char *zone = strchr(address->host, '%');
    char host[TYPING_WORD], interface[IF_NAMESIZE];
    struct in6_addr ipv6;

    if (!zone && inet_pton(AF_INET6, address->host, &ipv6) == 1 && IN6_IS_ADDR_LINKLOCAL(&ipv6)) {
        find_interface(interface);
        snprintf(host, sizeof host, "%.128s%%%s", address->host, interface);
        return refuse(words, host, address->port, err, address->host,
                      "needs the interface that it is at");
    }
    if (!zone || strncmp(zone, "%25", 3) != 0 || !zone[3] || if_nametoindex(zone + 1))
        return 0;
    snprintf(host, sizeof host, "%.*s%%%.64s", (int)(zone - address->host), address->host,
             zone + 3);
    return refuse(words, host, address->port, err, address->host,
                  "has %25 for %, which URLs alone need");
}
