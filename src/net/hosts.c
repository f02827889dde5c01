#include "net/hosts.h"

#include <stdbool.h>
#include <stdlib.h>

struct host {
    struct host_key key;
    unsigned count;
};

/* False for a unix peer, which is not counted. */
static bool host_of_peer(struct host_key *key, const struct endpoint *peer)
{
    endpoint_host(peer, key);
    return peer->address.any.sa_family != AF_UNIX;
}

static struct host *find(const struct hosts *hosts, const struct host_key *key)
{
    return map_get(&hosts->map, key, sizeof *key);
}

/* NULL without memory. */
static struct host *add(struct hosts *hosts, const struct host_key *key)
{
    struct host *host = malloc(sizeof *host);

    if (!host)
        return NULL;
    *host = (struct host){.key = *key};
    if (map_set(&hosts->map, &host->key, sizeof host->key, host) == 0)
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
    struct host_key key;
    struct host *host;

    if (!host_of_peer(&key, peer))
        return HOSTS_ENTERED;
    host = find(hosts, &key);
    if (host && max && host->count >= max)
        return HOSTS_FULL;
    if (!host)
        host = add(hosts, &key);
    if (!host)
        return HOSTS_MEMORY;
    host->count++;
    return HOSTS_ENTERED;
}

void hosts_leave(struct hosts *hosts, const struct endpoint *peer)
{
    struct host_key key;
    struct host *host = host_of_peer(&key, peer) ? find(hosts, &key) : NULL;

    if (!host || --host->count)
        return;
    map_remove(&hosts->map, &host->key, sizeof host->key);
    free(host);
}

unsigned hosts_count(const struct hosts *hosts, const struct endpoint *peer)
{
    struct host_key key;
    const struct host *host = host_of_peer(&key, peer) ? find(hosts, &key) : NULL;

    return host ? host->count : 0;
}
