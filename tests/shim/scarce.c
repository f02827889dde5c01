/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A system that has run out of something, to be loaded with LD_PRELOAD: while the file that
 * SCARCE_FILE names is there, the calls that it lists fail, one line each:
 *
 *     accept4 23
 *
 * is a call and the errno that it fails with. */
#undef _GNU_SOURCE /* it would make sockaddr arguments a union */
#define _DEFAULT_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* glibc and musl show these only with _GNU_SOURCE. */
#ifndef RTLD_NEXT
#define RTLD_NEXT ((void *)-1L)
#endif
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

/* The next function of that name, as ISO C wants it: dlsym gives an object's address. */
static void find_next(const char *name, void *function, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    memcpy(function, &found, size);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
    int (*next)(int, struct sockaddr *restrict, socklen_t *restrict, int);

    find_next("accept4", &next, sizeof next);
    return is_scarce("accept4") ? -1 : next(fd, address, length, flags);
}

int pipe2(int ends[2], int flags)
{
    int (*next)(int[2], int);

    find_next("pipe2", &next, sizeof next);
    return is_scarce("pipe2") ? -1 : next(ends, flags);
}

ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags)
{
    ssize_t (*next)(int, off_t *, int, off_t *, size_t, unsigned);

    find_next("splice", &next, sizeof next);
    return is_scarce("splice") ? -1 : next(in, in_at, out, out_at, n, flags);
}

int socket(int family, int type, int protocol)
{
    int (*next)(int, int, int);

    find_next("socket", &next, sizeof next);
    return is_scarce("socket") ? -1 : next(family, type, protocol);
}

/* Counts the descriptor that is added; libuv waits by the same calls. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    int (*next)(int, int, int, struct epoll_event *);

    find_next("epoll_ctl", &next, sizeof next);
    return operation == EPOLL_CTL_ADD && is_scarce("epoll_ctl") ? -1
                                                                : next(epoll, operation, fd, event);
}
