/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy_step: the step of a transport that asks the proxy at the other end for a connection. The
 * connection has the label of the peer behind the proxy from then on. */
#pragma once

#include "net/dial.h"
#include "net/proxy_handshake.h"
#include "net/transport.h"

/* The options of the step. */
struct proxy_route {
    struct proxy_request request; /* checked */
    char peer[ADDRESS_LABEL];     /* "example.org:80" */
    char label[DIAL_LABEL];       /* "example.org:80 through 127.0.0.1:1080" */
};

/* A transport_make; `options` is a struct proxy_route. */
struct transport_step *proxy_step_make(const void *options, struct err *err);
