#include "io/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool is_unread(const struct descriptor *descriptor, int number)
{
    return number == EPIPE || (number == ECONNRESET && descriptor->kind == DESCRIPTOR_SOCKET);
}

/* A file may be larger than it is allowed to be, too. */
static bool is_full(const struct descriptor *descriptor, int number)
{
    return descriptor->kind == DESCRIPTOR_FILE &&
           (number == ENOSPC || number == EDQUOT || number == EFBIG || number == EIO);
}

static enum err_kind kind_of(const struct descriptor *descriptor, int number)
{
    if (descriptor->way == DESCRIPTOR_READS)
        return ERR_LOCAL;
    return is_unread(descriptor, number) ? ERR_PIPE
           : is_full(descriptor, number) ? ERR_FULL
                                         : ERR_LOCAL;
}

static int fail(const struct descriptor *descriptor, int number, struct err *err)
{
    err_errno(err, kind_of(descriptor, number), number, "%s", descriptor->name);
    return STREAM_FAIL;
}

/* ---- opening ---- */

static bool is_anonymous_pipe(int fd)
{
    struct statfs filesystem;

    return fstatfs(fd, &filesystem) == 0 && filesystem.f_type == PIPEFS_MAGIC;
}

/* An open file of our own behind the same pipe or terminal; -1 where that is not allowed (another
 * user's pipe) or not possible (a pipe without a reader). */
static int open_anew(const struct descriptor *descriptor)
{
    int flags = descriptor->way == DESCRIPTOR_READS ? O_RDONLY : O_WRONLY;
    char path[40];

    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor->given);
    return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int choose_kind(struct descriptor *descriptor, struct err *err)
{
    struct stat status;

    if (fstat(descriptor->given, &status) < 0)
        return fail(descriptor, errno, err);
    descriptor->is_pipe = S_ISFIFO(status.st_mode);
    descriptor->is_terminal = isatty(descriptor->given);
    descriptor->kind = S_ISSOCK(status.st_mode)   ? DESCRIPTOR_SOCKET
                       : S_ISFIFO(status.st_mode) ? DESCRIPTOR_PIPE
                                                  : DESCRIPTOR_DEVICE;
    if (descriptor->is_terminal || (descriptor->is_pipe && is_anonymous_pipe(descriptor->given))) {
        int own = open_anew(descriptor);
        if (own >= 0) {
            descriptor->fd = own;
            descriptor->kind = DESCRIPTOR_OWN;
        }
    }
    if (descriptor->kind == DESCRIPTOR_PIPE &&
        pipe2(descriptor->exchange, O_NONBLOCK | O_CLOEXEC) < 0)
        return fail(descriptor, errno, err);
    return 0;
}

static void on_watch(void *owner, unsigned bits);

/* A file that epoll refuses is always ready. */
static int set_up_watching(struct descriptor *descriptor, uv_loop_t *loop, struct err *err)
{
    if (watch_init(&descriptor->watch, loop, descriptor->fd, on_watch, descriptor) < 0) {
        if (errno != EPERM)
            return fail(descriptor, errno, err);
        descriptor->kind = DESCRIPTOR_FILE;
    }
    uv_idle_init(loop, &descriptor->idle);
    descriptor->idle.data = descriptor;
    return 0;
}

static void close_own(struct descriptor *descriptor)
{
    if (descriptor->kind == DESCRIPTOR_PIPE && descriptor->exchange[0] >= 0) {
        close(descriptor->exchange[0]);
        close(descriptor->exchange[1]);
        descriptor->exchange[0] = descriptor->exchange[1] = -1;
    }
    if (descriptor->fd != descriptor->given)
        close(descriptor->fd);
    descriptor->fd = descriptor->given;
}

int descriptor_init(struct descriptor *descriptor, uv_loop_t *loop, int given,
                    enum descriptor_way way, const char *name, struct err *err)
{
    *descriptor = (struct descriptor){.given = given, .fd = given, .way = way, .name = name};
    if (choose_kind(descriptor, err) < 0)
        return -1;
    if (set_up_watching(descriptor, loop, err) < 0) {
        close_own(descriptor);
        return -1;
    }
    return 0;
}

/* ---- reading and writing ---- */

static short poll_now(const struct descriptor *descriptor, short events)
{
    struct pollfd one = {.fd = descriptor->fd, .events = events};

    return poll(&one, 1, 0) > 0 ? one.revents : 0;
}

/* Several who wake for the same bytes, or the same room, must not wait for each other in read(2) or
 * write(2): between two pipes splice can be told not to wait, whatever their flags are. */
static ssize_t splice_now(int from, int to, size_t n)
{
    return splice(from, NULL, to, NULL, n, SPLICE_F_NONBLOCK);
}

static ssize_t read_pipe(const struct descriptor *descriptor, void *bytes, size_t n)
{
    ssize_t got = splice_now(descriptor->fd, descriptor->exchange[1], n);

    return got > 0 ? read(descriptor->exchange[0], bytes, (size_t)got) : got;
}

static void empty(int pipe)
{
    char waste[4096];

    while (read(pipe, waste, sizeof waste) > 0)
        ;
}

/* What the other pipe does not take is taken back, and offered again by the next call. */
static ssize_t write_pipe(const struct descriptor *descriptor, const struct iovec *iov, int count)
{
    ssize_t offered = writev(descriptor->exchange[1], iov, count);
    ssize_t put;
    int number;

    if (offered <= 0)
        return offered;
    put = splice_now(descriptor->exchange[0], descriptor->fd, (size_t)offered);
    number = errno;
    if (put < offered)
        empty(descriptor->exchange[0]);
    errno = number;
    return put;
}

static ssize_t read_device(const struct descriptor *descriptor, void *bytes, size_t n)
{
    if (poll_now(descriptor, POLLIN))
        return read(descriptor->fd, bytes, n);
    errno = EAGAIN;
    return -1;
}

/* As much as a terminal that calls itself writable surely takes (the kernel's WAKEUP_CHARS). */
static ssize_t write_device(const struct descriptor *descriptor, const struct iovec *iov)
{
    enum { SURE = 256 };

    if (poll_now(descriptor, POLLOUT) & POLLOUT)
        return write(descriptor->fd, iov->iov_base, iov->iov_len < SURE ? iov->iov_len : SURE);
    errno = EAGAIN;
    return -1;
}

static ssize_t read_once(const struct descriptor *descriptor, void *bytes, size_t n)
{
    switch (descriptor->kind) {
    case DESCRIPTOR_SOCKET: return recv(descriptor->fd, bytes, n, MSG_DONTWAIT);
    case DESCRIPTOR_PIPE: return read_pipe(descriptor, bytes, n);
    case DESCRIPTOR_DEVICE: return read_device(descriptor, bytes, n);
    default: return read(descriptor->fd, bytes, n);
    }
}

ssize_t descriptor_read(struct descriptor *descriptor, void *bytes, size_t n, struct err *err)
{
    ssize_t got;

    do
        got = read_once(descriptor, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got >= 0)
        return got;
    return errno == EAGAIN ? STREAM_AGAIN : fail(descriptor, errno, err);
}

static ssize_t write_once(struct descriptor *descriptor, const struct iovec *iov, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};

    switch (descriptor->kind) {
    case DESCRIPTOR_SOCKET: return sendmsg(descriptor->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    case DESCRIPTOR_PIPE: return write_pipe(descriptor, iov, count);
    case DESCRIPTOR_DEVICE: return write_device(descriptor, iov);
    default: return writev(descriptor->fd, iov, count);
    }
}

static bool can_lose_reader(const struct descriptor *descriptor)
{
    return descriptor->is_pipe || descriptor->is_terminal || descriptor->kind == DESCRIPTOR_SOCKET;
}

static ssize_t still_read(const struct descriptor *descriptor, struct err *err)
{
    if (can_lose_reader(descriptor) && poll_now(descriptor, 0) & (POLLERR | POLLHUP))
        return fail(descriptor, descriptor->is_terminal ? EIO : EPIPE, err);
    return 0;
}

ssize_t descriptor_writev(struct descriptor *descriptor, const struct iovec *iov, int count,
                          struct err *err)
{
    ssize_t put;

    if (!count)
        return still_read(descriptor, err);
    do
        put = write_once(descriptor, iov, count);
    while (put < 0 && errno == EINTR);
    if (put >= 0)
        return put;
    return errno == EAGAIN ? STREAM_AGAIN : fail(descriptor, errno, err);
}

/* ---- watching ---- */

static void on_watch(void *owner, unsigned bits)
{
    struct descriptor *descriptor = owner;

    descriptor->ready(descriptor->owner, bits);
}

static void on_idle(uv_idle_t *idle)
{
    struct descriptor *descriptor = idle->data;

    descriptor->ready(descriptor->owner, descriptor->watched);
}

static void watch_file(struct descriptor *descriptor)
{
    if (descriptor->watched)
        uv_idle_start(&descriptor->idle, on_idle);
    else
        uv_idle_stop(&descriptor->idle);
}

void descriptor_watch(struct descriptor *descriptor, unsigned bits, stream_ready *ready,
                      void *owner)
{
    descriptor->ready = ready;
    descriptor->owner = owner;
    if (!can_lose_reader(descriptor))
        bits &= ~(unsigned)STREAM_LOSS;
    if (bits == descriptor->watched)
        return;
    descriptor->watched = bits;
    if (descriptor->kind == DESCRIPTOR_FILE)
        watch_file(descriptor);
    else
        watch_set(&descriptor->watch, bits);
}

void descriptor_unref(struct descriptor *descriptor)
{
    watch_unref(&descriptor->watch);
    if (descriptor->kind == DESCRIPTOR_FILE)
        uv_unref((uv_handle_t *)&descriptor->idle);
}

int descriptor_wait(const struct descriptor *descriptor, int ms)
{
    struct pollfd one = {.fd = descriptor->fd, .events = POLLOUT};

    return poll(&one, 1, ms);
}

/* ---- the end ---- */

/* dup2 would swallow what close has to say (a full disk behind NFS), so a copy is closed last. */
static int put_null_in_place(const struct descriptor *descriptor)
{
    int flags = descriptor->way == DESCRIPTOR_READS ? O_RDONLY : O_WRONLY;
    int null = open("/dev/null", flags | O_CLOEXEC);
    int copy = null < 0 ? -1 : dup(descriptor->given);

    if (copy >= 0)
        dup2(null, descriptor->given);
    if (null >= 0)
        close(null);
    return copy < 0 ? -1 : close(copy);
}

static void forget(struct descriptor *descriptor)
{
    descriptor_watch(descriptor, 0, descriptor->ready, descriptor->owner);
    watch_fini(&descriptor->watch);
}

int descriptor_shut(struct descriptor *descriptor, struct err *err)
{
    forget(descriptor);
    close_own(descriptor);
    if (put_null_in_place(descriptor) < 0)
        return fail(descriptor, errno, err);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct descriptor *descriptor = handle->data;

    descriptor->closed(descriptor);
}

void descriptor_close(struct descriptor *descriptor, void (*closed)(struct descriptor *))
{
    forget(descriptor);
    close_own(descriptor);
    descriptor->closed = closed;
    uv_close((uv_handle_t *)&descriptor->idle, on_closed);
}
