/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address: an address to connect to or to listen at, as written (struct address) and as a socket
 * address (struct endpoint).
 *
 *     HOST PORT   HOST:PORT   [V6]:PORT   PORT (listen)   unix:PATH
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"

enum {
    ADDRESS_HOST = 256,  /* a DNS name is shorter */
    ADDRESS_PORT = 64,   /* a number or a service name */
    ADDRESS_LABEL = 384, /* "[host%scope]:port", "unix:path" */
};

/* An address as written. Plain data. */
struct address {
    bool is_unix;
    char host[ADDRESS_HOST]; /* without brackets; empty: every address */
    char port[ADDRESS_PORT];
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of unix:PATH */
};

/* Reads one or two operands (second may be NULL). With `host_optional` (listen) one operand may be
 * a port alone. ERR_USAGE says how to write the address. */
int address_parse(struct address *address, const char *first, const char *second,
                  bool host_optional, struct err *err);

/* "HOST:PORT" as it was written, "unix:PATH". */
void address_label(const struct address *address, char label[ADDRESS_LABEL]);

/* A socket address of any family. */
struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } address;
    socklen_t length;
};

/* "127.0.0.1:8080", "[::1]:8080", "unix:PATH". */
void endpoint_label(const struct endpoint *endpoint, char label[ADDRESS_LABEL]);

/* In host order; 0 for unix sockets. */
unsigned endpoint_port(const struct endpoint *endpoint);
void endpoint_set_port(struct endpoint *endpoint, unsigned port);

/* The endpoint of unix:PATH. */
void endpoint_of_path(struct endpoint *endpoint, const struct address *address);

/* The key of a host: an IPv4 address; an IPv6 /64, because a subscriber has at least that (RFC
 * 6177); or all peers of unix sockets together. */
struct host_key {
    unsigned char bytes[16];
};

void endpoint_host(const struct endpoint *endpoint, struct host_key *key);

/* The address as IPv6 writes it, ::ffff:a.b.c.d for IPv4 (RFC 4291). False for unix sockets. */
bool endpoint_ipv6(const struct endpoint *endpoint, struct in6_addr *ipv6);
struct in6_addr ipv6_of_ipv4(struct in_addr ipv4);
