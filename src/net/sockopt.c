/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/sockopt.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void set_option(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

/* TCP_USER_TIMEOUT would also end the connection of a peer that answers and only does not read. */
static void keep_alive(int fd)
{
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, SOCKOPT_ASK_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, SOCKOPT_ASK_AGAIN_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, SOCKOPT_ASKS);
}

void sockopt_send_tails(int fd, bool at_once)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, at_once);
}

void sockopt_send_unpaced(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

void sockopt_set_up(int fd, const struct endpoint *endpoint)
{
    set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1);
    if (endpoint->address.any.sa_family == AF_UNIX)
        return;
    sockopt_reset_on_close(fd, true);
    sockopt_send_tails(fd, true);
    keep_alive(fd);
    if (endpoint_is_loopback(endpoint))
        sockopt_send_unpaced(fd);
}

/* SO_RCVBUF would end the system's own measuring for good. */
void sockopt_receive_ahead(int fd, int bytes)
{
    int at_once = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &at_once, sizeof at_once);
}

void sockopt_reset_on_close(int fd, bool resets)
{
    struct linger at_once = {.l_onoff = resets, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void sockopt_limit_unsent(int fd, int bytes)
{
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

int sockopt_error(int fd)
{
    int number = 0;
    socklen_t size = sizeof number;

    getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size);
    return number;
}

int sockopt_unacknowledged(int fd)
{
    int bytes = 0;

    return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? 0 : bytes;
}
