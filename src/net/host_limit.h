/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_limit: the number of connections from each host (struct host_key) and its limit. */
#pragma once

#include "base/map.h"
#include "base/must_check.h"
#include "net/address.h"

/* Valid and empty when zeroed. */
struct host_limit {
    struct map hosts; /* with at least one connection */
};

/* The answer to a new connection. */
enum host_limit_answer {
    HOST_LIMIT_ENTERED,
    HOST_LIMIT_FULL, /* the host has `max` connections already */
    HOST_LIMIT_MEMORY,
};

void host_limit_fini(struct host_limit *limit);

/* Counts one more connection; 0 as `max`: no limit. Unix peers enter and are not counted. */
MUST_CHECK enum host_limit_answer host_limit_enter(struct host_limit *limit,
                                                   const struct endpoint *peer, unsigned max);

/* Counts one connection less; once for each that entered. */
void host_limit_leave(struct host_limit *limit, const struct endpoint *peer);
