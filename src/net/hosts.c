#include "net/hosts.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct host {
    struct in6_addr address; /* the key */
    unsigned count;
};

static bool host_of_peer(struct in6_addr *address, const struct endpoint *peer)
{
    if (!endpoint_ipv6(peer, address))
        return false;
    if (!IN6_IS_ADDR_V4MAPPED(address))
        memset(&address->s6_addr[8], 0, 8);
    return true;
}

static struct host *find(const struct hosts *hosts, const struct in6_addr *address)
{
    return map_get(&hosts->map, address, sizeof *address);
}

/* NULL without memory. */
static struct host *add(struct hosts *hosts, const struct in6_addr *address)
{
    struct host *host = malloc(sizeof *host);

    if (!host)
        return NULL;
    *host = (struct host){.address = *address};
    if (map_set(&hosts->map, &host->address, sizeof host->address, host) == 0)
        return host;
    free(host);
    return NULL;
}

void hosts_fini(struct hosts *hosts)
{
    struct host *host;
    size_t at = 0;

    while ((host = map_next(&hosts->map, &at)))
        free(host);
    map_fini(&hosts->map);
}

enum hosts_answer hosts_enter(struct hosts *hosts, const struct endpoint *peer, unsigned max)
{
    struct in6_addr address;
    struct host *host;

    if (!host_of_peer(&address, peer))
        return HOSTS_ENTERED;
    host = find(hosts, &address);
    if (host && max && host->count >= max)
        return HOSTS_FULL;
    if (!host)
        host = add(hosts, &address);
    if (!host)
        return HOSTS_MEMORY;
    host->count++;
    return HOSTS_ENTERED;
}

void hosts_leave(struct hosts *hosts, const struct endpoint *peer)
{
    struct in6_addr address;
    struct host *host = host_of_peer(&address, peer) ? find(hosts, &address) : NULL;

    if (!host || --host->count)
        return;
    map_remove(&hosts->map, &host->address, sizeof host->address);
    free(host);
}

unsigned hosts_count(const struct hosts *hosts, const struct endpoint *peer)
{
    struct in6_addr address;
    const struct host *host = host_of_peer(&address, peer) ? find(hosts, &address) : NULL;

    return host ? host->count : 0;
}
