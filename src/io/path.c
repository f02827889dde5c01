/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/status.h"

enum { DIGITS = 7 };

int path_descriptor(const char *path)
{
    static const char *const standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

    if (!strcmp(path, "-"))
        return STDERR_FILENO;
    for (int i = 0; i < 3; i++)
        if (!strcmp(path, standard[i]))
            return i;
    for (int i = 0; i < 2; i++)
        if (!strncmp(path, folders[i], strlen(folders[i])))
            return ascii_number(path + strlen(folders[i]), DIGITS);
    return -1;
}

static bool is_fifo(struct opener opener, const char *path)
{
    int fd = opener_open(opener, path, OPENER_LOOK);
    struct stat status;
    bool is_one = fd >= 0 && status_of(fd, &status) == 0 && S_ISFIFO(status.st_mode);

    if (fd >= 0)
        close(fd);
    return is_one;
}

static int fail_to_open(struct opener opener, const char *path, const char *name, int number,
                        struct err *err)
{
    if (number == ENXIO && is_fifo(opener, path))
        return err_set(err, ERR_LOCAL, "cannot write %.256s: nobody reads this FIFO", name);
    return err_errno(err, ERR_LOCAL, number, "cannot write %s", name);
}

/* Our own descriptors are close-on-exec, the inherited ones are not yet. A standard output that was
 * closed at the start is open for reading only. */
int path_check(const char *path, const char *name, struct err *err)
{
    int number = path_descriptor(path), flags = fcntl(number, F_GETFD);
    int mode = fcntl(number, F_GETFL);

    if (number < 0)
        return 0;
    if (flags < 0 || flags & FD_CLOEXEC || (mode & O_ACCMODE) == O_RDONLY)
        return err_errno(err, ERR_LOCAL, EBADF, "cannot write %s", name);
    return 0;
}

static enum opener_how opener_how_of(unsigned how)
{
    if (how & PATH_TRUNCATES)
        return how & PATH_PRIVATE ? OPENER_TRUNCATE_PRIVATE : OPENER_TRUNCATE;
    return how & PATH_PRIVATE ? OPENER_APPEND_PRIVATE : OPENER_APPEND;
}

int path_open(struct opener opener, const char *path, const char *name, unsigned how,
              struct err *err)
{
    int number = path_descriptor(path);
    int fd = number >= 0 ? fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                         : opener_open(opener, path, opener_how_of(how));

    return fd < 0 ? fail_to_open(opener, path, name, errno, err) : fd;
}

static bool ends_torn(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last = '\n';

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* A write of nothing waits for the write that another process has begun (Linux: the inode's lock),
 * of which a part can be read already. */
static void wait_for_writer(struct opener opener, const char *path)
{
    int fd = opener_open(opener, path, OPENER_WRITE);
    ssize_t put;

    if (fd < 0)
        return;
    put = write(fd, "", 0);
    (void)put;
    close(fd);
}

/* Other processes may write to an inherited descriptor, so its end says nothing. */
bool path_is_torn(struct opener opener, const char *path)
{
    int fd = path_descriptor(path) < 0 ? opener_open(opener, path, OPENER_READ) : -1;
    bool is_torn = fd >= 0 && ends_torn(fd);

    if (is_torn) {
        wait_for_writer(opener, path);
        is_torn = ends_torn(fd);
    }
    if (fd >= 0)
        close(fd);
    return is_torn;
}

static bool is_terminal_of(const struct stat *status, int fd)
{
    struct stat other;

    return isatty(fd) && status_of(fd, &other) == 0 && other.st_rdev == status->st_rdev;
}

bool path_is_shared_terminal(int fd)
{
    struct stat status;

    if (!isatty(fd) || status_of(fd, &status) < 0)
        return false;
    return status.st_rdev == makedev(5, 0) /* /dev/tty */ ||
           is_terminal_of(&status, STDIN_FILENO) || is_terminal_of(&status, STDOUT_FILENO) ||
           is_terminal_of(&status, STDERR_FILENO);
}
