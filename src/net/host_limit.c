/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/host_limit.h"

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

static struct host *find(const struct host_limit *limit, const struct host_key *key)
{
    return map_get(&limit->hosts, key, sizeof *key);
}

/* NULL: memory is short. */
static struct host *add(struct host_limit *limit, const struct host_key *key)
{
    struct host *host = malloc(sizeof *host);

    if (!host)
        return NULL;
    *host = (struct host){.key = *key};
    if (map_set(&limit->hosts, &host->key, sizeof host->key, host) == 0)
        return host;
    free(host);
    return NULL;
}

void host_limit_fini(struct host_limit *limit)
{
    map_free(&limit->hosts);
}

enum host_limit_answer host_limit_enter(struct host_limit *limit, const struct endpoint *peer,
                                        unsigned max)
{
    struct host_key key;
    struct host *host;

    if (!host_of_peer(&key, peer))
        return HOST_LIMIT_ENTERED;
    host = find(limit, &key);
    if (host && max && host->count >= max)
        return HOST_LIMIT_FULL;
    if (!host)
        host = add(limit, &key);
    if (!host)
        return HOST_LIMIT_MEMORY;
    host->count++;
    return HOST_LIMIT_ENTERED;
}

void host_limit_leave(struct host_limit *limit, const struct endpoint *peer)
{
    struct host_key key;
    struct host *host = host_of_peer(&key, peer) ? find(limit, &key) : NULL;

    if (!host || --host->count)
        return;
    map_remove(&limit->hosts, &host->key, sizeof host->key);
    free(host);
}
