#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"

int sink_open(struct sink *sink, const char *path, struct err *err)
{
    *sink = (struct sink){.path = path};
    TAILQ_INIT(&sink->waiters);
    buf_init(&sink->queue, SINK_PIECE);
    sink->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (sink->fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    return 0;
}

int sink_start(struct sink *sink, uv_loop_t *loop, struct err *err)
{
    if (!sink->started &&
        descriptor_init(&sink->descriptor, loop, sink->fd, DESCRIPTOR_WRITES, sink->path, err) < 0)
        return -1;
    sink->started = true;
    return 0;
}

/* ---- writing ---- */

static void give_up(struct sink *sink, int number)
{
    struct err failure;

    buf_consume(&sink->queue, buf_length(&sink->queue));
    err_errno(&failure, ERR_LOCAL, number, "cannot write %s", sink->path);
    if (sink->failure.kind == ERR_NONE)
        log_say(LOG_ERROR, "%s", failure.sentence);
    err_keep(&sink->failure, &failure);
}

static void flush(struct sink *sink)
{
    while (buf_length(&sink->queue)) {
        struct iovec iov = {(void *)buf_bytes(&sink->queue), buf_length(&sink->queue)};
        ssize_t put = descriptor_writev(&sink->descriptor, &iov, 1, NULL);

        if (put == STREAM_AGAIN)
            return;
        if (put == STREAM_FAIL)
            give_up(sink, errno);
        else
            buf_consume(&sink->queue, (size_t)put);
    }
}

bool sink_is_free(struct sink *sink)
{
    flush(sink);
    return !buf_length(&sink->queue);
}

unsigned char *sink_reserve(struct sink *sink, size_t n)
{
    unsigned char *room;

    if (sink->failure.kind != ERR_NONE)
        return NULL;
    room = buf_reserve(&sink->queue, n);
    if (!room)
        give_up(sink, ENOMEM);
    return room;
}

void sink_put(struct sink *sink, size_t n)
{
    buf_commit(&sink->queue, n);
    flush(sink);
}

/* ---- waiting ---- */

static void watch(struct sink *sink);

/* The first who finds it free may fill it again, and may close others. */
static void on_ready(void *owner, unsigned bits)
{
    struct sink *sink = owner;
    struct sink_waiter *waiter;

    (void)bits;
    while (sink_is_free(sink) && (waiter = TAILQ_FIRST(&sink->waiters))) {
        sink_leave(sink, waiter);
        waiter->ready(waiter);
    }
    watch(sink);
}

static void watch(struct sink *sink)
{
    descriptor_watch(&sink->descriptor, TAILQ_EMPTY(&sink->waiters) ? 0 : STREAM_OUT, on_ready,
                     sink);
}

void sink_wait(struct sink *sink, struct sink_waiter *waiter,
               void (*ready)(struct sink_waiter *waiter))
{
    waiter->ready = ready;
    if (waiter->waits)
        return;
    waiter->waits = true;
    TAILQ_INSERT_TAIL(&sink->waiters, waiter, link);
    watch(sink);
}

void sink_leave(struct sink *sink, struct sink_waiter *waiter)
{
    if (!waiter->waits)
        return;
    waiter->waits = false;
    TAILQ_REMOVE(&sink->waiters, waiter, link);
    watch(sink);
}

/* ---- the end ---- */

static void on_descriptor_closed(struct descriptor *descriptor)
{
    (void)descriptor;
}

static void stop(struct sink *sink)
{
    if (!sink->started)
        return;
    if (!sink_is_free(sink))
        give_up(sink, EAGAIN); /* a FIFO that was too slow for a run that ends now */
    descriptor_close(&sink->descriptor, on_descriptor_closed);
    sink->started = false;
}

void sink_close(struct sink *sink)
{
    if (!sink->path || sink->fd < 0)
        return;
    stop(sink);
    buf_fini(&sink->queue);
    if (close(sink->fd) < 0)
        give_up(sink, errno);
    sink->fd = -1;
}
