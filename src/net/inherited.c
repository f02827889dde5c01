/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/inherited.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ascii.h"

enum { FIRST_FD = 3, DIGITS = 9 };

/* ---- socket activation ---- */

/* -1: the variable is no number. */
static int read_number(const char *variable)
{
    const char *text = getenv(variable);

    return text ? ascii_number(text, DIGITS) : -1;
}

int inherited_find(struct address *address, struct err *err)
{
    int count = read_number("LISTEN_FDS");

    if (read_number("LISTEN_PID") != getpid())
        return 0;
    if (count < 1 || count > ADDRESS_FDS)
        return err_set(err, ERR_USAGE, "LISTEN_FDS is '%s'; it has to be from 1 to %d",
                       getenv("LISTEN_FDS") ? getenv("LISTEN_FDS") : "", ADDRESS_FDS);
    *address = (struct address){.kind = ADDRESS_INHERITED, .fd = FIRST_FD, .fds = (unsigned)count};
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return 1;
}

/* ---- descriptors ---- */

static int option_of(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

static bool is_known_family(int family)
{
    return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

int inherited_read(int fd, struct endpoint *endpoint, struct err *err)
{
    *endpoint = (struct endpoint){.length = sizeof endpoint->address};
    if (fd < FIRST_FD)
        return err_set(err, ERR_USAGE,
                       "fd:%d is standard input, output or error; a listening socket is fd:3 or "
                       "higher",
                       fd);
    if (getsockname(fd, &endpoint->address.any, &endpoint->length) < 0)
        return err_errno(err, ERR_USAGE, errno, "cannot listen on fd:%d", fd);
    if (option_of(fd, SO_TYPE) != SOCK_STREAM || !is_known_family(option_of(fd, SO_DOMAIN)))
        return err_set(err, ERR_USAGE, "cannot listen on fd:%d: it is no socket of TCP or unix",
                       fd);
    if (option_of(fd, SO_ACCEPTCONN) != 1)
        return err_set(err, ERR_USAGE,
                       "cannot listen on fd:%d: the socket does not listen; the parent has to call "
                       "listen(2)",
                       fd);
    return 0;
}

int inherited_check(const struct address *address, struct err *err)
{
    struct endpoint endpoint;

    for (unsigned i = 0; i < address->fds; i++)
        if (inherited_read(address->fd + (int)i, &endpoint, err) < 0)
            return -1;
    return 0;
}

bool inherited_has_unix(const struct address *address)
{
    for (unsigned i = 0; i < address->fds; i++)
        if (option_of(address->fd + (int)i, SO_DOMAIN) == AF_UNIX)
            return true;
    return false;
}
