/* hosts: how many are here from each host: from an IPv4 address, or an IPv6 /64, which is what one
 * subscriber has (RFC 6177). */
#pragma once

#include "base/map.h"
#include "base/must_check.h"
#include "net/address.h"

/* A zeroed one is valid and empty. */
struct hosts {
    struct map map; /* of those that somebody is here from */
};

/* What becomes of a newcomer. */
enum hosts_answer {
    HOSTS_ENTERED,
    HOSTS_FULL,   /* `max` are here already */
    HOSTS_MEMORY, /* memory is short */
};

void hosts_fini(struct hosts *hosts);

/* Counts one more; 0 as `max`: no limit. Unix peers enter and are not counted. */
MUST_CHECK enum hosts_answer hosts_enter(struct hosts *hosts, const struct endpoint *peer,
                                         unsigned max);

/* Counts one less; once for each that entered. */
void hosts_leave(struct hosts *hosts, const struct endpoint *peer);

/* From the host of this peer. */
unsigned hosts_count(const struct hosts *hosts, const struct endpoint *peer);
