/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy_header: the header that a proxy writes in front of a connection, to name its peer: the
 * PROXY protocol of haproxy, versions 1 (a line) and 2 (binary), as bytes without a socket.
 *
 *     PROXY TCP4 192.0.2.1 192.0.2.2 53122 80 CR LF       version 1: TCP4, TCP6, UNKNOWN
 *     0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A VC FP LEN LEN   version 2, then LEN bytes: addresses,
 * TLVs
 *
 * UNKNOWN and LOCAL name no peer: the sender speaks for itself. TLVs are skipped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "net/endpoint.h"

enum {
    PROXY_HEADER_LINE = 107, /* bytes of the longest line of version 1, its end included */
    PROXY_HEADER_V2 = 16,    /* bytes in front of the addresses of version 2 */
    PROXY_HEADER_UNIX = 216, /* bytes of its longest addresses */
    PROXY_HEADER_KEPT = PROXY_HEADER_V2 + PROXY_HEADER_UNIX,
};

enum proxy_header_answer {
    PROXY_HEADER_MORE, /* the header goes on */
    PROXY_HEADER_DONE,
    PROXY_HEADER_BROKEN,
};

/* A zeroed one is at the start of a header. */
struct proxy_header {
    unsigned char bytes[PROXY_HEADER_KEPT]; /* the begin of the header */
    size_t length;                          /* of what was taken; more than is kept with TLVs */
    bool has_peer;
    struct endpoint peer; /* with has_peer: TCP over IPv4 or IPv6, or a unix socket */
    const char *fault;    /* of a BROKEN header */
};

/* Takes bytes of the connection. *used of them belong to the header: all n of them as long as it
 * goes on. */
enum proxy_header_answer proxy_header_feed(struct proxy_header *header, const void *bytes, size_t n,
                                           size_t *used);
