/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/language.h"
#include "text/utf8.h"

enum { NAME_AT = offsetof(struct sockaddr_un, sun_path) };

static const char unix_prefix[] = "unix:";

/* ---- labels ---- */

void endpoint_write_label(char label[ADDRESS_LABEL], const char *host, const char *port)
{
    bool is_ipv6 = strchr(host, ':');
    char *at = stpcpy(label, is_ipv6 ? "[" : "");

    at = stpcpy(stpcpy(at, host), is_ipv6 ? "]:" : ":");
    stpcpy(at, port);
}

bool endpoint_abstract_name(const struct endpoint *endpoint, const char **name, size_t *n)
{
    const struct sockaddr_un *local = &endpoint->address.local;

    if (local->sun_family != AF_UNIX || endpoint->length <= NAME_AT || *local->sun_path)
        return false;
    *name = local->sun_path + 1;
    *n = endpoint->length - NAME_AT - 1;
    return true;
}

static bool is_printable(const struct utf8_char *next)
{
    return next->status == UTF8_GOOD && next->scalar >= ' ' &&
           !(next->scalar >= 0x7F && next->scalar <= 0x9F);
}

static void label_abstract(char label[ADDRESS_LABEL], const char *name, size_t n)
{
    const unsigned char *rest = (const unsigned char *)name;
    size_t length = (size_t)snprintf(label, ADDRESS_LABEL, "%s@", unix_prefix);
    struct utf8_char next;

    while (utf8_take(&rest, &n, &next))
        for (size_t i = 0; i < next.length; i++)
            length += (size_t)snprintf(label + length, ADDRESS_LABEL - length,
                                       is_printable(&next) ? "%c" : "\\x%02X", next.bytes[i]);
}

/* Almost every label: without getnameinfo and printf, which load and take a while. */
static void label_ipv4(char *at, const struct sockaddr_in *address)
{
    const unsigned char *bytes = (const unsigned char *)&address->sin_addr;

    for (int i = 0; i < 4; i++) {
        at = ascii_put_number(at, bytes[i]);
        *at++ = i < 3 ? '.' : ':';
    }
    *ascii_put_number(at, ntohs(address->sin_port)) = '\0';
}

static const struct if_nameindex *learned; /* NULL: none */

void endpoint_learn_zones(void)
{
    if (!learned)
        learned = if_nameindex();
}

static void name_zone(char host[NI_MAXHOST], unsigned zone)
{
    char *at = strchr(host, '%');
    const struct if_nameindex *one = learned;

    while (one && one->if_index && one->if_index != zone)
        one++;
    if (at && one && one->if_index && ascii_is_number(at + 1))
        strcpy(at + 1, one->if_name);
}

static bool write_label(char label[ADDRESS_LABEL], const struct endpoint *endpoint)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getnameinfo(&endpoint->address.any, endpoint->length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    name_zone(host, endpoint->address.v6.sin6_scope_id);
    endpoint_write_label(label, host, port);
    return true;
}

void endpoint_label(const struct endpoint *endpoint, char label[ADDRESS_LABEL])
{
    struct endpoint plain = endpoint_unmapped(endpoint);
    const char *name;
    size_t n;

    if (endpoint_abstract_name(endpoint, &name, &n))
        label_abstract(label, name, n);
    else if (endpoint->address.any.sa_family == AF_UNIX)
        snprintf(label, ADDRESS_LABEL, "%s%.*s", unix_prefix,
                 (int)sizeof endpoint->address.local.sun_path, endpoint->address.local.sun_path);
    else if (plain.address.any.sa_family == AF_INET)
        label_ipv4(label, &plain.address.v4);
    else if (!write_label(label, &plain))
        snprintf(label, ADDRESS_LABEL, "%s", language_text(N_("an unknown address")));
}

unsigned endpoint_port(const struct endpoint *endpoint)
{
    switch (endpoint->address.any.sa_family) {
    case AF_INET: return ntohs(endpoint->address.v4.sin_port);
    case AF_INET6: return ntohs(endpoint->address.v6.sin6_port);
    default: return 0;
    }
}

bool endpoint_is_privileged(const struct endpoint *endpoint)
{
    unsigned port = endpoint_port(endpoint);

    return port > 0 && port < PRIVILEGED_PORTS;
}

bool endpoint_is_every(const struct endpoint *endpoint)
{
    return endpoint->address.any.sa_family == AF_INET
               ? endpoint->address.v4.sin_addr.s_addr == htonl(INADDR_ANY)
               : endpoint->address.any.sa_family == AF_INET6 &&
                     IN6_IS_ADDR_UNSPECIFIED(&endpoint->address.v6.sin6_addr);
}

void endpoint_set_port(struct endpoint *endpoint, unsigned port)
{
    if (endpoint->address.any.sa_family == AF_INET)
        endpoint->address.v4.sin_port = htons((uint16_t)port);
    else if (endpoint->address.any.sa_family == AF_INET6)
        endpoint->address.v6.sin6_port = htons((uint16_t)port);
}

struct endpoint endpoint_unmapped(const struct endpoint *endpoint)
{
    const struct sockaddr_in6 *mapped = &endpoint->address.v6;
    struct endpoint plain = {.length = sizeof plain.address.v4};

    if (endpoint->address.any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&mapped->sin6_addr))
        return *endpoint;
    plain.address.v4.sin_family = AF_INET;
    plain.address.v4.sin_port = mapped->sin6_port;
    memcpy(&plain.address.v4.sin_addr, &mapped->sin6_addr.s6_addr[12], 4);
    return plain;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
    struct endpoint plain = endpoint_unmapped(endpoint);

    if (plain.address.any.sa_family == AF_INET)
        return ntohl(plain.address.v4.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
    return plain.address.any.sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&plain.address.v6.sin6_addr);
}

bool endpoint_needs_zone(const struct endpoint *endpoint)
{
    const struct sockaddr_in6 *v6 = &endpoint->address.v6;

    return endpoint->address.any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
           !v6->sin6_scope_id;
}

static bool is_multicast(const struct endpoint *endpoint)
{
    switch (endpoint->address.any.sa_family) {
    case AF_INET: return IN_MULTICAST(ntohl(endpoint->address.v4.sin_addr.s_addr));
    case AF_INET6: return IN6_IS_ADDR_MULTICAST(&endpoint->address.v6.sin6_addr);
    default: return false;
    }
}

bool endpoint_is_named(const struct endpoint *endpoint)
{
    if (!endpoint->length || endpoint->address.any.sa_family != AF_UNIX)
        return endpoint->length && endpoint_port(endpoint);
    return endpoint->length > sizeof endpoint->address.any.sa_family;
}

enum endpoint_fault endpoint_fault(const struct endpoint *endpoint)
{
    struct endpoint plain = endpoint_unmapped(endpoint);

    if (endpoint_needs_zone(&plain))
        return ENDPOINT_LACKS_ZONE;
    if (is_multicast(&plain))
        return ENDPOINT_IS_MULTICAST;
    if (plain.address.any.sa_family == AF_INET &&
        plain.address.v4.sin_addr.s_addr == htonl(INADDR_BROADCAST))
        return ENDPOINT_IS_BROADCAST;
    return ENDPOINT_IS_FINE;
}

void endpoint_reason(const struct endpoint *endpoint, int number, char reason[ENDPOINT_REASON])
{
    static const char *const faults[] = {
        [ENDPOINT_LACKS_ZONE] = N_("the address needs the interface that it is at"),
        [ENDPOINT_IS_MULTICAST] = N_("the address is a multicast address, and TCP has none"),
        [ENDPOINT_IS_BROADCAST] = N_("the address is a broadcast address, and TCP has none"),
    };
    enum endpoint_fault fault = endpoint_fault(endpoint);

    snprintf(reason, ENDPOINT_REASON, "%s",
             fault ? language_text(faults[fault]) : err_reason(number));
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
