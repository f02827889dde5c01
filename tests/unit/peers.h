/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peers: where a peer might come from. */
#pragma once

#include <arpa/inet.h>
#include <string.h>

#include "net/address.h"

/* The peer of "192.0.2.1", "2001:db8::1" or "unix:". */
static inline struct endpoint peer_of(const char *host)
{
    struct endpoint peer = {0};

    if (!strncmp(host, "unix:", 5)) {
        peer.address.any.sa_family = AF_UNIX;
        peer.length = sizeof peer.address.local;
    } else if (strchr(host, ':')) {
        peer.address.v6.sin6_family = AF_INET6;
        peer.address.v6.sin6_port = htons(50000);
        peer.length = sizeof peer.address.v6;
        assert_int_equal(inet_pton(AF_INET6, host, &peer.address.v6.sin6_addr), 1);
    } else {
        peer.address.v4.sin_family = AF_INET;
        peer.address.v4.sin_port = htons(50000);
        peer.length = sizeof peer.address.v4;
        assert_int_equal(inet_pton(AF_INET, host, &peer.address.v4.sin_addr), 1);
    }
    return peer;
}
