/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address: an address to connect to or to listen at, as written. For sockets see net/endpoint.
 *
 *     HOST PORT   HOST:PORT   [V6]:PORT   unix:PATH   unix:@NAME
 *     PORT   :PORT   fd:N (these three: listen)
 *
 * unix:@NAME is a socket in the abstract namespace of Linux (unix(7)), without a file. */
#pragma once

#include <stdbool.h>
#include <sys/un.h>

#include "base/err.h"
#include "net/endpoint.h"

enum {
    ADDRESS_HOST = 256, /* a DNS name is shorter */
    ADDRESS_PORT = 64,  /* a number or a service name */
    ADDRESS_FDS = 32,   /* most inherited sockets */
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

/* Whether the word is a range or a list of ports, of which no address has more than one. */
bool address_is_several(const char *word);

/* "HOST:PORT" as it was written, "unix:PATH", "unix:@NAME", "fd:N". */
void address_label(const struct address *address, char label[ADDRESS_LABEL]);

/* The endpoint of unix:PATH or unix:@NAME. */
void address_unix_endpoint(const struct address *address, struct endpoint *endpoint);
