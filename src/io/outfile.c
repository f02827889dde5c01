/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/reserve.h"
#include "io/fd.h"
#include "io/path.h"

/* The open part of an outfile; the loop may hold it longer than the outfile does. */
struct outfile_file {
    struct fd descriptor;
    int fd;
    bool by_path;
};

static const char *name_of(const struct outfile *outfile)
{
    return outfile->options.name ? outfile->options.name : outfile->options.path;
}

/* ---- opening ---- */

bool outfile_is_standard_error(const struct outfile *outfile)
{
    return outfile->is_open && path_descriptor(outfile->options.path) == STDERR_FILENO;
}

/* NULL and *err: `fd` is closed. A file that is not waited for keeps no loop. */
static struct outfile_file *file_new(struct outfile *outfile, int fd, struct err *err)
{
    struct outfile_file *file = calloc(1, sizeof *file);

    reserve_lend();
    if (file &&
        fd_init(&file->descriptor, outfile->loop, fd, FD_WRITES, name_of(outfile), err) == 0) {
        file->fd = fd;
        file->by_path = path_descriptor(outfile->options.path) < 0;
        if (!outfile->options.waits)
            fd_unref(&file->descriptor);
        return file;
    }
    if (!file)
        err_memory(err);
    free(file);
    close(fd);
    return NULL;
}

static int refuse_terminal(const struct outfile *outfile, int fd, struct err *err)
{
    close(fd);
    return err_set(err, ERR_USAGE,
                   "%.256s is a terminal, to which bytes may do anything; a hex dump (-x) is safe",
                   name_of(outfile));
}

int outfile_open(struct outfile *outfile, uv_loop_t *loop, const struct outfile_options *options,
                 struct err *err)
{
    int fd;

    *outfile = (struct outfile){.options = *options, .loop = loop};
    TAILQ_INIT(&outfile->waiters);
    buf_init(&outfile->queue, OUTFILE_QUEUE + OUTFILE_PIECE);
    fd = path_open(options->path, name_of(outfile), !options->appends, err);
    if (fd < 0)
        return -1;
    if (!options->is_text && isatty(fd))
        return refuse_terminal(outfile, fd, err);
    outfile->is_torn = options->is_text && options->appends && path_is_torn(options->path);
    outfile->shares_terminal = path_is_shared_terminal(fd);
    outfile->is_open = true;
    if (outfile->shares_terminal && options->show) {
        close(fd);
        return 0;
    }
    outfile->file = file_new(outfile, fd, err);
    outfile->is_open = outfile->file != NULL;
    return outfile->is_open ? 0 : -1;
}

/* ---- losses ---- */

static size_t count(const struct outfile *outfile, const unsigned char *bytes, size_t n)
{
    size_t lines = 0;

    if (!outfile->options.is_text)
        return n;
    for (size_t i = 0; i < n; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* "3 lines are", or nothing of it. */
static void describe_missing(const struct outfile *outfile, char *text, size_t size)
{
    const char *unit = outfile->options.is_text ? "line" : "byte";

    if (outfile->missing)
        snprintf(text, size, "%zu %s%s", outfile->missing, unit,
                 outfile->missing == 1 ? " is" : "s are");
    else
        snprintf(text, size, "nothing is");
}

static void lose_by_failure(struct outfile *outfile, const struct err *err, size_t n)
{
    bool is_news = !outfile->fails;

    outfile->fails = true;
    outfile->missing += n;
    err_keep(&outfile->failure, err);
    if (is_news)
        log_say(LOG_ERROR, "%s; what is said is not written down", err->sentence);
}

static void lose_by_slowness(struct outfile *outfile, size_t n)
{
    bool is_news = !outfile->told_slow;
    struct err err;

    err_set(&err, ERR_LOCAL, "%.256s is not read fast enough", name_of(outfile));
    outfile->told_slow = true;
    outfile->missing += n;
    err_keep(&outfile->failure, &err);
    if (is_news)
        log_say(LOG_ERROR, "%s; what finds no room there is lost and counted", err.sentence);
}

void outfile_lose(struct outfile *outfile, size_t lines)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, ENOMEM, "cannot write %s", name_of(outfile));
    lose_by_failure(outfile, &err, lines);
}

static void end_failure(struct outfile *outfile)
{
    char missing[64];

    if (!outfile->fails)
        return;
    describe_missing(outfile, missing, sizeof missing);
    log_say(LOG_NOTICE, "%s is written again; %s missing", name_of(outfile), missing);
    outfile->fails = false;
    outfile->missing = 0;
}

static void tell_missing(struct outfile *outfile)
{
    char missing[64];

    if (!outfile->missing)
        return;
    describe_missing(outfile, missing, sizeof missing);
    log_say(LOG_ERROR, "%s missing in %s", missing, name_of(outfile));
    outfile->missing = 0;
}

/* ---- writing ---- */

static void clear(struct outfile *outfile)
{
    buf_consume(&outfile->queue, buf_length(&outfile->queue));
}

static void give_up(struct outfile *outfile, const struct err *err)
{
    outfile->is_given_up = true;
    if (outfile->failure.kind == ERR_NONE)
        log_say(LOG_ERROR, "%s", err->sentence);
    err_keep(&outfile->failure, err);
}

/* An LF in front ends a line that is written, or was counted as one that is not. */
static size_t count_rest(const struct outfile *outfile)
{
    const unsigned char *rest = buf_bytes(&outfile->queue);
    bool ends_torn = outfile->options.is_text && outfile->is_torn && *rest == '\n';

    return count(outfile, rest, buf_length(&outfile->queue)) - ends_torn;
}

static void fail(struct outfile *outfile, const struct err *why)
{
    struct err err;

    err_set(&err, why->kind, "cannot write %s", why->sentence);
    if (outfile->options.waits)
        give_up(outfile, &err);
    else if (!outfile->options.broke || err.kind == ERR_FULL)
        lose_by_failure(outfile, &err, count_rest(outfile));
    clear(outfile);
    if (outfile->options.broke && err.kind != ERR_FULL)
        outfile->options.broke(outfile->options.owner, why);
}

static void flush(struct outfile *outfile)
{
    struct err err;

    while (buf_length(&outfile->queue)) {
        struct iovec iov = {(void *)buf_bytes(&outfile->queue), buf_length(&outfile->queue)};
        ssize_t put = fd_writev(&outfile->file->descriptor, &iov, 1, &err);

        if (put == STREAM_AGAIN)
            return;
        if (put == STREAM_FAIL) {
            fail(outfile, &err);
            return;
        }
        outfile->is_torn = ((unsigned char *)iov.iov_base)[put - 1] != '\n';
        buf_consume(&outfile->queue, (size_t)put);
        if (!buf_length(&outfile->queue))
            end_failure(outfile);
    }
}

static void show(struct outfile *outfile)
{
    outfile->options.show((const char *)buf_bytes(&outfile->queue), buf_length(&outfile->queue));
    clear(outfile);
}

static void watch(struct outfile *outfile);

static void write_on(struct outfile *outfile)
{
    if (!outfile->file) {
        show(outfile);
        return;
    }
    flush(outfile);
    watch(outfile);
}

bool outfile_holds(const struct outfile *outfile)
{
    return buf_length(&outfile->queue) > 0;
}

bool outfile_is_free(struct outfile *outfile)
{
    if (!outfile->options.waits || !outfile->file)
        return true;
    flush(outfile);
    return !outfile_holds(outfile);
}

unsigned char *outfile_reserve(struct outfile *outfile, size_t n)
{
    unsigned char *room = NULL;

    if (outfile->is_given_up)
        return NULL;
    if (outfile->options.is_text && outfile->is_torn && !outfile_holds(outfile))
        room = buf_append(&outfile->queue, "\n", 1) < 0 ? NULL : buf_reserve(&outfile->queue, n);
    else
        room = buf_reserve(&outfile->queue, n);
    if (!room)
        outfile_lose(outfile, !outfile->options.is_text ? n : 1);
    return room;
}

void outfile_put(struct outfile *outfile, size_t n)
{
    size_t before = buf_length(&outfile->queue);

    if (!outfile->options.waits && before > 1 && before + n > OUTFILE_QUEUE)
        lose_by_slowness(outfile, count(outfile, buf_bytes(&outfile->queue) + before, n));
    else
        buf_commit(&outfile->queue, n);
    write_on(outfile);
}

void outfile_append(struct outfile *outfile, const void *bytes, size_t n)
{
    unsigned char *room = outfile_reserve(outfile, n);

    if (!room)
        return;
    memcpy(room, bytes, n);
    outfile_put(outfile, n);
}

/* ---- waiting ---- */

/* The first who finds it free may fill it again, and may close others. */
static void on_ready(void *owner, unsigned bits)
{
    struct outfile *outfile = owner;
    struct outfile_waiter *waiter;

    (void)bits;
    flush(outfile);
    while (outfile_is_free(outfile) && (waiter = TAILQ_FIRST(&outfile->waiters))) {
        outfile_leave(outfile, waiter);
        waiter->ready(waiter);
    }
    watch(outfile);
}

static void watch(struct outfile *outfile)
{
    bool waits = outfile->options.waits ? !TAILQ_EMPTY(&outfile->waiters) : outfile_holds(outfile);

    fd_watch(&outfile->file->descriptor, waits ? STREAM_OUT : 0, on_ready, outfile);
}

void outfile_wait(struct outfile *outfile, struct outfile_waiter *waiter,
                  void (*ready)(struct outfile_waiter *waiter))
{
    waiter->ready = ready;
    if (waiter->waits)
        return;
    waiter->waits = true;
    TAILQ_INSERT_TAIL(&outfile->waiters, waiter, link);
    watch(outfile);
}

void outfile_leave(struct outfile *outfile, struct outfile_waiter *waiter)
{
    if (!waiter->waits)
        return;
    waiter->waits = false;
    TAILQ_REMOVE(&outfile->waiters, waiter, link);
    watch(outfile);
}

/* ---- closing ---- */

static void on_file_closed(struct fd *descriptor)
{
    free((struct outfile_file *)((char *)descriptor - offsetof(struct outfile_file, descriptor)));
}

static void note_failure(struct outfile *outfile)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, errno, "cannot write %s", name_of(outfile));
    give_up(outfile, &err);
}

static void close_file(struct outfile *outfile, struct outfile_file *file)
{
    bool syncs = outfile->options.appends && file->by_path;
    int fd = file->fd;

    fd_close(&file->descriptor, on_file_closed);
    if (syncs && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
        note_failure(outfile);
    if (close(fd) < 0)
        note_failure(outfile);
}

void outfile_reopen(struct outfile *outfile)
{
    struct outfile_file *old = outfile->file, *fresh = NULL;
    struct err err;
    int fd;

    if (!outfile->is_open || !old || !old->by_path || outfile->is_given_up)
        return;
    fd = path_open(outfile->options.path, name_of(outfile), false, &err);
    if (fd >= 0)
        fresh = file_new(outfile, fd, &err);
    if (!fresh) {
        log_say(LOG_ERROR, "%s; the old file stays in use", err.sentence);
        return;
    }
    flush(outfile);
    close_file(outfile, old);
    outfile->file = fresh;
    outfile->is_torn =
        outfile->options.is_text && !outfile_holds(outfile) && path_is_torn(outfile->options.path);
    watch(outfile);
}

/* False where a signal ended that. */
static bool flush_until(struct outfile *outfile, uint64_t until)
{
    int ready = 1;
    uint64_t now;

    flush(outfile);
    while (ready > 0 && outfile_holds(outfile) && (now = uv_hrtime() / 1000000) < until) {
        uint64_t left = until - now < OUTFILE_PATIENCE_MS ? until - now : OUTFILE_PATIENCE_MS;

        ready = fd_wait(&outfile->file->descriptor, (int)left);
        flush(outfile);
    }
    return ready >= 0;
}

static void lose_rest(struct outfile *outfile)
{
    struct err err;

    if (!outfile_holds(outfile))
        return;
    if (outfile->options.waits) {
        err_errno(&err, ERR_LOCAL, EAGAIN, "cannot write %s", name_of(outfile));
        give_up(outfile, &err);
    } else {
        lose_by_slowness(outfile, count_rest(outfile));
    }
    clear(outfile);
}

bool outfile_close(struct outfile *outfile, uint64_t until)
{
    bool may_wait = true;

    if (!outfile->is_open)
        return true;
    outfile->is_open = false;
    outfile->options.broke = NULL;
    if (outfile->file) {
        may_wait = flush_until(outfile, until);
        lose_rest(outfile);
        close_file(outfile, outfile->file);
        outfile->file = NULL;
    }
    tell_missing(outfile);
    buf_fini(&outfile->queue);
    return may_wait;
}
