/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bind: the acceptors of a listener, which are bound and listening sockets: one for each address,
 * all on one port, or one for unix:PATH. No loop is involved. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "net/address.h"
#include "net/resolve.h"
#include "net/socket_file.h"

struct acceptor {
    struct endpoint endpoint; /* as it is bound */
    int fd;                   /* non-blocking */
};

/* Valid and empty when zeroed. */
struct acceptors {
    struct acceptor items[ENDPOINTS_MAX];
    size_t count;
    const struct address *address; /* of unix:PATH, or NULL */
    struct socket_file file;
};

/* Opens an acceptor for each of at least one address, those of IPv6 first. Port 0 takes one free
 * port for all of them. An address that the system lacks is left out where there are others. -1 and
 * *err: no acceptor is open. */
int bind_open(struct acceptors *acceptors, const struct endpoints *endpoints, struct err *err);

/* Opens the acceptor of unix:PATH; *address must outlive it. -1 and *err: it is not open. */
int bind_open_path(struct acceptors *acceptors, const struct address *address, struct err *err);

/* The number of pending connections; where the system does not tell it, the most that can be
 * pending. */
unsigned bind_pending(const struct acceptor *acceptor);

/* Refuses new connections, and resets pending ones. */
void bind_lock(struct acceptors *acceptors);

/* Accepts connections again, by the same descriptors. -1 and *err: some acceptors do not. */
int bind_unlock(struct acceptors *acceptors, struct err *err);

/* Closes the acceptors and removes the file. */
void bind_close(struct acceptors *acceptors);
