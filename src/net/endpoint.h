/* SPDX-License-Identifier: GPL-3.0-or-later */
/* endpoint: a socket address of any family. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
    ADDRESS_LABEL = 512, /* "[host%scope]:port", "unix:path", "unix:@\xHH..." */
    PRIVILEGED_PORTS = 1024,
};

struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } address;
    socklen_t length;
};

/* "HOST:PORT", with brackets where the host has colons. */
void endpoint_write_label(char label[ADDRESS_LABEL], const char *host, const char *port);

/* Labels name zones from now on as they are called at this moment: a confined process cannot ask
 * the system, and would have their numbers. */
void endpoint_learn_zones(void);

/* "127.0.0.1:8080", "[::1]:8080", "unix:PATH", "unix:@NAME". IPv4 in IPv6 is IPv4. Bytes of a NAME
 * that are no printable UTF-8 are \xHH. */
void endpoint_label(const struct endpoint *endpoint, char label[ADDRESS_LABEL]);

/* The address, with IPv4 in IPv6 as IPv4. */
struct endpoint endpoint_unmapped(const struct endpoint *endpoint);

/* The n bytes of an abstract name, which stand in the endpoint behind their NUL. False for all
 * other endpoints. */
bool endpoint_abstract_name(const struct endpoint *endpoint, const char **name, size_t *n);

/* Whether a port, a path or a name stands in it. */
bool endpoint_is_named(const struct endpoint *endpoint);

/* Whether its packets stay in this system: 127.0.0.0/8, ::1. */
bool endpoint_is_loopback(const struct endpoint *endpoint);

/* Whether a link-local address of IPv6 lacks its zone, without which it names no host (RFC 4007).
 */
bool endpoint_needs_zone(const struct endpoint *endpoint);

/* Why a TCP connection cannot use the address. */
enum endpoint_fault {
    ENDPOINT_IS_FINE,
    ENDPOINT_LACKS_ZONE,
    ENDPOINT_IS_MULTICAST,
    ENDPOINT_IS_BROADCAST,
};
enum endpoint_fault endpoint_fault(const struct endpoint *endpoint);

/* The reason of a call at the endpoint that failed with this errno: the endpoint's fault, of which
 * the system says "Invalid argument" and the like, or strerror's words. */
enum { ENDPOINT_REASON = 128 };
void endpoint_reason(const struct endpoint *endpoint, int number, char reason[ENDPOINT_REASON]);

/* In host order; 0 for unix sockets. */
unsigned endpoint_port(const struct endpoint *endpoint);
void endpoint_set_port(struct endpoint *endpoint, unsigned port);

/* Whether the endpoint stands for every address of this machine: 0.0.0.0 or ::. */
bool endpoint_is_every(const struct endpoint *endpoint);

/* Whether most systems keep the port for root. */
bool endpoint_is_privileged(const struct endpoint *endpoint);

/* The key of a host: an IPv4 address; an IPv6 /64, because a subscriber has at least that (RFC
 * 6177); or all peers of unix sockets together. */
struct host_key {
    unsigned char bytes[16];
};

void endpoint_host(const struct endpoint *endpoint, struct host_key *key);

/* The address as IPv6 writes it, ::ffff:a.b.c.d for IPv4 (RFC 4291). False for unix sockets. */
bool endpoint_ipv6(const struct endpoint *endpoint, struct in6_addr *ipv6);
struct in6_addr ipv6_of_ipv4(struct in_addr ipv4);
