/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_PAUSE_MS = 5 };

/* The wait for a lock is bounded, because a process may keep one for good. */
int socket_file_lock(const char *path, unsigned patience_ms)
{
    char copied[sizeof((struct address *)0)->path];
    int fd;

    strcpy(copied, path);
    fd = open(dirname(copied), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned ms = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && ms < patience_ms;
         ms += LOCK_PAUSE_MS)
        usleep(LOCK_PAUSE_MS * 1000);
    return fd;
}

static bool is_socket(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Whether the socket's process is gone. A datagram socket connects, so that a listener does not see
 * a connection: it answers with EPROTOTYPE, a dead socket with ECONNREFUSED. */
static bool is_stale(const struct endpoint *endpoint)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool refused;

    if (fd < 0)
        return false;
    refused = connect(fd, &endpoint->address.any, endpoint->length) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

int socket_file_clear(const struct endpoint *endpoint, struct err *err)
{
    const char *path = endpoint->address.local.sun_path;

    if (!is_socket(path))
        return err_set(err, ERR_NETWORK, "cannot listen on unix:%s: it is there and is no socket",
                       path);
    if (!is_stale(endpoint))
        return err_errno(err, ERR_NETWORK, EADDRINUSE, "cannot listen on unix:%s", path);
    unlink(path);
    return 0;
}

void socket_file_remember(struct socket_file *file, const char *path)
{
    struct stat status;

    *file = (struct socket_file){.path = path};
    if (lstat(path, &status) < 0)
        return;
    file->is_ours = true;
    file->device = status.st_dev;
    file->inode = status.st_ino;
}

void socket_file_remove(struct socket_file *file)
{
    struct stat status;

    if (!file->is_ours)
        return;
    file->is_ours = false;
    if (lstat(file->path, &status) == 0 && status.st_dev == file->device &&
        status.st_ino == file->inode)
        unlink(file->path);
}
