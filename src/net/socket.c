/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/call.h"
#include "net/connection.h"
#include "net/hops.h"
#include "net/sockopt.h"

/* The end and the errors that the stream has kept are a read's matter. */
ssize_t socket_peek(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    int fd = connection_fd(stream);
    ssize_t got = call_recv(fd, bytes, n, MSG_PEEK);

    if (got > 0)
        return got;
    if (got == 0)
        return stream_read(stream, bytes, n, err);
    return errno == EAGAIN ? STREAM_AGAIN : connection_fail(stream, errno, err);
}

int socket_skip(struct stream *stream, size_t n, struct err *err)
{
    char waste[4096];

    while (n) {
        size_t piece = n < sizeof waste ? n : sizeof waste;
        ssize_t got = call_recv(connection_fd(stream), waste, piece, 0);

        if (got < 0)
            return connection_fail(stream, errno, err);
        if (got == 0)
            break;
        n -= (size_t)got;
    }
    return 0;
}

void socket_limit_unsent(const struct stream *stream, int bytes)
{
    if (stream->connection)
        sockopt_limit_unsent(connection_fd(stream), bytes);
}

void socket_receive_ahead(const struct stream *stream, int bytes)
{
    if (stream->connection)
        sockopt_receive_ahead(connection_fd(stream), bytes);
}

int socket_hops_left(const struct stream *stream)
{
    return stream->connection ? hops_left(connection_fd(stream)) : HOPS_MAX;
}

int socket_local(const struct stream *stream, struct endpoint *local)
{
    *local = (struct endpoint){.length = sizeof local->address};
    if (!stream->connection)
        return -1;
    return getsockname(connection_fd(stream), &local->address.any, &local->length);
}
