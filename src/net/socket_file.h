/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket_file: the file of a listening unix socket.
 *
 * It is made by whoever binds the socket, remembered, and removed at the end if it is still the
 * same one. One that was left by a process that is gone makes way. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/address.h"

/* A zeroed one is of nobody, and there is nothing to remove. */
struct socket_file {
    const char *path; /* not copied */
    bool is_ours;
    dev_t device;
    ino_t inode;
};

/* Those who start at once on the same path do it one after the other: a descriptor to be closed
 * when it is bound, or -1 where there is nothing to lock. */
int socket_file_lock(const char *path);

/* Makes way for a socket that could not be bound because something is there. -1 and *err: it is no
 * socket, or somebody listens on it. */
int socket_file_clear(const struct endpoint *endpoint, struct err *err);

/* Just after it was bound. */
void socket_file_remember(struct socket_file *file, const char *path);

void socket_file_remove(struct socket_file *file);
