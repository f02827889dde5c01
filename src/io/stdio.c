/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/status.h"
#include "io/fd.h"

struct stdio {
    struct stream stream;
    struct stdio_options options;
    struct fd in, out;
    int null;          /* for discarded output and after the end of output */
    bool is_shared;    /* one socket is on both descriptors */
    int closing;       /* struct fds that the loop still holds */
    struct err failed; /* the first error of standard output */
};

static ssize_t stdio_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct stdio *stdio = (struct stdio *)stream;

    return stdio->options.silent ? STREAM_AGAIN : fd_read(&stdio->in, bytes, n, err);
}

static int failed_before(const struct stdio *stdio, struct err *err)
{
    *err = stdio->failed;
    return STREAM_FAIL;
}

static ssize_t stdio_writev(struct stream *stream, const struct iovec *iov, int count,
                            struct err *err)
{
    struct stdio *stdio = (struct stdio *)stream;
    ssize_t put;

    if (stdio->failed.kind != ERR_NONE)
        return failed_before(stdio, err);
    put = fd_writev(&stdio->out, iov, count, err);
    if (put == STREAM_FAIL)
        stdio->failed = *err;
    return put;
}

static int stdio_check(struct stream *stream, struct err *err)
{
    struct stdio *stdio = (struct stdio *)stream;

    if (stdio->failed.kind == ERR_NONE && fd_check(&stdio->out, &stdio->failed) == 0)
        return 0;
    return failed_before(stdio, err);
}

static bool is_same_file(int one, int other)
{
    struct stat first, second;

    return status_of(one, &first) == 0 && status_of(other, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static int stdio_finish(struct stream *stream, struct err *err)
{
    struct stdio *stdio = (struct stdio *)stream;

    /* The socket of inetd stays open on 0, so only a shutdown shows the other side the end. */
    if (stdio->is_shared)
        shutdown(STDOUT_FILENO, SHUT_WR);
    return fd_shut(&stdio->out, stdio->null, err);
}

static void on_ready(void *owner, unsigned bits)
{
    struct stdio *stdio = owner;

    stdio->stream.ready(stdio->stream.owner, bits);
}

static void stdio_watch(struct stream *stream, unsigned bits)
{
    struct stdio *stdio = (struct stdio *)stream;

    if (!stdio->options.silent)
        fd_watch(&stdio->in, bits & STREAM_IN, on_ready, stdio);
    fd_watch(&stdio->out, bits & (STREAM_OUT | STREAM_LOSS), on_ready, stdio);
}

static ssize_t stdio_splice(struct stream *stream, unsigned way, int pipe, size_t n,
                            struct err *err)
{
    struct stdio *stdio = (struct stdio *)stream;
    ssize_t put;

    if (way == STREAM_IN)
        return stdio->options.silent ? STREAM_AGAIN : fd_splice(&stdio->in, pipe, n, err);
    if (stdio->failed.kind != ERR_NONE)
        return failed_before(stdio, err);
    put = fd_splice(&stdio->out, pipe, n, err);
    if (put == STREAM_FAIL)
        stdio->failed = *err;
    return put;
}

static const char *stdio_label(const struct stream *stream)
{
    return ((const struct stdio *)stream)->in.name;
}

static void on_closed(struct stdio *stdio)
{
    if (--stdio->closing > 0)
        return;
    if (stdio->null >= 0)
        close(stdio->null);
    free(stdio);
}

static void on_in_closed(struct fd *in)
{
    on_closed((struct stdio *)((char *)in - offsetof(struct stdio, in)));
}

static void on_out_closed(struct fd *out)
{
    on_closed((struct stdio *)((char *)out - offsetof(struct stdio, out)));
}

static void stdio_close(struct stream *stream, enum stream_close how)
{
    struct stdio *stdio = (struct stdio *)stream;

    (void)how; /* a pipe cannot show its reader the difference */
    stdio->closing = 2;
    fd_close(&stdio->in, on_in_closed);
    fd_close(&stdio->out, on_out_closed);
}

static const struct stream_ops stdio_ops = {
    .read = stdio_read,
    .writev = stdio_writev,
    .splice = stdio_splice,
    .finish = stdio_finish,
    .check = stdio_check,
    .watch = stdio_watch,
    .label = stdio_label,
    .close = stdio_close,
};

/* A root that has no devices discards nothing. After the end of output any open file will do. */
static int open_null(bool discards)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0 && errno == ENOENT && !discards)
        return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return null;
}

static int open_descriptors(struct stdio *stdio, uv_loop_t *loop, struct err *err)
{
    int out = STDOUT_FILENO;

    stdio->null = open_null(stdio->options.discard);
    if (stdio->null < 0)
        return err_errno(err, ERR_LOCAL, errno, "/dev/null");
    if (stdio->options.discard)
        out = stdio->null;
    if (fd_init(&stdio->in, loop, STDIN_FILENO, FD_READS, N_("standard input"), err) < 0)
        return -1;
    stdio->closing = 1;
    if (fd_init(&stdio->out, loop, out, FD_WRITES, N_("standard output"), err) < 0)
        return -1;
    stdio->is_shared = stdio->out.kind == FD_SOCKET && is_same_file(STDIN_FILENO, out);
    return 0;
}

static struct stdio *ahead; /* NULL: none */

static struct stream *open_new(uv_loop_t *loop, struct stdio_options options, struct err *err)
{
    struct stdio *stdio = calloc(1, sizeof *stdio);

    if (!stdio) {
        err_memory(err);
        return NULL;
    }
    stdio->stream.ops = &stdio_ops;
    stdio->options = options;
    stdio->null = -1;
    if (open_descriptors(stdio, loop, err) == 0)
        return &stdio->stream;
    if (stdio->closing)
        fd_close(&stdio->in, on_in_closed);
    else
        on_closed(stdio);
    return NULL;
}

int stdio_open_ahead(uv_loop_t *loop, struct stdio_options options, struct err *err)
{
    ahead = (struct stdio *)open_new(loop, options, err);
    return ahead ? 0 : -1;
}

struct stream *stdio_new(uv_loop_t *loop, struct stdio_options options, struct err *err)
{
    struct stdio *stdio = ahead;

    ahead = NULL;
    return stdio ? &stdio->stream : open_new(loop, options, err);
}

void stdio_forget_ahead(void)
{
    if (ahead)
        stream_close(&ahead->stream, STREAM_LINGER);
    ahead = NULL;
}

bool stdio_is_typed(const struct stream *stream)
{
    return ((const struct stdio *)stream)->in.is_terminal;
}
