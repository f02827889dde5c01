/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/mistake.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/suggest.h"
#include "text/utf8.h"

/* ---- ASCII ---- */

/* Input methods for Chinese and Japanese write full-width forms, U+FF01 to U+FF5E, and word
 * processors make one dash of two hyphens. */
static uint32_t to_ascii(uint32_t scalar)
{
    if (scalar >= 0xFF01 && scalar <= 0xFF5E)
        return scalar - 0xFF01 + '!';
    if ((scalar >= 0x2010 && scalar <= 0x2015) || scalar == 0x2212)
        return '-';
    return scalar == 0x3002 ? '.' : scalar == 0x3000 ? ' ' : scalar;
}

bool mistake_to_ascii(const char *word, char ascii[MISTAKE_WORD])
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t left = strlen(word), length = 0;
    bool changes = false;
    struct utf8_char next;

    while (utf8_take(&bytes, &left, &next)) {
        uint32_t scalar = next.status == UTF8_GOOD ? to_ascii(next.scalar) : 0;

        if (!scalar || scalar > 0x7E || length + 1 == MISTAKE_WORD)
            return false;
        changes |= scalar != next.scalar;
        ascii[length++] = (char)scalar;
    }
    ascii[length] = '\0';
    return changes;
}

/* ---- the right command ---- */

/* "tcpchat connect HOST PORT"; a host may be empty for listen. */
static void write_right(enum mistake_place place, const char *host, const char *port,
                        char right[2 * MISTAKE_WORD])
{
    const char *form = place == MISTAKE_CONNECT ? "tcpchat connect %s %s"
                       : place == MISTAKE_LISTEN
                           ? *host ? "tcpchat listen %s %s" : "tcpchat listen %s%s"
                       : strchr(host, ':') != NULL ? "--forward [%s]:%s"
                                                   : "--forward %s:%s";

    snprintf(right, 2 * MISTAKE_WORD, form, host, port);
}

static int refuse(enum mistake_place place, const char *host, const char *port, struct err *err,
                  const char *word, const char *mistake)
{
    char right[2 * MISTAKE_WORD];

    write_right(place, host, port, right);
    return err_set(err, ERR_USAGE, "'%.128s' %s; write %s", word, mistake, right);
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
static int check_empty(enum mistake_place place, const char *first, const char *second,
                       struct err *err)
{
    char right[2 * MISTAKE_WORD];

    if (*first && (!second || *second))
        return 0;
    write_right(place, place == MISTAKE_LISTEN ? "[HOST]" : "HOST", "PORT", right);
    return err_set(err, ERR_USAGE, "'' is empty, perhaps a variable that is not set; write %s",
                   right);
}

static int check_ascii(enum mistake_place place, const char *first, const char *second,
                       struct err *err)
{
    static const char *const heads[] = {"tcpchat connect", "tcpchat listen", "--forward"};
    char ascii[2][MISTAKE_WORD];
    bool is_other[2] = {mistake_to_ascii(first, ascii[0]),
                        second && mistake_to_ascii(second, ascii[1])};

    if (!strncmp(first, "unix:", strlen("unix:")) || (!is_other[0] && !is_other[1]))
        return 0;
    return err_set(err, ERR_USAGE, "'%.128s' is not written in ASCII; write %s %s%s%s",
                   is_other[0] ? first : second, heads[place], is_other[0] ? ascii[0] : first,
                   second ? " " : "",
                   is_other[1] ? ascii[1]
                   : second    ? second
                               : "");
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
static int check_url(enum mistake_place place, const char *first, const char *second,
                     struct err *err)
{
    const char *scheme_end = strstr(first, "://");
    const char *rest = scheme_end ? scheme_end + strlen("://") : first;
    const char *port = scheme_end ? NULL : second, *host;
    char authority[MISTAKE_WORD], known[8];

    if (!strncmp(first, "unix:", strlen("unix:")) || !first[strcspn(first, "/@")] ||
        strcspn(rest, "/?#") >= sizeof authority)
        return 0;
    snprintf(authority, sizeof authority, "%.*s", (int)strcspn(rest, "/?#"), rest);
    split(authority, &host, &port);
    if (!port)
        port = second       ? second
               : scheme_end ? port_of_scheme(first, (size_t)(scheme_end - first), known)
                            : NULL;
    if (!(*host || place == MISTAKE_LISTEN) ||
        !is_address(*host ? host : "localhost", port ? port : "1"))
        return 0;
    return refuse(place, host, port ? port : "PORT", err, first,
                  scheme_end ? "is a URL" : "is more than a host and a port");
}

/* "8080 host", "8080:host". */
static int check_order(enum mistake_place place, const char *first, const char *second,
                       struct err *err)
{
    size_t length = strcspn(first, ":");
    char port[MISTAKE_WORD], both[2 * MISTAKE_WORD];

    if (!second && (!first[length] || strchr(first + length + 1, ':')))
        return 0;
    snprintf(port, sizeof port, "%.*s", (int)(second ? strlen(first) : length), first);
    second = second ? second : first + length + 1;
    if (!*second || is_port(second) || !is_port(port) || !is_address(second, port))
        return 0;
    snprintf(both, sizeof both, "%s%c%.128s", port, first[length] ? ':' : ' ', second);
    return refuse(place, second, port, err, both, "has the port in front of the host");
}

/* "8080 8081". The system takes a number for an address: 8080 is 0.0.31.144. */
static int check_two_ports(enum mistake_place place, const char *first, const char *second,
                           struct err *err)
{
    size_t digits = strspn(first, "0123456789");

    if (!second || !digits || first[digits] || !is_port(first) || !is_port(second))
        return 0;
    return refuse(place, place == MISTAKE_LISTEN ? "" : "HOST", second, err, first,
                  "is a port, and so is the next word");
}

/* ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2): a socket for IPv6 alone cannot be bound to it. */
static int check_mapped(enum mistake_place place, const char *first, const char *second,
                        struct err *err)
{
    char host[MISTAKE_WORD], ipv4[INET_ADDRSTRLEN];
    const char *port = second ? second : "PORT";
    struct in6_addr address;

    if (place != MISTAKE_LISTEN || strlen(first) >= sizeof host)
        return 0;
    strcpy(host, first);
    if (*first == '[')
        split(host, &first, &port);
    if (inet_pton(AF_INET6, first, &address) != 1 || !IN6_IS_ADDR_V4MAPPED(&address))
        return 0;
    inet_ntop(AF_INET, &address.s6_addr[12], ipv4, sizeof ipv4);
    return refuse(place, ipv4, port, err, first, "is an address of IPv4");
}

static int check_forward(enum mistake_place place, const char *first, const char *second,
                         struct err *err)
{
    if (place != MISTAKE_FORWARD || second || strchr(first, ':'))
        return 0;
    return refuse(place, first, "PORT", err, first, "has no port");
}

int mistake_check_address(enum mistake_place place, const char *first, const char *second,
                          struct err *err)
{
    static int (*const checks[])(enum mistake_place place, const char *first, const char *second,
                                 struct err *err) = {check_empty,  check_ascii,     check_url,
                                                     check_order,  check_two_ports, check_mapped,
                                                     check_forward};

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i](place, first, second, err) < 0)
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
int mistake_check_host(enum mistake_place place, const struct address *address, struct err *err)
{
    const char *zone = strchr(address->host, '%');
    char host[MISTAKE_WORD], interface[IF_NAMESIZE];
    struct in6_addr ipv6;

    if (!zone && inet_pton(AF_INET6, address->host, &ipv6) == 1 && IN6_IS_ADDR_LINKLOCAL(&ipv6)) {
        find_interface(interface);
        snprintf(host, sizeof host, "%.128s%%%s", address->host, interface);
        return refuse(place, host, address->port, err, address->host,
                      "needs the interface that it is at");
    }
    if (!zone || strncmp(zone, "%25", 3) != 0 || !zone[3] || if_nametoindex(zone + 1))
        return 0;
    snprintf(host, sizeof host, "%.*s%%%.64s", (int)(zone - address->host), address->host,
             zone + 3);
    return refuse(place, host, address->port, err, address->host,
                  "has %25 for %, which URLs alone need");
}

/* ---- dashes ---- */

static const char *place_name(enum command command)
{
    return command == COMMAND_LISTEN ? "listen" : "connect";
}

/* "-k" for one letter, "--chat" for the name of an option or nearly one. */
static void write_option(const char *word, char option[MISTAKE_WORD + 2])
{
    const char *rest = word + strspn(word, "-");
    char name[MISTAKE_WORD];
    struct suggest suggest = {.word = name};

    snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, "="), rest);
    for (size_t i = 0; i < option_row_count; i++)
        suggest_offer(&suggest, option_table[i].name);
    if (suggest.name && strlen(name) > 1)
        snprintf(option, MISTAKE_WORD + 2, "--%s%s", suggest.name, rest + strlen(name));
    else
        snprintf(option, MISTAKE_WORD + 2, "-%s", rest);
}

int mistake_check_dash(enum command command, const char *word, struct err *err)
{
    char ascii[MISTAKE_WORD], option[MISTAKE_WORD + 2];

    if (*word == '-' || !mistake_to_ascii(word, ascii) || *ascii != '-')
        return 0;
    write_option(ascii, option);
    return err_set(err, ERR_USAGE,
                   "'%.128s' begins with a dash, not with a hyphen; write tcpchat %s %s", word,
                   place_name(command), option);
}

/* ---- the first word ---- */

static const char *suggest_command(const char *word)
{
    struct suggest suggest = {.word = word};

    suggest_offer(&suggest, "listen");
    suggest_offer(&suggest, "connect");
    suggest_offer(&suggest, "help");
    return suggest.name;
}

/* The first operand behind `nc -l`, where only options without a value stand before it. */
static const char *find_port(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (is_port(argv[i]))
            return argv[i];
    return "PORT";
}

static bool is_habit_of_listening(const char *word)
{
    return *word == '-' && word[1] != '-' && strchr(word, 'l');
}

/* An address where the command is missing. -1 where it is none. */
static int explain_address(int argc, char **argv, struct err *err)
{
    const char *word = argv[0], *second = argc > 1 ? argv[1] : NULL;
    char right[2 * MISTAKE_WORD] = "tcpchat connect ";

    if (argc == 1 && is_port(word))
        return err_set(err, ERR_USAGE, "'%s' has no command before it; write tcpchat listen %s",
                       word, word);
    if (argc > 2 || strlen(word) + (second ? strlen(second) : 0) >= MISTAKE_WORD)
        return 0;
    if (mistake_check_address(MISTAKE_CONNECT, word, second, err) < 0)
        return -1;
    if (!is_address(word, second))
        return 0;
    strcat(strcat(strcat(right, word), second ? " " : ""), second ? second : "");
    return err_set(err, ERR_USAGE, "'%s' has no command before it; write %s", word, right);
}

int mistake_explain_command(int argc, char **argv, struct err *err)
{
    static const char usage[] = "write tcpchat listen PORT or tcpchat connect HOST PORT";
    const char *word = argv[0], *meant = suggest_command(word);
    char ascii[MISTAKE_WORD];

    if (meant)
        return err_set(err, ERR_USAGE, "'%s' is no command; did you mean %s?", word, meant);
    if (is_habit_of_listening(word))
        return err_set(err, ERR_USAGE, "-l is a command here; write tcpchat listen %s",
                       find_port(argc, argv));
    if (*word == '-')
        return err_set(err, ERR_USAGE, "%s stands before a command; %s", word, usage);
    if (mistake_to_ascii(word, ascii) && *ascii == '-')
        return err_set(err, ERR_USAGE, "'%s' begins with a dash, not with a hyphen; %s", word,
                       usage);
    if (*word && explain_address(argc, argv, err) < 0)
        return -1;
    return err_set(err, ERR_USAGE, "'%s' is no command; %s", word, usage);
}
