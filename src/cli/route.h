/* SPDX-License-Identifier: GPL-3.0-or-later */
/* route: the way of a dial: where it calls, from where, in what time, and through which proxy. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/must_check.h"
#include "cli/options.h"
#include "net/dial.h"
#include "net/proxy.h"
#include "net/proxy_step.h"

/* Valid and direct when zeroed. */
struct route {
    const struct options *options;
    const struct address *peer; /* of connect, or of --forward; NULL: nothing is dialled */
    struct source source;
    bool has_proxy;
    struct proxy proxy;
    struct proxy_login login;
    struct proxy_route asks; /* the proxy */
    struct resolve_lookup lookup;
    struct connect_grant connection;
};

/* Reads the options; the route must stay at its address. ERR_USAGE; ERR_LOCAL: a file cannot be
 * read. */
MUST_CHECK int route_init(struct route *route, const struct options *options, struct err *err);

/* Whether a connection is made once the first one stands, and the run is confined. */
bool route_dials_later(const struct route *route);

/* Lets the helper look up whom the dials call, and call that itself where it is a unix socket. */
void route_allow(struct route *route, struct helper *helper);

/* No dial follows. */
void route_withdraw(struct route *route);

/* The options of each dial of this run. */
struct dial_options route_dial(const struct route *route);

/* The number of the address's port; 0: there is none. */
unsigned route_port(const struct address *address);

/* "HOST:PORT", or "HOST:PORT through PROXY". */
void route_label(const struct route *route, char label[DIAL_LABEL]);
