/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resolve: from a host and a port to socket addresses; the loop is never blocked.
 *
 * Numbers are read at once. A forked helper looks names up with getaddrinfo, which may block for
 * any time; resolve_stop kills the helper. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#include "base/err.h"
#include "io/watch.h"
#include "net/address.h"

enum { ENDPOINTS_MAX = 32 }; /* more addresses of one name are left out */

struct endpoints {
    size_t count;
    struct endpoint items[ENDPOINTS_MAX];
};

struct resolve_query {
    const struct address *address; /* unix:PATH is allowed in resolve_check only */
    int family;                    /* AF_UNSPEC, AF_INET or AF_INET6 */
    bool numeric;                  /* names are refused */
    bool passive;                  /* for listening: no host means every address */
    const char *label; /* of the host in sentences, until the answer; NULL: the host itself */
};

/* err->kind ERR_NONE: *endpoints holds at least one. Otherwise ERR_NETWORK (no such name) or
 * ERR_USAGE (a name with `numeric`, an address of the other family). */
typedef void resolve_done(void *owner, const struct endpoints *endpoints, const struct err *err);

struct resolve {
    pid_t helper; /* 0: none */
    int pipe;     /* the helper's answer; -1: closed */
    struct watch watch;
    char host[ADDRESS_HOST];
    const char *label; /* in sentences */
    resolve_done *done;
    void *owner;
};

/* -1 and ERR_USAGE: the query would fail without a look-up, with this error. */
int resolve_check(const struct resolve_query *query, struct err *err);

/* -1 and ERR_NETWORK: the zone of an IPv6 address names no interface, by name or by number. */
int resolve_check_zone(const char *host, struct err *err);

/* Calls done once, possibly before the return. */
void resolve_start(struct resolve *resolve, uv_loop_t *loop, const struct resolve_query *query,
                   resolve_done *done, void *owner);

/* Ends a look-up without calling done. A zeroed struct resolve has none. */
void resolve_stop(struct resolve *resolve);
