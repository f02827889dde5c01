/* doors: the sockets of a listener, bound and listening: one for each address, all of them on one
 * port, or the one of unix:PATH. They know of no loop. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "net/address.h"
#include "net/resolve.h"
#include "net/socket_file.h"

struct door {
    struct endpoint endpoint; /* as it is bound */
    int fd;                   /* non-blocking */
};

/* A zeroed one has none. */
struct doors {
    struct door items[ENDPOINTS_MAX];
    size_t count;
    const struct address *address; /* of unix:PATH, or NULL */
    struct socket_file file;
};

/* Opens one for each of at least one address; port 0 takes one free port for all of them. An
 * address that the system does not have is left out where there are others. -1 and *err: none is
 * open. */
int doors_open(struct doors *doors, const struct endpoints *endpoints, struct err *err);

/* Opens that of unix:PATH, which must outlive it. */
int doors_open_path(struct doors *doors, const struct address *address, struct err *err);

/* How many have knocked and wait to be accepted; where the system does not say it, as many as could
 * wait. */
unsigned door_queue(const struct door *door);

/* Refuses newcomers, and those whom nobody has accepted yet are reset. */
void doors_lock(struct doors *doors);

/* Takes them again, by the same descriptors. -1 and *err: not all of them do. */
int doors_unlock(struct doors *doors, struct err *err);

/* Closes them, and removes the file. */
void doors_close(struct doors *doors);

/* Only what must not outlive the process. */
void doors_remove_file(struct doors *doors);
