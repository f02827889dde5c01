/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/numeric.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"

/* The address without its zone. False: the host is a name. */
static bool read_number(const char *host, struct endpoint *endpoint)
{
    const char *zone = strchr(host, '%');
    char bare[INET6_ADDRSTRLEN + 1];

    *endpoint = (struct endpoint){.length = sizeof endpoint->address.v4};
    snprintf(bare, sizeof bare, "%.*s", (int)(zone ? zone - host : INET6_ADDRSTRLEN), host);
    if (!zone && inet_pton(AF_INET, host, &endpoint->address.v4.sin_addr) == 1) {
        endpoint->address.v4.sin_family = AF_INET;
        return true;
    }
    endpoint->length = sizeof endpoint->address.v6;
    endpoint->address.v6.sin6_family = AF_INET6;
    endpoint->address.v6.sin6_scope_id = zone && strcmp(zone, "%0") != 0;
    return inet_pton(AF_INET6, bare, &endpoint->address.v6.sin6_addr) == 1;
}

static bool is_ipv6(const char *text)
{
    const char *zone = strchr(text, '%');
    struct endpoint endpoint;

    return !(zone && strchr(zone, ':')) && read_number(text, &endpoint) &&
           endpoint.address.any.sa_family == AF_INET6;
}

/* ---- without brackets ---- */

/* The address in front of a port. The port of "::8080" is one, but that of "::1" is not. */
static const char *split(char *address)
{
    char *colon = strrchr(address, ':');

    if (!strncmp(address, "::", 2) && colon == address + 1 && ascii_is_number(colon + 1) &&
        strcmp(colon + 1, "1") != 0) {
        memmove(colon + 2, colon + 1, strlen(colon + 1) + 1);
        colon++;
    }
    *colon = '\0';
    return colon + 1;
}

/* "[::1]80" */
static bool lacks_colon(const struct meant_typed *typed, struct meant *meant)
{
    const char *end = strchr(typed->first, ']');
    char host[MEANT_WORD];

    if (typed->second || *typed->first != '[' || !end || !ascii_is_number(end + 1))
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(end - typed->first - 1), typed->first + 1);
    return is_ipv6(host) && meant_is_port(end + 1) &&
           meant_set(meant, typed->place, host, end + 1, typed->first,
                     N_("'%.128s' has no colon behind its bracket; write %s"));
}

/* "::1", "::1:80" and ":::80" in one word. */
static bool is_bare(const struct meant_typed *typed, struct meant *meant)
{
    const char *first = typed->first, *port;
    char head[MEANT_WORD];

    if (typed->second || strchr(first, ':') == strrchr(first, ':') ||
        strlen(first) + 2 > sizeof head)
        return false;
    strcpy(head, first);
    port = split(head);
    if (is_ipv6(head) && meant_is_port(port))
        return meant_set(meant, typed->place, head, port, first,
                         is_ipv6(first)
                             ? N_("'%.128s' could end in a port or not; write %s")
                             : N_("'%.128s' has no brackets around its address; write %s"));
    if (!is_ipv6(first))
        return false;
    meant_set(meant, typed->place, first, NULL, first, NULL);
    meant->question = N_("which port? write %s");
    return true;
}

/* ---- the host ---- */

/* A host, in one word with its port or in two. */
struct host {
    enum meant_place place;
    const char *name, *port;
    struct endpoint endpoint; /* without a port, and the zone may be any */
};

/* % in a URL is %25 (RFC 6874). */
static bool has_url_zone(const struct host *host, struct meant *meant)
{
    const char *zone = strchr(host->name, '%');
    char right[MEANT_WORD];

    if (!zone || strncmp(zone, "%25", 3) != 0 || !zone[3] || if_nametoindex(zone + 1))
        return false;
    snprintf(right, sizeof right, "%.*s%%%.64s", (int)(zone - host->name), host->name, zone + 3);
    return meant_set(meant, host->place, right, host->port, host->name,
                     N_("'%.128s' has %%25 for %%, which URLs alone need; write %s"));
}

/* The system takes the name of an interface for these addresses alone. */
static bool has_vain_zone(const struct host *host, struct meant *meant)
{
    const struct in6_addr *ipv6 = &host->endpoint.address.v6.sin6_addr;
    const char *zone = strchr(host->name, '%');
    char right[MEANT_WORD];

    if (!zone || ascii_is_number(zone + 1) || IN6_IS_ADDR_LINKLOCAL(ipv6) ||
        IN6_IS_ADDR_MC_LINKLOCAL(ipv6))
        return false;
    snprintf(right, sizeof right, "%.*s", (int)(zone - host->name), host->name);
    return meant_set(
        meant, host->place, right, host->port, host->name,
        N_("'%.128s' has an interface, which addresses of fe80:: alone need; write %s"));
}

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

/* fe80::1 is at every interface (RFC 4007). No host has the other addresses. */
static bool is_unusable(const struct host *host, struct meant *meant)
{
    static const char *const faults[] = {
        [ENDPOINT_LACKS_ZONE] = N_("'%.128s' needs the interface that it is at; write %s"),
        [ENDPOINT_IS_MULTICAST] = N_("'%.128s' is a multicast address, and TCP has none; write %s"),
        [ENDPOINT_IS_BROADCAST] = N_("'%.128s' is a broadcast address, and TCP has none; write %s"),
    };
    enum endpoint_fault fault = endpoint_fault(&host->endpoint);
    char right[MEANT_WORD] = "", interface[IF_NAMESIZE];

    if (!fault)
        return false;
    if (endpoint_needs_zone(&host->endpoint)) {
        find_interface(interface);
        snprintf(right, sizeof right, "%.*s%%%s", (int)strcspn(host->name, "%"), host->name,
                 interface);
    }
    return meant_set(meant, host->place, right, host->port, host->name, faults[fault]);
}

/* ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2): a socket for IPv6 alone cannot be bound to it. */
static bool is_mapped(const struct host *host, struct meant *meant)
{
    const struct endpoint *endpoint = &host->endpoint;
    char ipv4[INET_ADDRSTRLEN];

    if (host->place != MEANT_LISTEN || endpoint->address.any.sa_family != AF_INET6 ||
        !IN6_IS_ADDR_V4MAPPED(&endpoint->address.v6.sin6_addr))
        return false;
    inet_ntop(AF_INET, &endpoint->address.v6.sin6_addr.s6_addr[12], ipv4, sizeof ipv4);
    return meant_set(meant, host->place, ipv4, host->port, host->name,
                     N_("'%.128s' is an address of IPv4; write %s"));
}

static bool is_of_other_family(const struct meant_typed *typed, const struct host *host,
                               struct meant *meant)
{
    int family = host->endpoint.address.any.sa_family;

    if (!typed->family_word || family == (typed->family == '4' ? AF_INET : AF_INET6))
        return false;
    meant_set(meant, typed->place, host->name, host->port, host->name,
              family == AF_INET
                  ? N_("'%.128s' is an address of IPv4, and -6 allows none; write %s")
                  : N_("'%.128s' is an address of IPv6, and -4 allows none; write %s"));
    meant->drops_family = true;
    return true;
}

bool numeric_find(const struct meant_typed *typed, struct meant *meant)
{
    struct address address;
    struct host host = {.place = typed->place, .name = address.host};

    if (lacks_colon(typed, meant) || is_bare(typed, meant))
        return true;
    if (!meant_is_host(typed, &address) || !read_number(address.host, &host.endpoint))
        return false;
    host.port = typed->second ? typed->second : strrchr(typed->first, ':') + 1;
    return has_vain_zone(&host, meant) || has_url_zone(&host, meant) || is_mapped(&host, meant) ||
           is_unusable(&host, meant) || is_of_other_family(typed, &host, meant);
}

int numeric_check_source(const char *source, const struct correction *line, struct err *err)
{
    struct host host = {.place = MEANT_CONNECT, .name = source};
    struct correction right = *line;
    char quoted[MEANT_WORDS];
    struct meant meant;

    if (!read_number(source, &host.endpoint) ||
        !(has_vain_zone(&host, &meant) || has_url_zone(&host, &meant) ||
          is_unusable(&host, &meant)))
        return 0;
    correction_quote(strchr(meant.first, ':') ? meant.first : "ADDR", quoted, sizeof quoted);
    correction_change(&right, source, quoted);
    return correction_refuse(&right, source, meant.mistake, err);
}
