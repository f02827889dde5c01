/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket_file: the file of a listening unix socket.
 *
 * bind(2) makes the file. It is remembered, and removed at the end if it is still the same file. A
 * file that a dead process left is replaced. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/address.h"

/* Valid when zeroed: there is no file to remove. */
struct socket_file {
    const char *path; /* not copied */
    bool is_ours;
    dev_t device;
    ino_t inode;
};

/* Locks the folder of a path, so that processes bind the same path one after the other. The lock is
 * tried for patience_ms. The caller closes the descriptor once its socket is bound; -1: there is no
 * lock. */
int socket_file_lock(const char *path, unsigned patience_ms);

/* Removes a stale file that kept a socket from being bound. -1 and *err: the file is no socket, or
 * a process listens there. */
int socket_file_clear(const struct endpoint *endpoint, struct err *err);

/* To be called just after the socket is bound. */
void socket_file_remember(struct socket_file *file, const char *path);

void socket_file_remove(struct socket_file *file);
