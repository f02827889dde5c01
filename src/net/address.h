/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address: an address to connect to or to listen at, as written (struct address) and as a socket
 * address (struct endpoint).
 *
 *     HOST PORT   HOST:PORT   [V6]:PORT   unix:PATH   unix:@NAME
 *     PORT   :PORT   fd:N (these three: listen)
 *
 * unix:@NAME is a socket in the abstract namespace of Linux (unix(7)), without a file. */
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
    ADDRESS_LABEL = 512, /* "[host%scope]:port", "unix:path", "unix:@\xHH..." */
    ADDRESS_FDS = 32,    /* most inherited sockets */
    PRIVILEGED_PORTS = 1024,
};

enum address_kind {
    ADDRESS_TCP,
    ADDRESS_PATH,      /* unix:PATH */
    ADDRESS_ABSTRACT,  /* unix:@NAME */
    ADDRESS_INHERITED, /* fd:N, or the sockets of socket activation */
};

/* An address as written. Plain data. */
struct address {
    enum address_kind kind;
    char host[ADDRESS_HOST]; /* without brackets; empty: every address */
    char port[ADDRESS_PORT];
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* PATH, or NAME without the @ */
    int fd;                                               /* the first inherited socket */
    unsigned fds;                                         /* their number; they follow each other */
};

/* Whether the address is unix:PATH or unix:@NAME. */
bool address_is_unix(const struct address *address);

/* Any free port of TCP, where nobody can be called. */
bool address_is_port_0(const struct address *address);

/* Reads one or two operands (second may be NULL). With `host_optional` (listen) one operand may be
 * a port alone. ERR_USAGE says how to write the address. */
int address_parse(struct address *address, const char *first, const char *second,
                  bool host_optional, struct err *err);

/* "HOST:PORT" as it was written, "unix:PATH", "unix:@NAME", "fd:N". */
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

/* "127.0.0.1:8080", "[::1]:8080", "unix:PATH", "unix:@NAME". IPv4 in IPv6 is IPv4. Bytes of a NAME
 * that are no printable UTF-8 are \xHH. */
void endpoint_label(const struct endpoint *endpoint, char label[ADDRESS_LABEL]);

/* The address, with IPv4 in IPv6 as IPv4. */
struct endpoint endpoint_unmapped(const struct endpoint *endpoint);

/* The bytes of an abstract name, behind their NUL. False for all other endpoints. */
bool endpoint_abstract_name(const struct endpoint *endpoint, const char **name, size_t *n);

/* Whether its packets stay in this system: 127.0.0.0/8, ::1. */
bool endpoint_is_loopback(const struct endpoint *endpoint);

/* In host order; 0 for unix sockets. */
unsigned endpoint_port(const struct endpoint *endpoint);
void endpoint_set_port(struct endpoint *endpoint, unsigned port);

/* Whether most systems keep the port for root. */
bool endpoint_is_privileged(const struct endpoint *endpoint);

/* The endpoint of unix:PATH or unix:@NAME. */
void endpoint_of_unix(struct endpoint *endpoint, const struct address *address);

/* The key of a host: an IPv4 address; an IPv6 /64, because a subscriber has at least that (RFC
 * 6177); or all peers of unix sockets together. */
struct host_key {
    unsigned char bytes[16];
};

void endpoint_host(const struct endpoint *endpoint, struct host_key *key);

/* The address as IPv6 writes it, ::ffff:a.b.c.d for IPv4 (RFC 4291). False for unix sockets. */
bool endpoint_ipv6(const struct endpoint *endpoint, struct in6_addr *ipv6);
struct in6_addr ipv6_of_ipv4(struct in_addr ipv4);
