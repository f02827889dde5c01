/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/call.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/event.h"
#include "net/explain.h"
#include "net/explain_bind.h"
#include "net/explain_bytes.h"
#include "net/explain_close.h"

/* The explanation gets the error of the call as `number`, and leaves errno as it was. */
#define EXPLAIN(result, explanation)              \
    do {                                          \
        if (event_explains) {                     \
            int kept = errno;                     \
            int number = (result) < 0 ? kept : 0; \
            (void)number;                         \
            explanation;                          \
            errno = kept;                         \
        }                                         \
    } while (0)

int call_socket(int family, bool blocks)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);

    EXPLAIN(fd, explain_socket(fd, family, number));
    return fd;
}

void call_take_over(int fd, const struct endpoint *endpoint, int backlog)
{
    EXPLAIN(fd, explain_socket(fd, endpoint->address.any.sa_family, number));
    EXPLAIN(fd, explain_bind(fd, endpoint, number));
    EXPLAIN(fd, explain_listen(fd, backlog, number));
}

void call_take_connection(int fd, const struct endpoint *peer, int failed)
{
    struct endpoint local = {.length = sizeof local.address};

    EXPLAIN(fd, explain_socket(fd, peer->address.any.sa_family, number));
    if (getsockname(fd, &local.address.any, &local.length) == 0 && endpoint_is_named(&local))
        EXPLAIN(fd, explain_bind(fd, &local, number));
    EXPLAIN(fd, explain_connect(fd, peer, failed));
}

void call_reuse_address(int fd, const struct endpoint *endpoint)
{
    int on = 1;
    int result = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);

    EXPLAIN(result, explain_reuse(fd, endpoint, number));
}

int call_bind(int fd, const struct endpoint *endpoint)
{
    int result = bind(fd, &endpoint->address.any, endpoint->length);

    EXPLAIN(result, explain_bind(fd, endpoint, number));
    return result;
}

int call_listen(int fd, int backlog)
{
    int result = listen(fd, backlog);

    EXPLAIN(result, explain_listen(fd, backlog, number));
    return result;
}

int call_accept(int fd, struct endpoint *peer)
{
    int accepted;

    *peer = (struct endpoint){.length = sizeof peer->address};
    accepted = accept4(fd, &peer->address.any, &peer->length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    EXPLAIN(accepted, explain_accept(fd, accepted, number));
    return accepted;
}

int call_connect(int fd, const struct endpoint *peer)
{
    int result = connect(fd, &peer->address.any, peer->length);

    EXPLAIN(result, explain_connect(fd, peer, number));
    return result;
}

int call_shutdown_read(int fd)
{
    int result = shutdown(fd, SHUT_RD);

    EXPLAIN(result, explain_shutdown_read(fd, number));
    return result;
}

int call_shutdown_write(int fd, enum end_order *order)
{
    int result = shutdown(fd, SHUT_WR);

    if (*order == END_ORDER_OPEN)
        *order = end_order_after(fd);
    EXPLAIN(result, explain_shutdown_write(fd, *order == END_ORDER_PEER, number));
    return result;
}

void call_close(int fd)
{
    struct explain_close closing;

    EXPLAIN(0, explain_close_begin(&closing, fd));
    close(fd);
    EXPLAIN(0, explain_close(&closing));
}

ssize_t call_recv(int fd, void *bytes, size_t n, int flags)
{
    ssize_t got;

    do
        got = recv(fd, bytes, n, flags);
    while (got < 0 && errno == EINTR);
    EXPLAIN(got, explain_recv(fd, got, flags, number));
    return got;
}

static size_t length_of(const struct iovec *iov, int count)
{
    size_t length = 0;

    for (int i = 0; i < count; i++)
        length += iov[i].iov_len;
    return length;
}

ssize_t call_send(int fd, const struct iovec *iov, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
    ssize_t put;

    do
        put = count == 1 ? send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
                         : sendmsg(fd, &message, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    EXPLAIN(put, explain_send(fd, put, length_of(iov, count), number));
    return put;
}
