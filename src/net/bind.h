/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bind: the acceptors of a listener, which are bound and listening sockets: one for each address,
 * all on one port, or one for a unix socket, or those that the parent has opened. No loop is
 * involved. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/address.h"
#include "net/resolve.h"
#include "net/socket_file.h"

struct acceptor {
    struct endpoint endpoint; /* as it is bound */
    int fd;                   /* non-blocking */
    bool hands_down;          /* its connections have the options of sockopt_set_up from it */
};

struct acceptor;
struct acceptors;

/* Binds a unix:PATH again and removes its file, in place of a process that may not. A zeroed one
 * does not; then this process itself does. */
struct binder {
    /* Removes the file of the acceptors, opens another acceptor at their address, and remembers its
     * file. -1 and *err. */
    int (*bind)(void *owner, struct acceptors *acceptors, struct acceptor *fresh, struct err *err);
    void (*remove)(void *owner, struct socket_file *file);
    void *owner;
};

/* How sockets are bound and listen; the default when zeroed. */
struct bind_manner {
    unsigned backlog; /* connections that may wait in the system's queue; 0: as many as usual */
    bool no_reuse;    /* without SO_REUSEADDR: connections that are over keep a port for a minute */
    bool meanwhile;   /* peers are served: the lock of a folder is not waited for long */
    struct binder binder;
};

/* Valid and empty when zeroed. */
struct acceptors {
    struct bind_manner manner; /* of the next bind_open or bind_open_one */
    struct acceptor items[ENDPOINTS_MAX];
    size_t count;
    const struct address *address; /* of bind_open_one, or NULL */
    struct socket_file file;
};

/* Opens an acceptor for each of at least one address, those of IPv6 first. Port 0 takes one free
 * port for all of them. An address that the system lacks is left out where there are others. -1 and
 * *err: no acceptor is open. */
int bind_open(struct acceptors *acceptors, const struct endpoints *endpoints, struct err *err);

/* The length of the system's queue. */
int bind_backlog(const struct bind_manner *manner);

/* Opens the acceptor of unix:PATH or unix:@NAME, or takes inherited sockets over, of any kind but
 * ADDRESS_TCP. *address must outlive them. -1 and *err: no acceptor is open. */
int bind_open_one(struct acceptors *acceptors, const struct address *address, struct err *err);

/* Accepts a pending connection: its descriptor, non-blocking and set up, and its peer's address,
 * which is the acceptor's own where the peer has none. -1 and errno; EAGAIN: none is pending, or an
 * error was the connection's own. */
int bind_accept(const struct acceptor *acceptor, struct endpoint *peer);

/* The number of pending connections; where the system does not tell it, the most that can be
 * pending. */
unsigned bind_pending(const struct acceptor *acceptor);

/* That of all acceptors of which the system tells it. */
unsigned bind_known_pending(const struct acceptors *acceptors);

/* Refuses new connections, and resets pending ones. An abstract or inherited socket does not: its
 * connections stay pending until the caller accepts from it again. */
void bind_lock(struct acceptors *acceptors);

/* Accepts connections again, by the same descriptors. -1 and *err: some acceptors do not. */
int bind_unlock(struct acceptors *acceptors, struct err *err);

/* Closes the acceptors and removes the file. */
void bind_close(struct acceptors *acceptors);
