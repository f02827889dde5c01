/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/language.h"
#include "net/cidr.h"

static const char default_port[] = "1080";

/* ---- as written ---- */

static const char *behind_scheme(const char *written)
{
    const char *sign = strstr(written, "://");

    return sign ? sign + 3 : written;
}

/* The @ behind a login, which may have further ones. NULL: there is no login. */
static const char *find_at(const char *written)
{
    return strrchr(behind_scheme(written), '@');
}

char *proxy_take_login(char *written)
{
    const char *from = behind_scheme(written), *at = find_at(written);
    char *login = at ? strndup(from, (size_t)(at - from)) : NULL;

    if (at)
        memset(written + (from - written), '*', (size_t)(at - from));
    return login;
}

static const struct {
    char name[8];
    enum proxy_kind kind;
    char advice[80]; /* "": the scheme is known */
} schemes[] = {
    {"http", PROXY_HTTP, ""},
    {"socks5", PROXY_SOCKS5, ""},
    {"socks5h", PROXY_SOCKS5, ""},
    {"socks4a", PROXY_SOCKS4A, ""},
    {"socks4", PROXY_SOCKS4A, N_("%s://: write socks4a://, where the proxy looks names up")},
    {"socks", PROXY_SOCKS5, N_("%s://: write socks5:// or socks4a://")},
    {"https", PROXY_HTTP,
     N_("%s://: TLS to the proxy itself is not in this version; http:// asks without")},
};

/* "socks5:proxy:1080" and "http//proxy". A host may have the name of a scheme: "http:3128". */
static int check_sign(const char *written, struct err *err)
{
    size_t length = strcspn(written, ":/");
    const char *rest = written + length + strspn(written + length, ":/");

    if (!written[length] || !*rest || ascii_is_number(rest))
        return 0;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strlen(schemes[i].name) == length && strncasecmp(schemes[i].name, written, length) == 0)
            return err_set(err, ERR_USAGE, "'%.80s': a scheme has :// behind it; write %s://%.80s",
                           written, schemes[i].name, rest);
    return 0;
}

static int read_scheme(struct proxy *proxy, const char *written, struct err *err)
{
    size_t length = (size_t)(behind_scheme(written) - written);

    proxy->kind = PROXY_HTTP;
    if (!length)
        return check_sign(written, err);
    length -= strlen("://");
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strlen(schemes[i].name) != length || strncasecmp(schemes[i].name, written, length) != 0)
            continue;
        proxy->kind = schemes[i].kind;
        return *schemes[i].advice ? err_set(err, ERR_USAGE, schemes[i].advice, schemes[i].name) : 0;
    }
    return err_set(err, ERR_USAGE,
                   "'%.*s' is no kind of proxy; these are http, socks5, socks5h and socks4a",
                   (int)length, written);
}

/* Whether the text is a host without a port: "proxy", "[::1]", "::1". */
static bool is_host_alone(const char *text)
{
    const char *colon = strrchr(text, ':');
    struct in6_addr address;

    return !colon || text[strlen(text) - 1] == ']' || inet_pton(AF_INET6, text, &address) == 1;
}

static bool has_blank(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F)
            return true;
    return false;
}

/* "::1:1080" is an address, and looks like ::1 with a port. */
static bool is_doubtful(const char *place)
{
    const char *colon = strrchr(place, ':');
    struct in6_addr address;
    char host[INET6_ADDRSTRLEN];

    if (!colon || *place == '[' || inet_pton(AF_INET6, place, &address) != 1 ||
        !ascii_is_number(colon + 1))
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - place), place);
    return inet_pton(AF_INET6, host, &address) == 1;
}

static int refuse_place(const char *from, size_t length, struct err *err)
{
    if (!strncmp(from, "unix:", strlen("unix:")))
        return err_set(err, ERR_USAGE, "'%.80s': a proxy is reached at HOST:PORT", from);
    if (from[length] && !has_blank(from))
        return err_set(err, ERR_USAGE, "'%.80s': a proxy has no path; write HOST:PORT", from);
    return err_set(err, ERR_USAGE, "'%.80s' is no HOST:PORT of a proxy", from);
}

static int check_place(const char *place, struct err *err)
{
    const char *port = place + (*place == ':');

    if (!*place)
        return err_set(err, ERR_USAGE, "the host of the proxy is missing; write HOST:PORT");
    if (ascii_is_number(port))
        return err_set(err, ERR_USAGE, "'%s' has no host; write HOST:%s", place, port);
    if (is_doubtful(place))
        return err_set(err, ERR_USAGE,
                       "'%s' is an IPv6 address with or without a port; write [ADDRESS]:PORT",
                       place);
    return 0;
}

static int read_address(struct proxy *proxy, const char *written, struct err *err)
{
    const char *at = find_at(written);
    const char *from = at ? at + 1 : behind_scheme(written);
    size_t length = strcspn(from, "/?#");
    bool has_path = from[length] && strcmp(from + length, "/") != 0;
    char place[ADDRESS_HOST + ADDRESS_PORT];

    if (length >= sizeof place || has_path || has_blank(from))
        return refuse_place(from, length, err);
    snprintf(place, sizeof place, "%.*s", (int)length, from);
    if (check_place(place, err) < 0)
        return -1;
    if (address_parse(&proxy->address, place, is_host_alone(place) ? default_port : NULL, false,
                      err) < 0)
        return -1;
    if (proxy->address.kind != ADDRESS_TCP)
        return err_set(err, ERR_USAGE, "'%s': a proxy is reached at HOST:PORT", place);
    if (address_is_port_0(&proxy->address))
        return err_set(err, ERR_USAGE, "'%s': no proxy is reached at port 0", place);
    return 0;
}

int proxy_parse(struct proxy *proxy, const char *written, struct err *err)
{
    return read_scheme(proxy, written, err) < 0 ? -1 : read_address(proxy, written, err);
}

/* ---- the login ---- */

/* Moves *from past the next byte, %HH or itself. -1: a % has no two digits behind it. */
static int take_byte(const char **from, const char *end, bool is_encoded)
{
    const char *at = (*from)++;

    if (!is_encoded || *at != '%')
        return (unsigned char)*at;
    if (end - at < 3 || ascii_hex(at[1]) < 0 || ascii_hex(at[2]) < 0)
        return -1;
    *from = at + 3;
    return ascii_hex(at[1]) * 16 + ascii_hex(at[2]);
}

/* Copies what is written up to `end`. NULL: it is right; or why it is not. */
static const char *copy_part(char part[PROXY_LOGIN_PART + 1], const char *from, const char *end,
                             bool is_encoded)
{
    size_t length = 0;

    while (from < end) {
        int byte = take_byte(&from, end, is_encoded);

        if (byte < 0)
            return N_("a %% in USER:PASS has two hexadecimal digits behind it; a percent sign is "
                      "written %%25");
        if (byte == 0)
            return N_("%%00 stands in USER:PASS, and no proxy takes a NUL");
        if (length == PROXY_LOGIN_PART)
            return N_("a user and a password have at most 255 bytes each");
        part[length++] = (char)byte;
    }
    part[length] = '\0';
    return NULL;
}

_Static_assert(PROXY_LOGIN_PART == 255, "a sentence says so");

int proxy_read_login(struct proxy_login *login, const char *written, bool is_encoded,
                     struct err *err)
{
    const char *colon = written + strcspn(written, ":"), *end = written + strlen(written);
    const char *fault = copy_part(login->user, written, colon, is_encoded);

    if (!fault)
        fault = copy_part(login->password, colon + (*colon == ':'), end, is_encoded);
    if (!*written)
        fault = N_("USER:PASS is missing");
    else if (colon == written)
        fault = N_("USER:PASS has no user");
    return fault ? err_set(err, ERR_USAGE, fault, 0) : 0;
}

/* ---- NO_PROXY ---- */

static bool has_address(const char *word, size_t n, const struct in6_addr *address)
{
    struct cidr_set set = {0};
    bool holds = cidr_add(&set, word, n, NULL) == 0;

    cidr_settle(&set);
    holds = holds && cidr_hold(&set, address);
    cidr_fini(&set);
    return holds;
}

/* Patterns, ports and semicolons of other programs. */
static bool is_odd(const char *word, size_t n)
{
    struct cidr_set set = {0};
    bool is_range = cidr_add(&set, word, n, NULL) == 0;

    cidr_fini(&set);
    return memchr(word, '*', n) || memchr(word, ';', n) || (memchr(word, ':', n) && !is_range);
}

const char *proxy_find_odd(const char *list, size_t *length)
{
    if (!strcmp(list, "*"))
        return NULL;
    while (*list) {
        *length = strcspn(list, ", \t");
        if (*length && is_odd(list, *length))
            return list;
        list += *length + strspn(list + *length, ", \t");
    }
    return NULL;
}

/* Whether the host is the name of n bytes, or below it. */
static bool has_name(const char *word, size_t n, const char *host)
{
    size_t length = strlen(host);

    while (n && *word == '.') {
        word++;
        n--;
    }
    n -= n && word[n - 1] == '.';
    length -= length && host[length - 1] == '.';
    return n && length >= n && !strncasecmp(host + length - n, word, n) &&
           (length == n || host[length - n - 1] == '.');
}

bool proxy_is_exempt(const char *list, const char *host)
{
    struct in6_addr ipv6;
    struct in_addr ipv4;
    bool is_ipv4 = inet_pton(AF_INET, host, &ipv4) == 1;
    bool is_address = is_ipv4 || inet_pton(AF_INET6, host, &ipv6) == 1;

    if (is_ipv4)
        ipv6 = ipv6_of_ipv4(ipv4);
    if (!strcmp(list, "*"))
        return true;
    while (*list) {
        size_t n = strcspn(list, ", \t");

        if (n && (is_address ? has_address(list, n, &ipv6) : has_name(list, n, host)))
            return true;
        list += n + strspn(list + n, ", \t");
    }
    return false;
}
