/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cidr: a set of addresses, written as addresses and CIDR ranges (RFC 4632, RFC 4291).
 *
 * An IPv6 address may have brackets; a host name is refused. IPv4 in IPv6 (::ffff:0:0/96) is IPv4,
 * in ranges and in addresses; a wider range of IPv6, such as ::/0, holds no IPv4. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/must_check.h"

/* The ranges of one family; once settled: in order, none inside another. */
struct cidr_family {
    struct range *set;
    size_t count, capacity;
};

/* Valid and empty when zeroed. */
struct cidr_set {
    struct cidr_family ipv4, ipv6;
};

void cidr_fini(struct cidr_set *set);

/* Adds the range in n bytes of text. ERR_USAGE says why the text is no range; no range is added
 * then. */
MUST_CHECK int cidr_add(struct cidr_set *set, const char *bytes, size_t n, struct err *err);

/* Sorts the set: after the last cidr_add, before the first cidr_hold. */
void cidr_settle(struct cidr_set *set);

/* Whether the set holds an address in the form of IPv6 (endpoint_ipv6). Costs the logarithm of the
 * number of ranges. */
bool cidr_hold(const struct cidr_set *set, const struct in6_addr *address);
