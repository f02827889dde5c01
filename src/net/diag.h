/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diag: sockets of the whole system: who has an address, and which connections live on after their
 * end. Linux: sock_diag(7), /proc. An answer is of the moment; where the system gives none, as in a
 * sandbox, the functions say so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/endpoint.h"

enum { DIAG_NAME = 32 };

enum { DIAG_NOBODY = -1 };

/* The sockets that stand at a name, or at an address and port, or in its way. */
struct diag_port {
    unsigned time_waits;  /* connections that are over, in TIME_WAIT */
    unsigned seconds;     /* until the last of these is gone */
    unsigned connections; /* that are not over */
    bool has_bound;       /* a socket that is bound and neither listens nor is connected */
    bool has_listener;
    uint32_t inode; /* of the listener */
    int64_t user;   /* likewise; DIAG_NOBODY: not known */
};

/* Opens the socket of all further questions: a confined process opens none. */
void diag_open_ahead(void);

/* Whether the system can be asked at all. */
bool diag_can_ask(void);

/* -1: the system does not tell. */
int diag_port(const struct endpoint *endpoint, struct diag_port *found);

/* Whether this side keeps the connection in TIME_WAIT, and for how long. */
bool diag_time_wait(const struct endpoint *local, const struct endpoint *peer, unsigned *seconds);

/* A process that has the socket of this inode open, and its name; 0: none that this user may see.
 */
int diag_process(uint32_t inode, char name[DIAG_NAME]);
