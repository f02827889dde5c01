/* ranges: a set of addresses, written as addresses and CIDR ranges (RFC 4632, RFC 4291).
 *
 * An IPv6 address may have brackets; a name is none. IPv4 in IPv6 (::ffff:0:0/96) is IPv4, in
 * ranges and in addresses; a wider range of IPv6, such as ::/0, holds no IPv4. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/must_check.h"

/* Once settled: in order, none inside another. */
struct ranges_family {
    struct range *ranges;
    size_t count, capacity;
};

/* A zeroed one is valid and empty. */
struct ranges {
    struct ranges_family ipv4, ipv6;
};

void ranges_fini(struct ranges *ranges);

/* Adds what n bytes say. ERR_USAGE: what is wrong with them; nothing is added then. */
MUST_CHECK int ranges_add(struct ranges *ranges, const char *bytes, size_t n, struct err *err);

/* To be called behind the last addition and before the first question. */
void ranges_settle(struct ranges *ranges);

/* The address has the form of IPv6 (endpoint_ipv6). Costs the logarithm of the number of ranges. */
bool ranges_hold(const struct ranges *ranges, const struct in6_addr *address);
