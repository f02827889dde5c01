/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parcel: a number, some bytes and some descriptors, sent in one piece over a SOCK_SEQPACKET. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"

enum {
    PARCEL_BYTES = 5000, /* a path and more */
    PARCEL_FDS = 3,
};

/* One that was received has a NUL behind its bytes, which does not count. */
struct parcel {
    int64_t value;
    size_t length;
    char bytes[PARCEL_BYTES + 1];
    unsigned fd_count; /* at most PARCEL_FDS */
    int fds[PARCEL_FDS];
};

/* Appends bytes. -1 and ENAMETOOLONG: they find no room. */
MUST_CHECK int parcel_put(struct parcel *parcel, const void *bytes, size_t n);

/* Closes the descriptors. */
void parcel_close(struct parcel *parcel);

/* `number` names what the parcel is for. The descriptors stay open here. Never waits. -1 and errno:
 * EPIPE or ECONNRESET, the other side has ended; EAGAIN, it takes nothing. */
MUST_CHECK int parcel_send(int socket, unsigned number, const struct parcel *parcel);

/* Waits for a parcel, whose descriptors are the caller's, close-on-exec. 1; 0: the other side has
 * ended; -1 and errno: EMFILE, the descriptors found no room; EPROTO, it is no parcel; after other
 * errors it is still to be received. */
MUST_CHECK int parcel_receive(int socket, unsigned *number, struct parcel *parcel);
