/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unix_prefix[] = "unix:";

/* ---- as written ---- */

static int copy(char *to, size_t size, const char *from, size_t n, const char *what,
                struct err *err)
{
    if (n >= size)
        return err_set(err, ERR_USAGE, "the %s '%.40s...' is too long", what, from);
    memcpy(to, from, n);
    to[n] = '\0';
    return 0;
}

static bool is_digits(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool is_range(const char *text)
{
    size_t first = strspn(text, "0123456789");

    return first && text[first] == '-' && is_digits(text + first + 1);
}

/* musl would find "8080/tcp" in the list, too. */
static bool is_service(const char *name)
{
    return !strchr(name, '/') && getservbyname(name, "tcp");
}

static int set_port(struct address *address, const char *port, struct err *err)
{
    if (!*port)
        return err_set(err, ERR_USAGE, "a port is missing; write HOST:PORT");
    if (is_digits(port) && (strlen(port) > 5 || atoi(port) > 65535))
        return err_set(err, ERR_USAGE, "'%s' is no port; ports go from 1 to 65535", port);
    if (is_range(port))
        return err_set(err, ERR_USAGE, "'%s' is a range; name one port, and loop in the shell",
                       port);
    if (!is_digits(port) && !is_service(port))
        return err_set(err, ERR_USAGE,
                       "'%s' is neither a port number nor a service that this "
                       "system knows",
                       port);
    return copy(address->port, sizeof address->port, port, strlen(port), "port", err);
}

/* "::1", "fe80::1%eth0". */
static bool is_ipv6(const char *text, size_t n)
{
    char copied[INET6_ADDRSTRLEN];
    struct in6_addr address;
    const char *scope = memchr(text, '%', n);

    if (scope)
        n = (size_t)(scope - text);
    if (n >= sizeof copied)
        return false;
    memcpy(copied, text, n);
    copied[n] = '\0';
    return inet_pton(AF_INET6, copied, &address) == 1;
}

/* A host, perhaps in brackets, that is n bytes of `word`. */
static int set_host(struct address *address, const char *word, size_t n, struct err *err)
{
    bool bracketed = n >= 2 && word[0] == '[' && word[n - 1] == ']';
    const char *host = bracketed ? word + 1 : word;
    size_t length = bracketed ? n - 2 : n;

    if (!length)
        return err_set(err, ERR_USAGE, "'%s' has no host; write HOST PORT or HOST:PORT", word);
    if (strcspn(host, ":[]") < length && !is_ipv6(host, length))
        return err_set(err, ERR_USAGE,
                       "'%s' is no host; colons and brackets are for IPv6 addresses, "
                       "such as [::1]",
                       word);
    return copy(address->host, sizeof address->host, host, length, "host", err);
}

static int parse_path(struct address *address, const char *path, struct err *err)
{
    address->is_unix = true;
    if (!*path)
        return err_set(err, ERR_USAGE, "a path is missing; write unix:PATH");
    if (strlen(path) >= sizeof address->path)
        return err_set(err, ERR_USAGE,
                       "'%.40s...' is too long for a unix socket; at most %zu bytes", path,
                       sizeof address->path - 1);
    return copy(address->path, sizeof address->path, path, strlen(path), "path", err);
}

/* HOST:PORT in one word. */
static int parse_joined(struct address *address, const char *word, struct err *err)
{
    const char *colon = strrchr(word, ':');
    size_t length = (size_t)(colon - word);

    if (memchr(word, ':', length) && !(word[0] == '[' && word[length - 1] == ']'))
        return err_set(err, ERR_USAGE,
                       "'%s' could end in a port or not; write [%s] PORT or "
                       "[ADDRESS]:PORT",
                       word, word);
    if (set_host(address, word, length, err) < 0)
        return -1;
    return set_port(address, colon + 1, err);
}

/* One word without a port behind it. */
static int parse_lone(struct address *address, const char *word, bool host_optional,
                      struct err *err)
{
    if (host_optional && (is_digits(word) || is_service(word)))
        return set_port(address, word, err);
    if (host_optional)
        return err_set(err, ERR_USAGE, "which port? '%s' is none; write tcpchat listen %s PORT",
                       word, word);
    if (is_digits(word))
        return err_set(err, ERR_USAGE, "which host? write tcpchat connect HOST %s", word);
    return err_set(err, ERR_USAGE, "which port? write tcpchat connect %s PORT", word);
}

int address_parse(struct address *address, const char *first, const char *second,
                  bool host_optional, struct err *err)
{
    size_t length = strlen(first);

    *address = (struct address){0};
    if (!strncmp(first, unix_prefix, strlen(unix_prefix))) {
        if (second)
            return err_set(err, ERR_USAGE, "'%s' is too much: unix:PATH has no port", second);
        return parse_path(address, first + strlen(unix_prefix), err);
    }
    if (second) {
        if (set_host(address, first, length, err) < 0)
            return -1;
        return set_port(address, second, err);
    }
    if (strchr(first, ':') && !(first[0] == '[' && first[length - 1] == ']'))
        return parse_joined(address, first, err);
    return parse_lone(address, first, host_optional, err);
}

static void label_of(char label[ADDRESS_LABEL], const char *host, const char *port)
{
    snprintf(label, ADDRESS_LABEL, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

void address_label(const struct address *address, char label[ADDRESS_LABEL])
{
    if (address->is_unix)
        snprintf(label, ADDRESS_LABEL, "%s%s", unix_prefix, address->path);
    else
        label_of(label, *address->host ? address->host : "*", address->port);
}

/* ---- socket addresses ---- */

void endpoint_label(const struct endpoint *endpoint, char label[ADDRESS_LABEL])
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (endpoint->address.any.sa_family == AF_UNIX)
        snprintf(label, ADDRESS_LABEL, "%s%.*s", unix_prefix,
                 (int)sizeof endpoint->address.local.sun_path, endpoint->address.local.sun_path);
    else if (getnameinfo(&endpoint->address.any, endpoint->length, host, sizeof host, port,
                         sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        label_of(label, host, port);
    else
        snprintf(label, ADDRESS_LABEL, "an unknown address");
}

unsigned endpoint_port(const struct endpoint *endpoint)
{
    switch (endpoint->address.any.sa_family) {
    case AF_INET: return ntohs(endpoint->address.v4.sin_port);
    case AF_INET6: return ntohs(endpoint->address.v6.sin6_port);
    default: return 0;
    }
}

void endpoint_set_port(struct endpoint *endpoint, unsigned port)
{
    if (endpoint->address.any.sa_family == AF_INET)
        endpoint->address.v4.sin_port = htons((uint16_t)port);
    else if (endpoint->address.any.sa_family == AF_INET6)
        endpoint->address.v6.sin6_port = htons((uint16_t)port);
}

void endpoint_of_path(struct endpoint *endpoint, const struct address *address)
{
    *endpoint = (struct endpoint){.length = sizeof endpoint->address.local};
    endpoint->address.local.sun_family = AF_UNIX;
    strcpy(endpoint->address.local.sun_path, address->path);
}

struct in6_addr ipv6_of_ipv4(struct in_addr ipv4)
{
    struct in6_addr ipv6 = {.s6_addr = {[10] = 0xFF, [11] = 0xFF}};

    memcpy(&ipv6.s6_addr[12], &ipv4, sizeof ipv4);
    return ipv6;
}

bool endpoint_ipv6(const struct endpoint *endpoint, struct in6_addr *ipv6)
{
    switch (endpoint->address.any.sa_family) {
    case AF_INET: *ipv6 = ipv6_of_ipv4(endpoint->address.v4.sin_addr); return true;
    case AF_INET6: *ipv6 = endpoint->address.v6.sin6_addr; return true;
    default: return false;
    }
}

/* The key of unix sockets (::1) is no key of an IPv6 /64. */
void endpoint_host(const struct endpoint *endpoint, struct host_key *key)
{
    struct in6_addr address;

    *key = (struct host_key){.bytes = {[15] = 1}};
    if (!endpoint_ipv6(endpoint, &address))
        return;
    if (!IN6_IS_ADDR_V4MAPPED(&address))
        memset(&address.s6_addr[8], 0, 8);
    memcpy(key->bytes, &address, sizeof key->bytes);
}
