/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"

enum {
    FD_DIGITS = 9,
    NAME_AT = offsetof(struct sockaddr_un, sun_path),
};

static const char unix_prefix[] = "unix:", fd_prefix[] = "fd:";

/* ---- as written ---- */

static int copy(char *to, size_t size, const char *from, size_t n, const char *too_long,
                struct err *err)
{
    if (n >= size)
        return err_set(err, ERR_USAGE, too_long, from);
    memcpy(to, from, n);
    to[n] = '\0';
    return 0;
}

/* The fault of "20-30" and "20..30", or of "80,443". NULL: the text is neither. */
static const char *fault_of_several(const char *text)
{
    const char *sign = text + strspn(text, "0123456789");

    if (sign == text || !*sign || text[strspn(text, "0123456789-.,")] ||
        !ascii_is_digit(sign[strspn(sign, "-.,")]) || (*sign == '.' && sign[1] != '.'))
        return NULL;
    if (strchr(text, ','))
        return N_("'%s' is a list; name one port, and loop in the shell");
    return strchr(text, '-') || strstr(text, "..")
               ? N_("'%s' is a range; name one port, and loop in the shell")
               : NULL;
}

bool address_is_several(const char *word)
{
    return fault_of_several(word);
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
    if (ascii_is_number(port) && (strlen(port) > 5 || atoi(port) > 65535))
        return err_set(err, ERR_USAGE, "'%s' is no port; ports go from 1 to 65535", port);
    if (fault_of_several(port))
        return err_set(err, ERR_USAGE, fault_of_several(port), port);
    if (!ascii_is_number(port) && !is_service(port))
        return err_set(err, ERR_USAGE,
                       "'%s' is neither a port number nor a service that this "
                       "system knows",
                       port);
    return copy(address->port, sizeof address->port, port, strlen(port),
                N_("the port '%.40s...' is too long"), err);
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
    return copy(address->host, sizeof address->host, host, length,
                N_("the host '%.40s...' is too long"), err);
}

/* "/run/chat" or "@chat". */
static int parse_unix(struct address *address, const char *path, struct err *err)
{
    bool is_abstract = *path == '@';

    address->kind = is_abstract ? ADDRESS_ABSTRACT : ADDRESS_PATH;
    path += is_abstract;
    if (!*path && is_abstract)
        return err_set(err, ERR_USAGE,
                       "a name is missing; write unix:@NAME, or unix:./@ for a file called '@'");
    if (!*path)
        return err_set(err, ERR_USAGE, "a path is missing; write unix:PATH");
    if (strlen(path) >= sizeof address->path)
        return err_set(err, ERR_USAGE,
                       "'%.40s...' is too long for a unix socket; at most %zu bytes", path,
                       sizeof address->path - 1);
    return copy(address->path, sizeof address->path, path, strlen(path),
                N_("the path '%.40s...' is too long"), err);
}

/* "3" of fd:3. */
static int parse_fd(struct address *address, const char *number, struct err *err)
{
    address->kind = ADDRESS_INHERITED;
    address->fds = 1;
    address->fd = ascii_number(number, FD_DIGITS);
    if (address->fd < 0)
        return err_set(err, ERR_USAGE,
                       "'%s%s' is no descriptor; write %sN with the number of a listening socket",
                       fd_prefix, number, fd_prefix);
    return 0;
}

/* HOST:PORT in one word. */
static int parse_joined(struct address *address, const char *word, bool host_optional,
                        struct err *err)
{
    const char *colon = strrchr(word, ':');
    size_t length = (size_t)(colon - word);

    if (!length && host_optional)
        return set_port(address, colon + 1, err);
    if (!length)
        return err_set(err, ERR_USAGE, "'%s' has no host; write HOST PORT or HOST:PORT", word);
    if (memchr(word, ':', length) && !(word[0] == '[' && word[length - 1] == ']'))
        return err_set(err, ERR_USAGE, "'%s' has several colons; write HOST:PORT or [ADDRESS]:PORT",
                       word);
    if (set_host(address, word, length, err) < 0)
        return -1;
    return set_port(address, colon + 1, err);
}

/* One word without a port behind it. */
static int parse_lone(struct address *address, const char *word, bool host_optional,
                      struct err *err)
{
    if (fault_of_several(word) || (host_optional && (ascii_is_number(word) || is_service(word))))
        return set_port(address, word, err);
    if (ascii_is_number(word))
        return set_port(address, word, err) < 0
                   ? -1
                   : err_set(err, ERR_USAGE, "which host? '%s' is a port", word);
    if (set_host(address, word, strlen(word), err) < 0)
        return -1;
    return err_set(err, ERR_USAGE, "which port? '%s' is a host", word);
}

int address_parse(struct address *address, const char *first, const char *second,
                  bool host_optional, struct err *err)
{
    size_t length = strlen(first);

    *address = (struct address){0};
    if (!strncmp(first, unix_prefix, strlen(unix_prefix))) {
        if (second)
            return err_set(err, ERR_USAGE, "'%s' is too much: unix:PATH has no port", second);
        return parse_unix(address, first + strlen(unix_prefix), err);
    }
    if (host_optional && !second && !strncmp(first, fd_prefix, strlen(fd_prefix)))
        return parse_fd(address, first + strlen(fd_prefix), err);
    if (second) {
        if (set_host(address, first, length, err) < 0)
            return -1;
        return set_port(address, second, err);
    }
    if (strchr(first, ':') && !(first[0] == '[' && first[length - 1] == ']'))
        return parse_joined(address, first, host_optional, err);
    return parse_lone(address, first, host_optional, err);
}

bool address_is_port_0(const struct address *address)
{
    return address->kind == ADDRESS_TCP && strspn(address->port, "0") == strlen(address->port);
}

bool address_is_unix(const struct address *address)
{
    return address->kind == ADDRESS_PATH || address->kind == ADDRESS_ABSTRACT;
}

/* The length says where an abstract name ends. */
void address_unix_endpoint(const struct address *address, struct endpoint *endpoint)
{
    size_t length = strlen(address->path);
    bool is_abstract = address->kind == ADDRESS_ABSTRACT;

    *endpoint = (struct endpoint){.length = sizeof endpoint->address.local};
    endpoint->address.local.sun_family = AF_UNIX;
    memcpy(endpoint->address.local.sun_path + is_abstract, address->path, length);
    if (is_abstract)
        endpoint->length = (socklen_t)(NAME_AT + 1 + length);
}

void address_label(const struct address *address, char label[ADDRESS_LABEL])
{
    struct endpoint endpoint;

    switch (address->kind) {
    case ADDRESS_PATH:
    case ADDRESS_ABSTRACT:
        address_unix_endpoint(address, &endpoint);
        endpoint_label(&endpoint, label);
        break;
    case ADDRESS_INHERITED: snprintf(label, ADDRESS_LABEL, "%s%d", fd_prefix, address->fd); break;
    case ADDRESS_TCP:
        endpoint_write_label(label, *address->host ? address->host : "*", address->port);
        break;
    }
}
