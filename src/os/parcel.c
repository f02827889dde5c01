/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/parcel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Precedes the bytes. It has no padding, which would give memory away. */
struct head {
    int64_t value, number;
};

union control {
    struct cmsghdr first; /* for its alignment */
    char bytes[CMSG_SPACE(PARCEL_FDS * sizeof(int))];
};

int parcel_put(struct parcel *parcel, const void *bytes, size_t n)
{
    if (n > PARCEL_BYTES - parcel->length) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(parcel->bytes + parcel->length, bytes, n);
    parcel->length += n;
    return 0;
}

void parcel_close(struct parcel *parcel)
{
    while (parcel->fd_count)
        close(parcel->fds[--parcel->fd_count]);
}

static void add_fds(struct msghdr *header, union control *control, const struct parcel *parcel)
{
    size_t size = parcel->fd_count * sizeof(int);

    if (!size)
        return;
    header->msg_control = control->bytes;
    header->msg_controllen = (socklen_t)CMSG_SPACE(size); /* size_t in glibc */
    control->first = (struct cmsghdr){
        .cmsg_len = (socklen_t)CMSG_LEN(size), .cmsg_level = SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control->first), parcel->fds, size);
}

int parcel_send(int socket, unsigned number, const struct parcel *parcel)
{
    struct head head = {parcel->value, number};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)parcel->bytes, parcel->length}};
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
    union control control = {0};
    ssize_t sent;

    add_fds(&header, &control, parcel);
    do
        sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

static void take_fds(struct msghdr *header, struct parcel *parcel)
{
    const struct cmsghdr *first = CMSG_FIRSTHDR(header);

    if (!first || first->cmsg_level != SOL_SOCKET || first->cmsg_type != SCM_RIGHTS)
        return;
    parcel->fd_count = (unsigned)((first->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(parcel->fds, CMSG_DATA(first), parcel->fd_count * sizeof(int));
}

/* The room ends behind the last descriptor: the system would fill its padding with one more. */
int parcel_receive(int socket, unsigned *number, struct parcel *parcel)
{
    struct head head;
    struct iovec parts[] = {{&head, sizeof head}, {parcel->bytes, PARCEL_BYTES}};
    union control control;
    struct msghdr header = {.msg_iov = parts,
                            .msg_iovlen = 2,
                            .msg_control = control.bytes,
                            .msg_controllen = CMSG_LEN(sizeof parcel->fds)};
    ssize_t got;

    do
        got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    parcel->fd_count = 0;
    if (got <= 0)
        return got == 0 || errno == ECONNRESET ? 0 : -1;
    take_fds(&header, parcel);
    if (got < (ssize_t)sizeof head || header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        parcel_close(parcel);
        errno = (header.msg_flags & MSG_CTRUNC) ? EMFILE : EPROTO;
        return -1;
    }
    parcel->value = head.value;
    *number = (unsigned)head.number;
    parcel->length = (size_t)got - sizeof head;
    parcel->bytes[parcel->length] = '\0';
    return 1;
}
