/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/whole_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"

enum { READ = 4096 };

int whole_file_open(struct opener opener, const char *path, struct err *err)
{
    int fd = opener_open(opener, path, OPENER_READ), number = errno;
    struct stat about;

    if (fd >= 0 && status_of(fd, &about) == 0 && S_ISREG(about.st_mode))
        return fd;
    if (fd < 0) {
        err_errno(err, ERR_LOCAL, number, "cannot read %s", path);
    } else {
        close(fd);
        err_set(err, ERR_LOCAL, "cannot read %.256s: it is not a regular file", path);
        number = EINVAL;
    }
    errno = number;
    return -1;
}

int whole_file_read(int fd, const char *path, size_t most, struct buf *bytes, struct err *err)
{
    ssize_t got = 1;

    buf_init(bytes, most + READ);
    while (got && buf_length(bytes) <= most) {
        unsigned char *room = buf_reserve(bytes, READ);

        if (!room)
            return err_memory(err);
        got = read(fd, room, READ);
        if (got < 0 && errno != EINTR)
            return err_errno(err, ERR_LOCAL, errno, "cannot read %s", path);
        buf_commit(bytes, got > 0 ? (size_t)got : 0);
    }
    if (buf_length(bytes) <= most)
        return 0;
    return err_set(err, ERR_LOCAL, "cannot read %.256s: it is longer than %zu MiB", path,
                   most >> 20);
}
