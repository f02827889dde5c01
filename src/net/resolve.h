/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resolve: from a host and a port to socket addresses; the loop is never blocked.
 *
 * Numbers are read at once. The helper (os/helper) has a name looked up, by a child of its own:
 * that calls getaddrinfo, which may block for any time. resolve_stop kills the child. The same
 * child finds the interface that the zone of an address names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "io/watch.h"
#include "net/address.h"
#include "os/helper.h"

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
    bool later;        /* asked again when the process is confined, and knows no interfaces */
    const char *label; /* of the host in sentences, until the answer; NULL: the host itself */
    const struct helper_grant *lookup; /* as resolve_allow has it; NULL: numbers only */
};

/* The look-up of a name, or of the name of a port, which the helper may do. */
struct resolve_lookup {
    struct helper_grant grant; /* zeroed: numbers only, which need no helper */
    struct resolve_query query;
};

/* Grants the look-up of a query, unless there is nothing to look up. Before the helper's start; the
 * address stays where it is until then. */
void resolve_allow(struct resolve_lookup *lookup, struct helper *helper,
                   const struct resolve_query *query);

/* err->kind ERR_NONE: *endpoints holds at least one. Otherwise ERR_NETWORK (no such name) or
 * ERR_USAGE (a name with `numeric`, an address of the other family). */
typedef void resolve_done(void *owner, const struct endpoints *endpoints, const struct err *err);

struct resolve {
    uint64_t child; /* of the helper; 0: none */
    int pipe;       /* the child's answer; -1: closed */
    struct watch watch;
    char host[ADDRESS_HOST];
    const char *label; /* in sentences */
    struct helper *helper;
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
