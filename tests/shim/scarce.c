/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A system that has run out of something, to be loaded with LD_PRELOAD: while the file that
 * SCARCE_FILE names is there, the calls that it lists fail, one line each:
 *
 *     accept4 23
 *
 * is a call and the errno that it fails with. */
#undef _GNU_SOURCE /* it would make sockaddr arguments a union */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "next.h"

/* glibc and musl show these only with _GNU_SOURCE. */
int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags);
int pipe2(int ends[2], int flags);
ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags);

/* Sets errno where the call is to fail. */
static bool is_scarce(const char *call)
{
    const char *path = getenv("SCARCE_FILE");
    FILE *file = path ? fopen(path, "re") : NULL;
    bool found = false;
    char name[32];
    int number;

    while (file && !found && fscanf(file, "%31s %d", name, &number) == 2)
        found = strcmp(name, call) == 0;
    if (file)
        fclose(file);
    if (found)
        errno = number;
    return found;
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
    NEXT(accept4)

    return is_scarce("accept4") ? -1 : next(fd, address, length, flags);
}

int pipe2(int ends[2], int flags)
{
    NEXT(pipe2)

    return is_scarce("pipe2") ? -1 : next(ends, flags);
}

ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags)
{
    NEXT(splice)

    return is_scarce("splice") ? -1 : next(in, in_at, out, out_at, n, flags);
}

int socket(int family, int type, int protocol)
{
    NEXT(socket)

    return is_scarce("socket") ? -1 : next(family, type, protocol);
}

/* Counts the descriptor that is added; libuv waits by the same calls. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    NEXT(epoll_ctl)

    return operation == EPOLL_CTL_ADD && is_scarce("epoll_ctl") ? -1
                                                                : next(epoll, operation, fd, event);
}

/* glibc and musl show it, and its struct of four functions, only with _GNU_SOURCE. */
struct functions {
    void *each[4];
};
FILE *fopencookie(void *restrict cookie, const char *restrict mode, struct functions functions);

FILE *fopencookie(void *restrict cookie, const char *restrict mode, struct functions functions)
{
    NEXT(fopencookie)

    return is_scarce("fopencookie") ? NULL : next(cookie, mode, functions);
}
