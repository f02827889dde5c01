/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect_grant: the helper connects to one unix socket, again and again, for a run that is
 * confined: the system could confine the run to no path of its own. */
#pragma once

#include "net/address.h"
#include "os/helper.h"

/* A zeroed one grants nothing. */
struct connect_grant {
    struct helper_grant grant;
    const struct address *address;
};

/* Grants that, before the helper starts, if the address is a unix socket. *grant must stay at its
 * address, and the address, too. */
void connect_grant_allow(struct connect_grant *grant, struct helper *helper,
                         const struct address *address);

/* A new socket, on which the helper has called connect; *number is the error of that call, or 0.
 * `hops`: see hops_begin_with; 0: the connection has no count. -1 and errno: there is no socket. */
int connect_grant_ask(const struct connect_grant *grant, int hops, int *number);
