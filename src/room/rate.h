/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rate: how fast the peers of a room may speak (--rate).
 *
 * Three token buckets, counted in lines. A line costs one for each RATE_LINE bytes that it makes
 * the room say, as shown, and at least one.
 *
 *     own       a peer's: one line, filled by N a second
 *     burst     its host's: RATE_BURST lines, filled by N a second
 *     together  its host's: RATE_BURST lines, filled by RATE_TOGETHER * N a second
 *
 * A peer speaks when `together` has a line, and either `own` has one, or `burst` has one and `own`
 * no debt. The line is taken from all three. A long line leaves a debt in `own`, as far as `burst`
 * does not pay it, and the largest debt of a host stands in `burst`, too. So each peer of a host
 * has N lines a second whatever its neighbours say, and the burst is spent once.
 *
 * A host is an endpoint_host. A new peer has an empty `own`, or the debt of its host: to connect
 * again gives nothing. The time that others have waited for a peer is remembered for its host, too,
 * and a new peer starts with it. Hosts without peers are kept until their buckets are full and that
 * time is over, at most RATE_ABSENT of them; past that the one that has been away the longest is
 * forgotten. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"
#include "net/address.h"
#include "room/patience.h"

enum {
    RATE_DEFAULT = 5, /* lines a second */
    RATE_LINE = 512,  /* bytes */
    RATE_BURST = 20,
    RATE_TOGETHER = 8,
    RATE_ABSENT = 16384,
};

struct rate_host {
    struct host_key key;
    double burst, together;
    uint64_t at;              /* when both were filled last */
    struct patience patience; /* the waiting of others for peers of the host that have left */
    size_t peers;             /* that are here */
    TAILQ_ENTRY(rate_host) absent;
};

struct rate {
    double lines;                             /* a second, of one peer; 0: no limit */
    struct map hosts;                         /* by struct host_key */
    TAILQ_HEAD(rate_hosts, rate_host) absent; /* hosts without peers, the longest away first */
    size_t absents;
};

/* A peer's part. Times are those of any clock in ms that never goes back. */
struct rate_peer {
    struct rate_host *host; /* NULL: it has no limit, or has left */
    double own;
    uint64_t at;              /* when `own` was filled last */
    struct patience patience; /* the waiting of others for this peer; see fanout */
};

void rate_init(struct rate *rate, double lines);

/* After the last peer has left. */
void rate_fini(struct rate *rate);

/* A zeroed *peer comes from this host, and leaves. -1 without memory. */
__attribute__((warn_unused_result)) int rate_join(struct rate *rate, struct rate_peer *peer,
                                                  const struct host_key *key, uint64_t now);
void rate_leave(struct rate *rate, struct rate_peer *peer, uint64_t now);

/* Ms until the peer may speak; 0: now. */
uint64_t rate_wait(struct rate *rate, struct rate_peer *peer, uint64_t now);

/* A line of the peer made the room say `bytes` bytes. */
void rate_pay(struct rate *rate, struct rate_peer *peer, size_t bytes, uint64_t now);
