/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keepalive in a hurry, to be loaded with LD_PRELOAD: a socket that asks for it asks its peer after
 * one second, and once more, and gives it up in the third. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "next.h"

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    NEXT(setsockopt)
    int one = 1, two = 2;

    if (level == IPPROTO_TCP && (option == TCP_KEEPIDLE || option == TCP_KEEPINTVL))
        value = &one;
    else if (level == IPPROTO_TCP && option == TCP_KEEPCNT)
        value = &two;
    return next(fd, level, option, value, size);
}
