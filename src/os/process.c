/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/language.h"
#include "io/splice.h"
#include "io/watch.h"

enum { SOON_MS = 1 }; /* a timer of 0 ms could starve the loop */

/* Our end of a pipe. */
struct process_end {
    int fd;         /* -1: closed */
    bool is_raised; /* see splice_raise */
    struct watch watch;
};

struct process {
    struct stream stream;
    struct running running;
    struct process_end in, out; /* the program's standard input and output */
    unsigned watched;
    bool at_end;  /* the last writer has closed the output */
    bool is_late; /* at_end, and no exit for PROCESS_EXIT_MS */
    bool gone;    /* the program has ended, and its pipes were silent for PROCESS_GRACE_MS */
    bool closed;
    void (*over)(void *owner); /* NULL, or called when it is closed and has ended */
    void *owner;
};

static struct process *process_of(const struct stream *stream)
{
    return (struct process *)stream;
}

/* ---- giving back ---- */

static void on_timer_closed(uv_handle_t *timer)
{
    struct process *process =
        (struct process *)((char *)timer - offsetof(struct process, running.timer));

    running_fini(&process->running);
    free(process);
}

static void close_end(struct process_end *end)
{
    if (end->fd < 0)
        return;
    watch_fini(&end->watch);
    close(end->fd);
    end->fd = -1;
}

static void close_input(struct process *process)
{
    close_end(&process->in);
    process->running.input_ended = true;
}

static void release(struct process *process)
{
    if (process->over)
        process->over(process->owner);
    uv_close((uv_handle_t *)&process->running.timer, on_timer_closed);
}

/* ---- reading and writing ---- */

static void on_due(uv_timer_t *timer)
{
    struct process *process = timer->data;

    process->stream.ready(process->stream.owner, process->watched);
}

static void on_silence(uv_timer_t *timer);

/* Once the program is gone every call has an answer, so all watched bits hold. */
static void watch_gone(struct process *process)
{
    if (process->watched)
        uv_timer_start(&process->running.timer, on_due, SOON_MS, SOON_MS);
    else
        uv_timer_stop(&process->running.timer);
}

static void start_grace(struct process *process)
{
    uv_timer_start(&process->running.timer, on_silence, PROCESS_GRACE_MS, 0);
}

static bool has_output(const struct process *process)
{
    struct pollfd one = {.fd = process->out.fd, .events = POLLIN};

    return poll(&one, 1, 0) > 0 && one.revents & POLLIN;
}

static void go(struct process *process)
{
    process->gone = true;
    watch_set(&process->out.watch, 0);
    close_input(process);
    watch_gone(process);
}

/* Output that waits to be read is no silence. */
static void on_silence(uv_timer_t *timer)
{
    struct process *process = timer->data;

    if (has_output(process))
        start_grace(process);
    else
        go(process);
}

static void on_ended(struct running *running)
{
    struct process *process =
        (struct process *)((char *)running - offsetof(struct process, running));

    if (process->closed)
        release(process);
    else if (process->at_end)
        go(process);
    else
        start_grace(process);
}

/* The program has closed its output and runs on. */
static void on_late(uv_timer_t *timer)
{
    struct process *process = timer->data;

    process->is_late = true;
    process->stream.ready(process->stream.owner, STREAM_IN);
}

/* The exit decides whether the output's end is regular. */
static ssize_t end_output(struct process *process, struct err *err)
{
    if (process->running.child && !process->is_late) {
        if (!process->at_end)
            uv_timer_start(&process->running.timer, on_late, PROCESS_EXIT_MS, 0);
        process->at_end = true;
        return STREAM_AGAIN;
    }
    if (!process->running.was_killed || process->running.verdict.kind == ERR_NONE)
        return 0;
    *err = process->running.verdict;
    return STREAM_FAIL;
}

/* The answer of a read: `got` and errno are those of the system's call. */
static ssize_t after_read(struct process *process, ssize_t got, struct err *err)
{
    if (got > 0 && !process->running.child && !process->gone)
        start_grace(process);
    if (got > 0)
        return got;
    if (got == 0 || (errno == EAGAIN && process->gone))
        return end_output(process, err);
    if (errno == EAGAIN)
        return STREAM_AGAIN;
    err_errno(err, ERR_LOCAL, errno, "the program's output");
    return STREAM_FAIL;
}

static ssize_t process_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct process *process = process_of(stream);
    ssize_t got;

    do
        got = read(process->out.fd, bytes, n);
    while (got < 0 && errno == EINTR);
    return after_read(process, got, err);
}

static int refuse(struct err *err)
{
    err_set(err, ERR_NONE, "%s", "");
    return STREAM_FAIL;
}

static bool has_reader(const struct process *process)
{
    struct pollfd one = {.fd = process->in.fd};

    return poll(&one, 1, 0) <= 0 || !(one.revents & POLLERR);
}

static int process_check(struct stream *stream, struct err *err)
{
    const struct process *process = process_of(stream);

    return process->gone || !has_reader(process) ? refuse(err) : 0;
}

/* The answer of a write to the program. */
static ssize_t after_write(ssize_t put, struct err *err)
{
    if (put >= 0)
        return put;
    if (errno == EAGAIN)
        return STREAM_AGAIN;
    if (errno == EPIPE)
        return refuse(err);
    err_errno(err, ERR_LOCAL, errno, "the program's input");
    return STREAM_FAIL;
}

static ssize_t process_writev(struct stream *stream, const struct iovec *iov, int count,
                              struct err *err)
{
    struct process *process = process_of(stream);
    ssize_t put;

    if (process->gone)
        return refuse(err);
    do
        put = writev(process->in.fd, iov, count);
    while (put < 0 && errno == EINTR);
    return after_write(put, err);
}

static ssize_t process_splice(struct stream *stream, unsigned way, int pipe, size_t n,
                              struct err *err)
{
    struct process *process = process_of(stream);
    struct process_end *end = way == STREAM_IN ? &process->out : &process->in;
    ssize_t moved;

    if (way == STREAM_OUT && process->gone)
        return refuse(err);
    if (!end->is_raised)
        splice_raise(end->fd);
    end->is_raised = true;
    moved = way == STREAM_IN ? splice_take(end->fd, pipe, n) : splice_move(pipe, end->fd, n);
    if (moved < 0 && splice_is_refused(errno))
        return STREAM_UNABLE;
    return way == STREAM_IN ? after_read(process, moved, err) : after_write(moved, err);
}

static int process_finish(struct stream *stream, struct err *err)
{
    (void)err;
    close_input(process_of(stream));
    return 0;
}

/* ---- watching ---- */

static void on_watch(void *owner, unsigned bits)
{
    struct process *process = owner;

    process->stream.ready(process->stream.owner, bits);
}

static void process_watch(struct stream *stream, unsigned bits)
{
    struct process *process = process_of(stream);
    bool waits_for_exit = process->at_end && !process->is_late;

    process->watched = bits;
    if (process->gone) {
        watch_gone(process);
        return;
    }
    watch_set(&process->out.watch, waits_for_exit ? 0 : bits & STREAM_IN);
    watch_set(&process->in.watch, bits & (STREAM_OUT | STREAM_LOSS));
}

static const char *process_label(const struct stream *stream)
{
    (void)stream;
    return language_text(N_("the program"));
}

/* ---- the end ---- */

static void give_up(struct process *process)
{
    close_input(process);
    close_end(&process->out);
    uv_timer_stop(&process->running.timer);
    process->closed = true;
    if (process->running.child)
        running_leave(&process->running);
    else
        release(process);
}

/* The program is asked first, so that it does not take the end of its input for a regular one. */
static void process_close(struct stream *stream, enum stream_close how)
{
    struct process *process = process_of(stream);

    if (how != STREAM_LINGER)
        running_ask(&process->running);
    give_up(process);
}

static const struct stream_ops process_ops = {
    .read = process_read,
    .writev = process_writev,
    .splice = process_splice,
    .finish = process_finish,
    .check = process_check,
    .watch = process_watch,
    .label = process_label,
    .close = process_close,
};

void process_on_over(struct stream *stream, void (*over)(void *owner), void *owner)
{
    process_of(stream)->over = over;
    process_of(stream)->owner = owner;
}

/* ---- the start ---- */

/* A pipe; ends[ours] stays here, the other end is the program's. 0, or an errno. */
static int open_end(struct process *process, struct process_end *end, int ours, int *its)
{
    uv_loop_t *loop = process->running.processes->loop;
    int ends[2], number;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    fcntl(ends[ours], F_SETFL, O_NONBLOCK);
    if (watch_init(&end->watch, loop, ends[ours], 0, on_watch, process) < 0) {
        number = errno;
        close(ends[0]);
        close(ends[1]);
        return number;
    }
    end->fd = ends[ours];
    *its = ends[!ours];
    return 0;
}

static int start(struct process *process, const struct spawn *spawn,
                 const struct spawn_place *place, const char *peer, struct err *err)
{
    int in = -1, out = -1, started = -1;
    int failed = open_end(process, &process->in, 1, &in);

    if (!failed)
        failed = open_end(process, &process->out, 0, &out);
    if (failed)
        err_errno(err, ERR_LOCAL, failed, "cannot run %s", spawn->command);
    else
        started = running_start(&process->running, spawn, place, peer, in, out, err);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return started;
}

struct stream *process_new(struct processes *processes, const struct spawn *spawn,
                           const struct spawn_place *place, const char *peer, struct err *err)
{
    struct process *process = calloc(1, sizeof *process);

    if (!process) {
        err_memory(err);
        return NULL;
    }
    process->stream.ops = &process_ops;
    process->running.processes = processes;
    process->running.ended = on_ended;
    process->in.fd = process->out.fd = -1;
    uv_timer_init(processes->loop, &process->running.timer);
    process->running.timer.data = process;
    if (start(process, spawn, place, peer, err) == 0)
        return &process->stream;
    give_up(process);
    return NULL;
}
