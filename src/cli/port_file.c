/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/port_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "io/path.h"

static void remember(struct port_file *file, int fd)
{
    struct stat status;

    file->is_ours =
        path_descriptor(file->path) < 0 && status_of(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (!file->is_ours)
        return;
    file->device = status.st_dev;
    file->inode = status.st_ino;
}

int port_file_write(struct port_file *file, struct opener opener, const char *path, unsigned port,
                    struct err *err)
{
    int fd = path_open((struct opener){0}, path, path, PATH_TRUNCATES, err);
    int length;
    bool written;

    *file = (struct port_file){.opener = opener, .path = path};
    if (fd < 0)
        return -1;
    length = snprintf(file->line, sizeof file->line, "%u\n", port);
    remember(file, fd);
    written = write(fd, file->line, (size_t)length) == length;
    if (!written)
        err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    if (close(fd) < 0 && written)
        return err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    return written ? 0 : -1;
}

/* Another run may have written its own port there. */
static bool is_as_written(const struct port_file *file, int fd)
{
    char line[PORT_LINE];
    ssize_t length = read(fd, line, sizeof line);
    struct stat status;

    return status_of(fd, &status) == 0 && status.st_dev == file->device &&
           status.st_ino == file->inode && length == (ssize_t)strlen(file->line) &&
           !memcmp(line, file->line, (size_t)length);
}

void port_file_remove(struct port_file *file)
{
    int fd;

    if (!file->is_ours)
        return;
    file->is_ours = false;
    fd = opener_open(file->opener, file->path, OPENER_READ);
    if (fd < 0)
        return;
    if (is_as_written(file, fd))
        opener_remove(file->opener, file->path, file->device, file->inode);
    close(fd);
}
