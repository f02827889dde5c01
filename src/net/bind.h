/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bind: the sockets of a listener, bound and listening: one for each address, all of them on one
 * port, or the one of unix:PATH. They know of no loop. */
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

/* A zeroed one has none. */
struct acceptors {
    struct acceptor items[ENDPOINTS_MAX];
    size_t count;
    const struct address *address; /* of unix:PATH, or NULL */
    struct socket_file file;
};

/* Opens one for each of at least one address; port 0 takes one free port for all of them. An
 * address that the system does not have is left out where there are others. -1 and *err: none is
 * open. */
int bind_open(struct acceptors *acceptors, const struct endpoints *endpoints, struct err *err);

/* Opens that of unix:PATH, which must outlive it. */
int bind_open_path(struct acceptors *acceptors, const struct address *address, struct err *err);

/* How many have knocked and wait to be accepted; where the system does not say it, as many as could
 * wait. */
unsigned bind_pending(const struct acceptor *acceptor);

/* Refuses newcomers, and those whom nobody has accepted yet are reset. */
void bind_lock(struct acceptors *acceptors);

/* Takes them again, by the same descriptors. -1 and *err: not all of them do. */
int bind_unlock(struct acceptors *acceptors, struct err *err);

/* Closes them, and removes the file. */
void bind_close(struct acceptors *acceptors);

/* Only what must not outlive the process. */
void bind_remove_file(struct acceptors *acceptors);
