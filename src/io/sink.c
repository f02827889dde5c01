#include "io/sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/reserve.h"
#include "io/descriptor.h"
#include "io/path.h"

/* The open part of a sink; the loop may hold it longer than the sink does. */
struct sink_file {
    struct descriptor descriptor;
    int fd;
    bool by_path;
};

static const char *name_of(const struct sink *sink)
{
    return sink->options.name ? sink->options.name : sink->options.path;
}

/* ---- opening ---- */

bool sink_is_standard_error(const struct sink *sink)
{
    return sink->is_open && path_descriptor(sink->options.path) == STDERR_FILENO;
}

/* NULL and *err: `fd` is closed. A file that is not waited for keeps no loop. */
static struct sink_file *file_new(struct sink *sink, int fd, struct err *err)
{
    struct sink_file *file = calloc(1, sizeof *file);

    reserve_lend();
    if (file && descriptor_init(&file->descriptor, sink->loop, fd, DESCRIPTOR_WRITES, name_of(sink),
                                err) == 0) {
        file->fd = fd;
        file->by_path = path_descriptor(sink->options.path) < 0;
        if (!sink->options.waits)
            descriptor_unref(&file->descriptor);
        return file;
    }
    if (!file)
        err_memory(err);
    free(file);
    close(fd);
    return NULL;
}

static int refuse_terminal(const struct sink *sink, int fd, struct err *err)
{
    close(fd);
    return err_set(err, ERR_USAGE,
                   "%.256s is a terminal, to which bytes may do anything; a hex dump (-x) is safe",
                   name_of(sink));
}

int sink_open(struct sink *sink, uv_loop_t *loop, const struct sink_options *options,
              struct err *err)
{
    int fd;

    *sink = (struct sink){.options = *options, .loop = loop};
    TAILQ_INIT(&sink->waiters);
    buf_init(&sink->queue, SINK_QUEUE + SINK_PIECE);
    fd = path_open(options->path, name_of(sink), !options->appends, err);
    if (fd < 0)
        return -1;
    if (!options->is_text && isatty(fd))
        return refuse_terminal(sink, fd, err);
    sink->is_torn = options->is_text && options->appends && path_is_torn(options->path);
    sink->shares_terminal = path_is_shared_terminal(fd);
    sink->is_open = true;
    if (sink->shares_terminal && options->show) {
        close(fd);
        return 0;
    }
    sink->file = file_new(sink, fd, err);
    sink->is_open = sink->file != NULL;
    return sink->is_open ? 0 : -1;
}

/* ---- losses ---- */

static size_t count(const struct sink *sink, const unsigned char *bytes, size_t n)
{
    size_t lines = 0;

    if (!sink->options.is_text)
        return n;
    for (size_t i = 0; i < n; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* "3 lines are", or nothing of it. */
static void describe_missing(const struct sink *sink, char *text, size_t size)
{
    const char *unit = sink->options.is_text ? "line" : "byte";

    if (sink->missing)
        snprintf(text, size, "%zu %s%s", sink->missing, unit, sink->missing == 1 ? " is" : "s are");
    else
        snprintf(text, size, "nothing is");
}

static void lose_by_failure(struct sink *sink, const struct err *err, size_t n)
{
    bool is_news = !sink->fails;

    sink->fails = true;
    sink->missing += n;
    err_keep(&sink->failure, err);
    if (is_news)
        log_say(LOG_ERROR, "%s; what is said is not written down", err->sentence);
}

static void lose_by_slowness(struct sink *sink, size_t n)
{
    bool is_news = !sink->told_slow;
    struct err err;

    err_set(&err, ERR_LOCAL, "%.256s is not read fast enough", name_of(sink));
    sink->told_slow = true;
    sink->missing += n;
    err_keep(&sink->failure, &err);
    if (is_news)
        log_say(LOG_ERROR, "%s; what finds no room there is lost and counted", err.sentence);
}

void sink_lose(struct sink *sink, size_t lines)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, ENOMEM, "cannot write %s", name_of(sink));
    lose_by_failure(sink, &err, lines);
}

static void end_failure(struct sink *sink)
{
    char missing[64];

    if (!sink->fails)
        return;
    describe_missing(sink, missing, sizeof missing);
    log_say(LOG_NOTICE, "%s is written again; %s missing", name_of(sink), missing);
    sink->fails = false;
    sink->missing = 0;
}

static void tell_missing(struct sink *sink)
{
    char missing[64];

    if (!sink->missing)
        return;
    describe_missing(sink, missing, sizeof missing);
    log_say(LOG_ERROR, "%s missing in %s", missing, name_of(sink));
    sink->missing = 0;
}

/* ---- writing ---- */

static void clear(struct sink *sink)
{
    buf_consume(&sink->queue, buf_length(&sink->queue));
}

static void give_up(struct sink *sink, const struct err *err)
{
    sink->is_given_up = true;
    if (sink->failure.kind == ERR_NONE)
        log_say(LOG_ERROR, "%s", err->sentence);
    err_keep(&sink->failure, err);
}

/* An LF in front ends a line that is written, or was counted as one that is not. */
static size_t count_rest(const struct sink *sink)
{
    const unsigned char *rest = buf_bytes(&sink->queue);
    bool ends_torn = sink->options.is_text && sink->is_torn && *rest == '\n';

    return count(sink, rest, buf_length(&sink->queue)) - ends_torn;
}

static void fail(struct sink *sink, const struct err *why)
{
    struct err err;

    err_set(&err, why->kind, "cannot write %s", why->sentence);
    if (sink->options.waits)
        give_up(sink, &err);
    else if (!sink->options.broke || err.kind == ERR_FULL)
        lose_by_failure(sink, &err, count_rest(sink));
    clear(sink);
    if (sink->options.broke && err.kind != ERR_FULL)
        sink->options.broke(sink->options.owner, why);
}

static void flush(struct sink *sink)
{
    struct err err;

    while (buf_length(&sink->queue)) {
        struct iovec iov = {(void *)buf_bytes(&sink->queue), buf_length(&sink->queue)};
        ssize_t put = descriptor_writev(&sink->file->descriptor, &iov, 1, &err);

        if (put == STREAM_AGAIN)
            return;
        if (put == STREAM_FAIL) {
            fail(sink, &err);
            return;
        }
        sink->is_torn = ((unsigned char *)iov.iov_base)[put - 1] != '\n';
        buf_consume(&sink->queue, (size_t)put);
        if (!buf_length(&sink->queue))
            end_failure(sink);
    }
}

static void show(struct sink *sink)
{
    sink->options.show((const char *)buf_bytes(&sink->queue), buf_length(&sink->queue));
    clear(sink);
}

static void watch(struct sink *sink);

static void write_on(struct sink *sink)
{
    if (!sink->file) {
        show(sink);
        return;
    }
    flush(sink);
    watch(sink);
}

bool sink_holds(const struct sink *sink)
{
    return buf_length(&sink->queue) > 0;
}

bool sink_is_free(struct sink *sink)
{
    if (!sink->options.waits || !sink->file)
        return true;
    flush(sink);
    return !sink_holds(sink);
}

unsigned char *sink_reserve(struct sink *sink, size_t n)
{
    unsigned char *room = NULL;

    if (sink->is_given_up)
        return NULL;
    if (sink->options.is_text && sink->is_torn && !sink_holds(sink))
        room = buf_append(&sink->queue, "\n", 1) < 0 ? NULL : buf_reserve(&sink->queue, n);
    else
        room = buf_reserve(&sink->queue, n);
    if (!room)
        sink_lose(sink, !sink->options.is_text ? n : 1);
    return room;
}

void sink_put(struct sink *sink, size_t n)
{
    size_t before = buf_length(&sink->queue);

    if (!sink->options.waits && before > 1 && before + n > SINK_QUEUE)
        lose_by_slowness(sink, count(sink, buf_bytes(&sink->queue) + before, n));
    else
        buf_commit(&sink->queue, n);
    write_on(sink);
}

void sink_append(struct sink *sink, const void *bytes, size_t n)
{
    unsigned char *room = sink_reserve(sink, n);

    if (!room)
        return;
    memcpy(room, bytes, n);
    sink_put(sink, n);
}

/* ---- waiting ---- */

/* The first who finds it free may fill it again, and may close others. */
static void on_ready(void *owner, unsigned bits)
{
    struct sink *sink = owner;
    struct sink_waiter *waiter;

    (void)bits;
    flush(sink);
    while (sink_is_free(sink) && (waiter = TAILQ_FIRST(&sink->waiters))) {
        sink_leave(sink, waiter);
        waiter->ready(waiter);
    }
    watch(sink);
}

static void watch(struct sink *sink)
{
    bool waits = sink->options.waits ? !TAILQ_EMPTY(&sink->waiters) : sink_holds(sink);

    descriptor_watch(&sink->file->descriptor, waits ? STREAM_OUT : 0, on_ready, sink);
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

/* ---- closing ---- */

static void on_file_closed(struct descriptor *descriptor)
{
    free((struct sink_file *)((char *)descriptor - offsetof(struct sink_file, descriptor)));
}

static void note_failure(struct sink *sink)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, errno, "cannot write %s", name_of(sink));
    give_up(sink, &err);
}

static void close_file(struct sink *sink, struct sink_file *file)
{
    bool syncs = sink->options.appends && file->by_path;
    int fd = file->fd;

    descriptor_close(&file->descriptor, on_file_closed);
    if (syncs && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
        note_failure(sink);
    if (close(fd) < 0)
        note_failure(sink);
}

void sink_reopen(struct sink *sink)
{
    struct sink_file *old = sink->file, *fresh = NULL;
    struct err err;
    int fd;

    if (!sink->is_open || !old || !old->by_path || sink->is_given_up)
        return;
    fd = path_open(sink->options.path, name_of(sink), false, &err);
    if (fd >= 0)
        fresh = file_new(sink, fd, &err);
    if (!fresh) {
        log_say(LOG_ERROR, "%s; the old file stays in use", err.sentence);
        return;
    }
    flush(sink);
    close_file(sink, old);
    sink->file = fresh;
    sink->is_torn = sink->options.is_text && !sink_holds(sink) && path_is_torn(sink->options.path);
    watch(sink);
}

/* False where a signal ended that. */
static bool flush_until(struct sink *sink, uint64_t until)
{
    int ready = 1;
    uint64_t now;

    flush(sink);
    while (ready > 0 && sink_holds(sink) && (now = uv_hrtime() / 1000000) < until) {
        uint64_t left = until - now < SINK_PATIENCE_MS ? until - now : SINK_PATIENCE_MS;

        ready = descriptor_wait(&sink->file->descriptor, (int)left);
        flush(sink);
    }
    return ready >= 0;
}

static void lose_rest(struct sink *sink)
{
    struct err err;

    if (!sink_holds(sink))
        return;
    if (sink->options.waits) {
        err_errno(&err, ERR_LOCAL, EAGAIN, "cannot write %s", name_of(sink));
        give_up(sink, &err);
    } else {
        lose_by_slowness(sink, count_rest(sink));
    }
    clear(sink);
}

bool sink_close(struct sink *sink, uint64_t until)
{
    bool may_wait = true;

    if (!sink->is_open)
        return true;
    sink->is_open = false;
    sink->options.broke = NULL;
    if (sink->file) {
        may_wait = flush_until(sink, until);
        lose_rest(sink);
        close_file(sink, sink->file);
        sink->file = NULL;
    }
    tell_missing(sink);
    buf_fini(&sink->queue);
    return may_wait;
}
