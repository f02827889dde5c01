/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/language.h"
#include "base/status.h"
#include "io/splice.h"

static bool is_unread(const struct fd *fd, int number)
{
    return number == EPIPE || (number == ECONNRESET && fd->kind == FD_SOCKET);
}

/* EFBIG: the file is as large as it may be. */
static bool is_full(const struct fd *fd, int number)
{
    return fd->kind == FD_FILE &&
           (number == ENOSPC || number == EDQUOT || number == EFBIG || number == EIO);
}

static enum err_kind kind_of(const struct fd *fd, int number)
{
    if (fd->way == FD_READS)
        return ERR_LOCAL;
    return is_unread(fd, number) ? ERR_PIPE : is_full(fd, number) ? ERR_FULL : ERR_LOCAL;
}

static int fail(const struct fd *fd, int number, struct err *err)
{
    err_errno(err, kind_of(fd, number), number, "%s", language_name(fd->name));
    return STREAM_FAIL;
}

/* ---- opening ---- */

static bool is_anonymous_pipe(int fd)
{
    struct statfs filesystem;

    return fstatfs(fd, &filesystem) == 0 && filesystem.f_type == PIPEFS_MAGIC;
}

static int given_of(enum fd_way way)
{
    return way == FD_READS ? STDIN_FILENO : STDOUT_FILENO;
}

/* An open file of our own for the same pipe or terminal; -1 if that is not allowed (another user's
 * pipe) or not possible (a pipe without a reader). */
static int open_anew(int given, enum fd_way way)
{
    int flags = way == FD_READS ? O_RDONLY : O_WRONLY;
    char path[40] = "/proc/self/fd/";

    *ascii_put_number(path + strlen(path), (unsigned)given) = '\0';
    return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int ahead[] = {-1, -1}; /* the open files of fd_open_ahead */

void fd_open_ahead(enum fd_way way)
{
    if (ahead[way] < 0)
        ahead[way] = open_anew(given_of(way), way);
}

/* A descriptor is opened ahead once. */
static int take_ahead(const struct fd *fd)
{
    int own = fd->given == given_of(fd->way) ? ahead[fd->way] : -1;

    if (own < 0)
        return open_anew(fd->given, fd->way);
    ahead[fd->way] = -1;
    return own;
}

static int choose_kind(struct fd *fd, struct err *err)
{
    struct stat status;

    if (status_of(fd->given, &status) < 0)
        return fail(fd, errno, err);
    fd->is_pipe = S_ISFIFO(status.st_mode);
    fd->is_terminal = S_ISCHR(status.st_mode) && isatty(fd->given);
    fd->kind = S_ISSOCK(status.st_mode)   ? FD_SOCKET
               : S_ISFIFO(status.st_mode) ? FD_PIPE
                                          : FD_DEVICE;
    if (fd->is_terminal || (fd->is_pipe && is_anonymous_pipe(fd->given))) {
        int own = take_ahead(fd);
        if (own >= 0) {
            fd->number = own;
            fd->kind = FD_OWN;
        }
    }
    if (fd->kind == FD_PIPE && pipe2(fd->exchange, O_NONBLOCK | O_CLOEXEC) < 0)
        return fail(fd, errno, err);
    return 0;
}

static void on_watch(void *owner, unsigned bits);

/* A file that epoll refuses is always ready. */
static int set_up_watching(struct fd *fd, uv_loop_t *loop, struct err *err)
{
    if (watch_init(&fd->watch, loop, fd->number, 0, on_watch, fd) < 0) {
        if (errno != EPERM)
            return fail(fd, errno, err);
        fd->kind = FD_FILE;
    }
    uv_idle_init(loop, &fd->idle);
    fd->idle.data = fd;
    return 0;
}

static void close_own(struct fd *fd)
{
    if (fd->kind == FD_PIPE && fd->exchange[0] >= 0) {
        close(fd->exchange[0]);
        close(fd->exchange[1]);
        fd->exchange[0] = fd->exchange[1] = -1;
    }
    if (fd->number != fd->given)
        close(fd->number);
    fd->number = fd->given;
}

int fd_init(struct fd *fd, uv_loop_t *loop, int given, enum fd_way way, const char *name,
            struct err *err)
{
    *fd = (struct fd){.given = given, .number = given, .way = way, .name = name};
    if (choose_kind(fd, err) < 0)
        return -1;
    if (set_up_watching(fd, loop, err) < 0) {
        close_own(fd);
        return -1;
    }
    return 0;
}

/* ---- reading and writing ---- */

static short poll_now(const struct fd *fd, short events)
{
    struct pollfd one = {.fd = fd->number, .events = events};

    return poll(&one, 1, 0) > 0 ? one.revents : 0;
}

/* Several processes may wake for the same bytes, or the same room. None must block in read(2) or
 * write(2) because another was first: a splice between two pipes does not wait, whatever their
 * flags are. */
static ssize_t read_pipe(const struct fd *fd, void *bytes, size_t n)
{
    ssize_t got = splice_move(fd->number, fd->exchange[1], n);

    return got > 0 ? read(fd->exchange[0], bytes, (size_t)got) : got;
}

static void empty(int pipe)
{
    char waste[4096];

    while (read(pipe, waste, sizeof waste) > 0)
        ;
}

/* Bytes for which the other pipe has no room are dropped here; the next call offers them again. */
static ssize_t write_pipe(const struct fd *fd, const struct iovec *iov, int count)
{
    ssize_t offered = writev(fd->exchange[1], iov, count);
    ssize_t put;
    int number;

    if (offered <= 0)
        return offered;
    put = splice_move(fd->exchange[0], fd->number, (size_t)offered);
    number = errno;
    if (put < offered)
        empty(fd->exchange[0]);
    errno = number;
    return put;
}

static ssize_t read_device(const struct fd *fd, void *bytes, size_t n)
{
    if (poll_now(fd, POLLIN))
        return read(fd->number, bytes, n);
    errno = EAGAIN;
    return -1;
}

/* A terminal that polls as writable has room for at least the kernel's WAKEUP_CHARS. */
static ssize_t write_device(const struct fd *fd, const struct iovec *iov)
{
    enum { SURE = 256 };

    if (poll_now(fd, POLLOUT) & POLLOUT)
        return write(fd->number, iov->iov_base, iov->iov_len < SURE ? iov->iov_len : SURE);
    errno = EAGAIN;
    return -1;
}

static ssize_t read_once(const struct fd *fd, void *bytes, size_t n)
{
    switch (fd->kind) {
    case FD_SOCKET: return recv(fd->number, bytes, n, MSG_DONTWAIT);
    case FD_PIPE: return read_pipe(fd, bytes, n);
    case FD_DEVICE: return read_device(fd, bytes, n);
    default: return read(fd->number, bytes, n);
    }
}

ssize_t fd_read(struct fd *fd, void *bytes, size_t n, struct err *err)
{
    ssize_t got;

    do
        got = read_once(fd, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got >= 0)
        return got;
    return errno == EAGAIN ? STREAM_AGAIN : fail(fd, errno, err);
}

static ssize_t write_once(struct fd *fd, const struct iovec *iov, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};

    switch (fd->kind) {
    case FD_SOCKET: return sendmsg(fd->number, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    case FD_PIPE: return write_pipe(fd, iov, count);
    case FD_DEVICE: return write_device(fd, iov);
    default: return writev(fd->number, iov, count);
    }
}

static bool can_lose_reader(const struct fd *fd)
{
    return fd->is_pipe || fd->is_terminal || fd->kind == FD_SOCKET;
}

int fd_check(const struct fd *fd, struct err *err)
{
    if (can_lose_reader(fd) && poll_now(fd, 0) & (POLLERR | POLLHUP))
        return fail(fd, fd->is_terminal ? EIO : EPIPE, err);
    return 0;
}

ssize_t fd_writev(struct fd *fd, const struct iovec *iov, int count, struct err *err)
{
    ssize_t put;

    do
        put = write_once(fd, iov, count);
    while (put < 0 && errno == EINTR);
    if (put >= 0)
        return put;
    return errno == EAGAIN ? STREAM_AGAIN : fail(fd, errno, err);
}

/* Another user of a borrowed socket may have made it blocking, and a splice would wait then. */
ssize_t fd_splice(struct fd *fd, int pipe, size_t n, struct err *err)
{
    bool reads = fd->way == FD_READS;
    ssize_t moved;

    if (fd->kind == FD_SOCKET || fd->kind == FD_DEVICE || fd->is_terminal)
        return STREAM_UNABLE;
    if (fd->is_pipe && !fd->is_raised)
        splice_raise(fd->number);
    fd->is_raised = true;
    moved = reads ? splice_take(fd->number, pipe, n) : splice_move(pipe, fd->number, n);
    if (moved >= 0)
        return moved;
    if (errno == EAGAIN)
        return STREAM_AGAIN;
    return splice_is_refused(errno) ? STREAM_UNABLE : fail(fd, errno, err);
}

/* ---- watching ---- */

static void on_watch(void *owner, unsigned bits)
{
    struct fd *fd = owner;

    fd->ready(fd->owner, bits);
}

static void on_idle(uv_idle_t *idle)
{
    struct fd *fd = idle->data;

    fd->ready(fd->owner, fd->watched);
}

static void watch_file(struct fd *fd)
{
    if (fd->watched)
        uv_idle_start(&fd->idle, on_idle);
    else
        uv_idle_stop(&fd->idle);
}

void fd_watch(struct fd *fd, unsigned bits, stream_ready *ready, void *owner)
{
    fd->ready = ready;
    fd->owner = owner;
    if (!can_lose_reader(fd))
        bits &= ~(unsigned)STREAM_LOSS;
    if (bits == fd->watched)
        return;
    fd->watched = bits;
    if (fd->kind == FD_FILE)
        watch_file(fd);
    else
        watch_set(&fd->watch, bits);
}

void fd_unref(struct fd *fd)
{
    watch_unref(&fd->watch);
    if (fd->kind == FD_FILE)
        uv_unref((uv_handle_t *)&fd->idle);
}

int fd_wait(const struct fd *fd, int ms)
{
    struct pollfd one = {.fd = fd->number, .events = POLLOUT};

    return poll(&one, 1, ms);
}

/* ---- the end ---- */

/* dup2 would swallow the error of the close (a full disk behind NFS), so a copy is closed last. 0,
 * or an errno. */
static int put_in_place(const struct fd *fd, int null)
{
    int copy = dup(fd->given);

    if (copy < 0)
        return errno;
    dup2(null, fd->given);
    return close(copy) < 0 ? errno : 0;
}

static void forget(struct fd *fd)
{
    fd_watch(fd, 0, fd->ready, fd->owner);
    watch_fini(&fd->watch);
}

int fd_shut(struct fd *fd, int null, struct err *err)
{
    int failed;

    forget(fd);
    close_own(fd);
    failed = put_in_place(fd, null);
    return failed ? fail(fd, failed, err) : 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct fd *fd = handle->data;

    fd->closed(fd);
}

void fd_close(struct fd *fd, void (*closed)(struct fd *))
{
    forget(fd);
    close_own(fd);
    fd->closed = closed;
    uv_close((uv_handle_t *)&fd->idle, on_closed);
}
