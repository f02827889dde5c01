/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cidr: a set of addresses, written as addresses and CIDR ranges (RFC 4632, RFC 4291).
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
struct cidr_family {
    struct range *set;
    size_t count, capacity;
};

/* A zeroed one is valid and empty. */
struct cidr_set {
    struct cidr_family ipv4, ipv6;
};

void cidr_fini(struct cidr_set *set);

/* Adds what n bytes say. ERR_USAGE: what is wrong with them; nothing is added then. */
MUST_CHECK int cidr_add(struct cidr_set *set, const char *bytes, size_t n, struct err *err);

/* To be called behind the last addition and before the first question. */
void cidr_settle(struct cidr_set *set);

/* The address has the form of IPv6 (endpoint_ipv6). Costs the logarithm of the number of ranges. */
bool cidr_hold(const struct cidr_set *set, const struct in6_addr *address);
