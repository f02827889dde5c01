/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inherited: listening sockets that the parent has opened, as fd:N or by socket activation.
 *
 * The parent keeps such a socket, so it is closed at the end, and neither its file nor its queue is
 * touched. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/address.h"

/* The sockets of socket activation (sd_listen_fds(3)): LISTEN_FDS descriptors from 3 on, if
 * LISTEN_PID is this process. Takes the variables out of the environment. 1: *address has the
 * sockets; 0: there are none; -1 and *err: LISTEN_FDS is wrong (ERR_USAGE). */
int inherited_find(struct address *address, struct err *err);

/* The endpoint of a descriptor. -1 and *err: it is no listening stream socket of TCP or unix
 * (ERR_USAGE). */
int inherited_read(int fd, struct endpoint *endpoint, struct err *err);

/* inherited_read for all descriptors of an address. */
int inherited_check(const struct address *address, struct err *err);

/* Whether any socket of an address is a unix socket. */
bool inherited_has_unix(const struct address *address);
