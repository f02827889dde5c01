/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/language.h"
#include "io/fd.h"
#include "io/loop.h"
#include "io/path.h"

/* ---- opening ---- */

/* The loop may hold the file longer than the outfile does. If no stream waits for the file, the
 * file does not keep the loop. NULL and *err: `number` is closed. */
static struct fd *file_new(struct outfile *outfile, int number, struct err *err)
{
    struct fd *file = calloc(1, sizeof *file);

    if (file && fd_init(file, outfile->loop, number, FD_WRITES, outfile->options.name, err) == 0) {
        if (!outfile->options.waits)
            fd_unref(file);
        return file;
    }
    if (!file)
        err_memory(err);
    free(file);
    close(number);
    return NULL;
}

int outfile_open(struct outfile *outfile, uv_loop_t *loop, const struct outfile_options *options,
                 struct err *err)
{
    int fd;

    *outfile = (struct outfile){.options = *options, .loop = loop};
    outfile->options.name = options->name ? options->name : options->path;
    TAILQ_INIT(&outfile->waiters);
    buf_init(&outfile->queue, OUTFILE_QUEUE + OUTFILE_PIECE);
    fd = path_open((struct opener){0}, options->path, outfile->options.name,
                   options->how | (options->appends ? 0u : PATH_TRUNCATES), err);
    if (fd < 0)
        return -1;
    if (!options->is_text && isatty(fd)) {
        close(fd);
        return err_set(
            err, ERR_USAGE,
            "%.256s is a terminal, to which bytes may do anything; a hex dump (-x) is safe",
            outfile->options.name);
    }
    outfile->is_torn =
        options->is_text && options->appends && path_is_torn((struct opener){0}, options->path);
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

/* The first loss of a kind is told with its consequence, the others are counted. */
static void lose(struct outfile *outfile, bool *was_told, const struct err *err,
                 const char *sentence, size_t n)
{
    struct event event = {.kind = EVENT_FILE,
                          .sentence = sentence,
                          .path = outfile->options.name,
                          .why = err->sentence};

    if (!*was_told)
        event_tell(&event);
    *was_told = true;
    outfile->missing += n;
    err_keep(&outfile->failure, err);
}

static void lose_by_failure(struct outfile *outfile, const struct err *err, size_t n)
{
    lose(outfile, &outfile->fails, err, N_("{why}; what is said is not written down"), n);
}

static void lose_by_slowness(struct outfile *outfile, size_t n)
{
    struct err err;

    err_set(&err, ERR_LOCAL, "%.256s is not read fast enough",
            language_name(outfile->options.name));
    lose(outfile, &outfile->told_slow, &err,
         N_("{why}; what finds no room there is lost and counted"), n);
}

void outfile_lose(struct outfile *outfile, size_t lines)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, ENOMEM, "cannot write %s", language_name(outfile->options.name));
    lose_by_failure(outfile, &err, lines);
}

static void tell_missing(struct outfile *outfile, bool is_end)
{
    static const char *const sentences[2][2][2] = {
        {{NN_("{path} is written again; {count} byte is missing",
              "{path} is written again; {count} bytes are missing")},
         {NN_("{path} is written again; {count} line is missing",
              "{path} is written again; {count} lines are missing")}},
        {{NN_("{count} byte is missing in {path}", "{count} bytes are missing in {path}")},
         {NN_("{count} line is missing in {path}", "{count} lines are missing in {path}")}},
    };
    const char *const *counted = sentences[is_end][outfile->options.is_text];

    event_tell(&(struct event){
        .kind = EVENT_FILE,
        .sentence =
            outfile->missing ? counted[0] : N_("{path} is written again; nothing is missing"),
        .sentences = outfile->missing ? counted[1] : NULL,
        .counted = outfile->missing,
        .path = outfile->options.name,
        .count = outfile->missing,
    });
    outfile->missing = 0;
}

/* ---- writing ---- */

static void give_up(struct outfile *outfile, const struct err *err)
{
    outfile->is_given_up = true;
    if (outfile->failure.kind == ERR_NONE)
        event_say_error("%s", err->sentence);
    err_keep(&outfile->failure, err);
}

/* An LF in front ends the torn line, which was written or counted before. */
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
    buf_clear(&outfile->queue);
    if (outfile->options.broke && err.kind != ERR_FULL)
        outfile->options.broke(outfile->options.owner, why);
}

/* Returns how much; 0: not now, or it failed. */
static size_t write_some(struct outfile *outfile, const unsigned char *bytes, size_t n)
{
    struct iovec iov = {(void *)bytes, n};
    struct err err;
    ssize_t put = fd_writev(outfile->file, &iov, 1, &err);

    if (put == STREAM_FAIL)
        fail(outfile, &err);
    if (put <= 0)
        return 0;
    outfile->is_torn = bytes[put - 1] != '\n';
    return (size_t)put;
}

static void flush(struct outfile *outfile)
{
    struct buf *queue = &outfile->queue;
    size_t put = 1;

    while (put && buf_length(queue)) {
        put = write_some(outfile, buf_bytes(queue), buf_length(queue));
        buf_consume(queue, put);
        if (put && !buf_length(queue) && outfile->fails) {
            outfile->fails = false;
            tell_missing(outfile, false);
        }
    }
}

static void watch(struct outfile *outfile);

bool outfile_is_free(struct outfile *outfile)
{
    if (!outfile->options.waits || !outfile->file)
        return true;
    flush(outfile);
    return !outfile_holds(outfile);
}

unsigned char *outfile_reserve(struct outfile *outfile, size_t n)
{
    bool ends_torn = outfile->options.is_text && outfile->is_torn && !outfile_holds(outfile);
    unsigned char *room = NULL;

    if (outfile->is_given_up)
        return NULL;
    if (!ends_torn || buf_append(&outfile->queue, "\n", 1) == 0)
        room = buf_reserve(&outfile->queue, n);
    if (!room)
        outfile_lose(outfile, !outfile->options.is_text ? n : 1);
    return room;
}

/* Waiting bytes of a slow file are not tried again with each piece, but when there is room. */
void outfile_put(struct outfile *outfile, size_t n)
{
    const struct buf *queue = &outfile->queue;
    size_t before = buf_length(queue);

    if (!outfile->options.waits && before > 1 && before + n > OUTFILE_QUEUE)
        lose_by_slowness(outfile, count(outfile, buf_bytes(queue) + before, n));
    else
        buf_commit(&outfile->queue, n);
    if (outfile->file && (outfile->options.waits || before <= 1))
        flush(outfile);
    if (outfile->file) {
        watch(outfile);
    } else {
        outfile->options.show((const char *)buf_bytes(queue), buf_length(queue));
        buf_clear(&outfile->queue);
    }
}

void outfile_append(struct outfile *outfile, const void *bytes, size_t n)
{
    bool is_direct = outfile->options.waits && !outfile->options.is_text && outfile->file &&
                     !outfile->is_given_up && !outfile_holds(outfile);
    size_t put = is_direct ? write_some(outfile, bytes, n) : 0;
    unsigned char *room = put < n ? outfile_reserve(outfile, n - put) : NULL;

    if (!room)
        return;
    memcpy(room, (const char *)bytes + put, n - put);
    outfile_put(outfile, n - put);
}

/* ---- waiting ---- */

/* The first waiter may fill the outfile again, and may close other waiters. */
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

    fd_watch(outfile->file, waits ? STREAM_OUT : 0, on_ready, outfile);
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

static void on_file_closed(struct fd *file)
{
    free(file);
}

static void give_up_for(struct outfile *outfile, int number)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, number, "cannot write %s", language_name(outfile->options.name));
    give_up(outfile, &err);
}

static bool is_by_path(const struct outfile *outfile)
{
    return path_descriptor(outfile->options.path) < 0;
}

static void close_file(struct outfile *outfile, struct fd *file)
{
    bool syncs = outfile->options.appends && is_by_path(outfile);
    int number = file->given;

    fd_close(file, on_file_closed);
    if (syncs && fsync(number) < 0 && errno != EINVAL && errno != EROFS)
        give_up_for(outfile, errno);
    if (close(number) < 0)
        give_up_for(outfile, errno);
}

void outfile_reopen(struct outfile *outfile)
{
    const struct outfile_options *options = &outfile->options;
    struct fd *old = outfile->file, *fresh;
    struct err err;
    int fd;

    if (!outfile->is_open || !old || !is_by_path(outfile) || outfile->is_given_up)
        return;
    fd = path_open(options->opener, options->path, options->name, options->how, &err);
    fresh = fd < 0 ? NULL : file_new(outfile, fd, &err);
    if (!fresh) {
        event_say_error("%s; the old file stays in use", err.sentence);
        return;
    }
    flush(outfile);
    close_file(outfile, old);
    outfile->file = fresh;
    outfile->is_torn =
        options->is_text && !outfile_holds(outfile) && path_is_torn(options->opener, options->path);
    watch(outfile);
}

bool outfile_flush(struct outfile *outfile, uint64_t until)
{
    int ready = 1;
    uint64_t now;

    flush(outfile);
    while (ready > 0 && outfile_holds(outfile) && (now = loop_clock()) < until) {
        uint64_t left = until - now < OUTFILE_PATIENCE_MS ? until - now : OUTFILE_PATIENCE_MS;

        ready = fd_wait(outfile->file, (int)left);
        flush(outfile);
    }
    return ready >= 0;
}

bool outfile_close(struct outfile *outfile, uint64_t until)
{
    bool may_wait = true;

    if (!outfile->is_open)
        return true;
    outfile->is_open = false;
    outfile->options.broke = NULL;
    if (outfile->file) {
        may_wait = outfile_flush(outfile, until);
        if (outfile_holds(outfile) && outfile->options.waits)
            give_up_for(outfile, EAGAIN);
        else if (outfile_holds(outfile))
            lose_by_slowness(outfile, count_rest(outfile));
        buf_clear(&outfile->queue);
        close_file(outfile, outfile->file);
        outfile->file = NULL;
    }
    if (outfile->missing)
        tell_missing(outfile, true);
    buf_fini(&outfile->queue);
    return may_wait;
}
