/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/end_order.h"

#include <asm/socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "net/diag.h"

enum end_order end_order_before(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLRDHUP};

    return poll(&end, 1, 0) > 0 && end.revents & POLLRDHUP ? END_ORDER_PEER : END_ORDER_OPEN;
}

/* The socket itself is CLOSED in TIME_WAIT; getpeername fails for it, and SO_PEERNAME does not. It
 * wants the exact size. A confined run cannot ask. The end of the peer came between the question
 * before and our end then, or after our end, which takes far longer. */
static bool is_in_time_wait(int fd)
{
    struct endpoint local = {.length = sizeof local.address}, peer;
    unsigned seconds;

    if (!diag_can_ask())
        return true;
    if (getsockname(fd, &local.address.any, &local.length) < 0)
        return false;
    peer = local;
    return getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &peer.address, &peer.length) == 0 &&
           diag_time_wait(&local, &peer, &seconds);
}

enum end_order end_order_after(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int kept = errno;
    bool by_peer =
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
        (info.tcpi_state == TCP_LAST_ACK || (info.tcpi_state == TCP_CLOSE && !is_in_time_wait(fd)));

    errno = kept;
    return by_peer ? END_ORDER_PEER : END_ORDER_US;
}
