#include "io/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

enum { PENDING_CAP = 1 << 20 }; /* more than any one read */

struct tap {
    struct stream stream;
    struct stream *inner;
    struct tap_file *file;
    struct descriptor descriptor;
    struct buf pending;
    unsigned watched;
};

int tap_file_open(struct tap_file *file, const char *path, struct err *err)
{
    *file = (struct tap_file){.path = path};
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    return 0;
}

static void fail(struct tap_file *file, int number)
{
    struct err failure;

    err_errno(&failure, ERR_LOCAL, number, "cannot write %s", file->path);
    if (file->failure.kind == ERR_NONE)
        log_say(LOG_ERROR, "%s", failure.sentence);
    err_keep(&file->failure, &failure);
}

void tap_file_close(struct tap_file *file)
{
    if (file->fd >= 0 && close(file->fd) < 0)
        fail(file, errno);
    file->fd = -1;
}

static void give_up(struct tap *tap, int number)
{
    buf_consume(&tap->pending, buf_length(&tap->pending));
    fail(tap->file, number);
}

static void flush(struct tap *tap)
{
    while (buf_length(&tap->pending)) {
        struct iovec iov = {(void *)buf_bytes(&tap->pending), buf_length(&tap->pending)};
        ssize_t put = descriptor_writev(&tap->descriptor, &iov, 1, NULL);

        if (put == STREAM_AGAIN)
            return;
        if (put == STREAM_FAIL)
            give_up(tap, errno);
        else
            buf_consume(&tap->pending, (size_t)put);
    }
}

static ssize_t tap_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct tap *tap = (struct tap *)stream;
    ssize_t got;

    flush(tap);
    if (buf_length(&tap->pending))
        return STREAM_AGAIN;
    got = stream_read(tap->inner, bytes, n, err);
    if (got > 0 && tap->file->failure.kind == ERR_NONE) {
        if (buf_append(&tap->pending, bytes, (size_t)got) < 0)
            give_up(tap, ENOMEM);
        flush(tap);
    }
    return got;
}

static ssize_t tap_writev(struct stream *stream, const struct iovec *iov, int count,
                          struct err *err)
{
    struct tap *tap = (struct tap *)stream;

    return tap->inner->ops->writev(tap->inner, iov, count, err);
}

static int tap_finish(struct stream *stream, struct err *err)
{
    return stream_finish(((struct tap *)stream)->inner, err);
}

static void on_file_ready(void *owner, unsigned bits);

/* Reading waits for the file first, then for the inner stream. */
static void tap_watch(struct stream *stream, unsigned bits)
{
    struct tap *tap = (struct tap *)stream;
    bool file_first = bits & STREAM_IN && buf_length(&tap->pending);

    tap->watched = bits;
    descriptor_watch(&tap->descriptor, file_first ? STREAM_OUT : 0, on_file_ready, tap);
    stream_watch(tap->inner, file_first ? bits & ~(unsigned)STREAM_IN : bits);
}

static void on_file_ready(void *owner, unsigned bits)
{
    struct tap *tap = owner;

    (void)bits;
    flush(tap);
    if (buf_length(&tap->pending))
        return;
    tap_watch(&tap->stream, tap->watched);
    tap->stream.ready(tap->stream.owner, STREAM_IN);
}

static void on_inner_ready(void *owner, unsigned bits)
{
    struct tap *tap = owner;

    tap->stream.ready(tap->stream.owner, bits);
}

static const char *tap_label(const struct stream *stream)
{
    return stream_label(((const struct tap *)stream)->inner);
}

static void on_descriptor_closed(struct descriptor *descriptor)
{
    struct tap *tap = (struct tap *)((char *)descriptor - offsetof(struct tap, descriptor));

    buf_fini(&tap->pending);
    free(tap);
}

static void tap_close(struct stream *stream, enum stream_close how)
{
    struct tap *tap = (struct tap *)stream;

    stream_close(tap->inner, how);
    flush(tap);
    if (buf_length(&tap->pending))
        give_up(tap, EAGAIN); /* a FIFO that was too slow for a run that ends now */
    descriptor_close(&tap->descriptor, on_descriptor_closed);
}

static const struct stream_ops tap_ops = {
    .read = tap_read,
    .writev = tap_writev,
    .finish = tap_finish,
    .watch = tap_watch,
    .label = tap_label,
    .close = tap_close,
};

struct stream *tap_new(uv_loop_t *loop, struct stream *inner, struct tap_file *file,
                       struct err *err)
{
    struct tap *tap = calloc(1, sizeof *tap);

    if (!tap) {
        err_memory(err);
        return NULL;
    }
    tap->stream.ops = &tap_ops;
    tap->inner = inner;
    tap->file = file;
    buf_init(&tap->pending, PENDING_CAP);
    if (descriptor_init(&tap->descriptor, loop, file->fd, DESCRIPTOR_WRITES, file->path, err) < 0) {
        free(tap);
        return NULL;
    }
    stream_own(inner, on_inner_ready, tap);
    return &tap->stream;
}
