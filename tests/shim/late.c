/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An end that takes its time, to be loaded with LD_PRELOAD: shutdown(2) of the write side returns
 * once the peer has ended, too. */
#include <poll.h>
#include <sys/socket.h>

#include "next.h"

enum { PATIENCE_MS = 10000 };

int shutdown(int fd, int how)
{
    NEXT(shutdown)
    struct pollfd both_ends = {.fd = fd};
    int outcome = next(fd, how);

    if (outcome == 0 && how == SHUT_WR)
        poll(&both_ends, 1, PATIENCE_MS);
    return outcome;
}
