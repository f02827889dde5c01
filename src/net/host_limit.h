/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_limit: how many are here from each host: from an IPv4 address, or an IPv6 /64, which is what
 * one subscriber has (RFC 6177). */
#pragma once

#include "base/map.h"
#include "base/must_check.h"
#include "net/address.h"

/* A zeroed one is valid and empty. */
struct host_limit {
    struct map map; /* of those that somebody is here from */
};

/* The answer to a new connection. */
enum host_limit_answer {
    HOST_LIMIT_ENTERED,
    HOST_LIMIT_FULL,   /* `max` are here already */
    HOST_LIMIT_MEMORY, /* memory is short */
};

void host_limit_fini(struct host_limit *limit);

/* Counts one more; 0 as `max`: no limit. Unix peers enter and are not counted. */
MUST_CHECK enum host_limit_answer host_limit_enter(struct host_limit *limit,
                                                   const struct endpoint *peer, unsigned max);

/* Counts one less; once for each that entered. */
void host_limit_leave(struct host_limit *limit, const struct endpoint *peer);

/* From the host of this peer. */
unsigned host_limit_count(const struct host_limit *limit, const struct endpoint *peer);
