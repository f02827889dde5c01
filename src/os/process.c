/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/watch.h"

enum { SOON_MS = 1 }; /* a timer of 0 ms could starve the loop */

/* Our end of one of its pipes. */
struct process_end {
    int fd; /* -1: closed */
    struct watch watch;
};

struct process {
    struct stream stream;
    LIST_ENTRY(process) entry;
    struct processes *processes;
    pid_t pid; /* 0: it has ended, or is not waited for */
    bool leads;
    struct process_end in, out; /* its standard input and output */
    uv_timer_t timer;
    unsigned watched;
    bool at_end;  /* nobody writes to its output any more */
    bool is_late; /* at its end, it has not exited for PROCESS_EXIT_MS */
    bool gone;    /* it has ended, and its pipes have been silent for long enough */
    bool closed;
    bool asked; /* to end */
    char *peer, *command;
    void (*over)(void *owner); /* NULL, or told when the last handle goes */
    void *owner;
    struct err verdict; /* once it has ended */
    bool was_killed;    /* by a signal */
};

static struct process *process_of(const struct stream *stream)
{
    return (struct process *)stream;
}

/* ---- giving back ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct process *process = handle->data;

    free(process->peer);
    free(process->command);
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

/* The last handle goes when the stream is closed and the program waited for. */
static void release_if_over(struct process *process)
{
    if (!process->closed || process->pid)
        return;
    if (process->over)
        process->over(process->owner);
    uv_close((uv_handle_t *)&process->timer, on_timer_closed);
}

/* ---- its exit ---- */

static struct process_list *bucket_of(struct processes *processes, pid_t pid)
{
    return &processes->running[(unsigned)pid % PROCESSES_BUCKETS];
}

static struct process *find(struct processes *processes, pid_t pid)
{
    struct process *process;

    LIST_FOREACH(process, bucket_of(processes, pid), entry)
    if (process->pid == pid)
        return process;
    return NULL;
}

/* Itself, or, as a shell tells it, its last command. */
static bool ended_by_pipe(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGPIPE : WEXITSTATUS(status) == 128 + SIGPIPE;
}

static bool is_failure(const struct process *process, int status)
{
    bool has_its_end = process->closed || process->in.fd < 0;

    return status && !process->asked && !(has_its_end && ended_by_pipe(status));
}

static void judge(struct process *process, int status)
{
    enum err_kind kind = is_failure(process, status) ? ERR_PROGRAM : ERR_NONE;

    if (WIFSIGNALED(status))
        err_set(&process->verdict, kind, "'%s' ended by signal %d (%s)", process->command,
                WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        err_set(&process->verdict, kind, "'%s' ended with status %d", process->command,
                WEXITSTATUS(status));
    process->was_killed = WIFSIGNALED(status);
}

static void start_grace(struct process *process);
static void go(struct process *process);

static void tell_change(const struct processes *processes)
{
    if (processes->changed)
        processes->changed(processes->owner);
}

static void forget(struct process *process)
{
    LIST_REMOVE(process, entry);
    process->pid = 0;
    process->processes->asked -= process->asked;
    process->processes->lingering -= process->closed;
    if (process->closed)
        release_if_over(process);
}

/* Its memory is there until the loop has closed the handles. */
static void end(struct process *process, int status)
{
    struct processes *processes = process->processes;

    judge(process, status);
    forget(process);
    if (!process->closed && process->at_end)
        go(process);
    else if (!process->closed)
        start_grace(process);
    if (processes->exited)
        processes->exited(processes->owner, process->peer, &process->verdict);
    if (process->closed)
        tell_change(processes);
}

static bool reap(struct process *process)
{
    int status;
    bool ended = waitpid(process->pid, &status, WNOHANG) == process->pid;

    if (ended)
        end(process, status);
    return ended;
}

static void reap_all(struct processes *processes)
{
    struct process *process, *next;

    for (size_t i = 0; i < PROCESSES_BUCKETS; i++)
        for (process = LIST_FIRST(&processes->running[i]); process; process = next) {
            next = LIST_NEXT(process, entry);
            reap(process);
        }
}

/* Signals come together, so all that have ended are looked for. The system names them one by one;
 * only where it names one that is not ours, such as the helper of a look-up, all are asked. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct processes *processes = handle->data;
    struct process *process;

    (void)number;
    for (;;) {
        siginfo_t info = {.si_pid = 0};

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
            return;
        process = find(processes, info.si_pid);
        if (!process || !reap(process))
            break;
    }
    reap_all(processes);
}

static void open_signal(struct processes *processes)
{
    uv_signal_init(processes->loop, &processes->signal);
    processes->watches = true;
    processes->signal.data = processes;
    uv_unref((uv_handle_t *)&processes->signal);
    spawn_close_inherited();
}

/* Before the first program; to start it again changes nothing. */
static void watch_exits(struct processes *processes)
{
    if (!processes->watches)
        open_signal(processes);
    uv_signal_start(&processes->signal, on_signal, SIGCHLD);
}

/* ---- reading and writing ---- */

static void on_due(uv_timer_t *timer)
{
    struct process *process = timer->data;

    process->stream.ready(process->stream.owner, process->watched);
}

static void on_silence(uv_timer_t *timer);

/* Once it is gone every call has an answer, so whatever is watched holds. */
static void watch_gone(struct process *process)
{
    if (process->watched)
        uv_timer_start(&process->timer, on_due, SOON_MS, SOON_MS);
    else
        uv_timer_stop(&process->timer);
}

static void start_grace(struct process *process)
{
    uv_timer_start(&process->timer, on_silence, PROCESS_GRACE_MS, 0);
}

static bool has_output(const struct process *process)
{
    struct pollfd one = {.fd = process->out.fd, .events = POLLIN};

    return poll(&one, 1, 0) > 0 && one.revents & POLLIN;
}

/* It is no silence where nobody listens. */
static void on_silence(uv_timer_t *timer)
{
    struct process *process = timer->data;

    if (has_output(process))
        start_grace(process);
    else
        go(process);
}

static void go(struct process *process)
{
    process->gone = true;
    watch_set(&process->out.watch, 0);
    close_end(&process->in);
    watch_gone(process);
}

/* It has closed its output and runs on. */
static void on_late(uv_timer_t *timer)
{
    struct process *process = timer->data;

    process->is_late = true;
    process->stream.ready(process->stream.owner, STREAM_IN);
}

/* How it ended says what its output's end means. */
static ssize_t end_output(struct process *process, struct err *err)
{
    if (process->pid && !process->is_late) {
        if (!process->at_end)
            uv_timer_start(&process->timer, on_late, PROCESS_EXIT_MS, 0);
        process->at_end = true;
        return STREAM_AGAIN;
    }
    if (!process->was_killed || process->verdict.kind == ERR_NONE)
        return 0;
    *err = process->verdict;
    return STREAM_FAIL;
}

static ssize_t process_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct process *process = process_of(stream);
    ssize_t got;

    do
        got = read(process->out.fd, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got > 0 && !process->pid && !process->gone)
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
    if (put >= 0)
        return put;
    if (errno == EAGAIN)
        return STREAM_AGAIN;
    if (errno == EPIPE)
        return refuse(err);
    err_errno(err, ERR_LOCAL, errno, "the program's input");
    return STREAM_FAIL;
}

static int process_finish(struct stream *stream, struct err *err)
{
    (void)err;
    close_end(&process_of(stream)->in);
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

static int process_fd(const struct stream *stream, unsigned way)
{
    const struct process *process = (const struct process *)stream;

    return way == STREAM_IN ? process->out.fd : process->in.fd;
}

static const char *process_label(const struct stream *stream)
{
    (void)stream;
    return "the program";
}

/* ---- the end ---- */

/* While it is waited for, its number is nobody else's. */
static void send_signal(const struct process *process, int number)
{
    if (process->pid)
        kill(process->leads ? -process->pid : process->pid, number);
}

/* One that was stopped cannot act on it before it goes on. */
static void ask_to_end(struct process *process)
{
    if (!process->pid || process->asked)
        return;
    process->asked = true;
    process->processes->asked++;
    send_signal(process, SIGTERM);
    send_signal(process, SIGCONT);
}

/* From now on it does not keep the loop. */
static void on_waited(uv_timer_t *timer)
{
    const struct process *process = timer->data;

    if (process->processes->exited)
        process->processes->exited(process->processes->owner, process->peer, NULL);
}

static void on_not_ended(uv_timer_t *timer)
{
    send_signal(timer->data, SIGKILL);
    uv_timer_start(timer, on_waited, PROCESS_WAIT_MS, 0);
}

/* As long as this takes, the loop goes on. */
static void wait_for_end(struct process *process)
{
    if (process->asked)
        uv_timer_start(&process->timer, on_not_ended, PROCESS_END_MS, 0);
    else if (process->processes->exited)
        uv_timer_start(&process->timer, on_waited, PROCESS_WAIT_MS, 0);
}

static void give_up(struct process *process)
{
    close_end(&process->in);
    close_end(&process->out);
    uv_timer_stop(&process->timer);
    process->closed = true;
    release_if_over(process);
}

/* Asked first, so that it does not take the end of its input for a regular one. */
static void process_close(struct stream *stream, enum stream_close how)
{
    struct process *process = process_of(stream);

    if (how != STREAM_LINGER)
        ask_to_end(process);
    give_up(process);
    if (!process->pid)
        return;
    wait_for_end(process);
    process->processes->lingering++;
    tell_change(process->processes);
}

static const struct stream_ops process_ops = {
    .read = process_read,
    .writev = process_writev,
    .finish = process_finish,
    .check = process_check,
    .watch = process_watch,
    .fd = process_fd,
    .label = process_label,
    .close = process_close,
};

void process_on_over(struct stream *stream, void (*over)(void *owner), void *owner)
{
    process_of(stream)->over = over;
    process_of(stream)->owner = owner;
}

/* ---- the end of all ---- */

void processes_hold(struct processes *processes, bool holds)
{
    if (!processes->watches)
        return;
    if (holds)
        uv_ref((uv_handle_t *)&processes->signal);
    else
        uv_unref((uv_handle_t *)&processes->signal);
}

void processes_ask(struct processes *processes)
{
    struct process *process;

    for (size_t i = 0; i < PROCESSES_BUCKETS; i++)
        LIST_FOREACH(process, &processes->running[i], entry)
    if (process->closed && !process->asked) {
        ask_to_end(process);
        wait_for_end(process);
    }
}

static void abandon(struct process *process)
{
    if (process->asked)
        send_signal(process, SIGKILL);
    forget(process);
}

void processes_fini(struct processes *processes)
{
    struct process *process;

    for (size_t i = 0; i < PROCESSES_BUCKETS; i++)
        while ((process = LIST_FIRST(&processes->running[i])))
            abandon(process);
    if (processes->watches)
        uv_close((uv_handle_t *)&processes->signal, NULL);
    processes->watches = false;
}

/* ---- the start ---- */

/* A pipe; `ours` says which end we keep, the other one is the program's. An errno, or 0. */
static int open_end(struct process *process, struct process_end *end, int ours, int *its)
{
    int ends[2], number;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    fcntl(ends[ours], F_SETFL, O_NONBLOCK);
    if (watch_init(&end->watch, process->processes->loop, ends[ours], on_watch, process) < 0) {
        number = errno;
        close(ends[0]);
        close(ends[1]);
        return number;
    }
    end->fd = ends[ours];
    *its = ends[!ours];
    return 0;
}

static void close_given(int fd)
{
    if (fd >= 0)
        close(fd);
}

static int start(struct process *process, const struct spawn *spawn, struct err *err)
{
    int in = -1, out = -1;
    pid_t pid = -1;
    int failed = open_end(process, &process->in, 1, &in);

    if (!failed)
        failed = open_end(process, &process->out, 0, &out);
    if (failed)
        err_errno(err, ERR_LOCAL, failed, "cannot run %s", spawn->command);
    else
        pid = spawn_program(spawn, in, out, process->leads, err);
    close_given(in);
    close_given(out);
    process->pid = pid < 0 ? 0 : pid;
    return pid < 0 ? -1 : 0;
}

static bool has_terminal(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

static struct process *allocate(struct processes *processes, const char *peer, const char *command)
{
    struct process *process = calloc(1, sizeof *process);

    if (!process)
        return NULL;
    process->peer = strdup(peer);
    process->command = strdup(command);
    if (!process->peer || !process->command) {
        free(process->peer);
        free(process->command);
        free(process);
        return NULL;
    }
    process->stream.ops = &process_ops;
    process->processes = processes;
    process->leads = !has_terminal();
    process->in.fd = process->out.fd = -1;
    uv_timer_init(processes->loop, &process->timer);
    process->timer.data = process;
    return process;
}

struct stream *process_new(struct processes *processes, const struct spawn *spawn, const char *peer,
                           struct err *err)
{
    struct process *process;

    watch_exits(processes);
    process = allocate(processes, peer, spawn->command);
    if (!process) {
        err_memory(err);
        return NULL;
    }
    if (start(process, spawn, err) < 0) {
        give_up(process);
        return NULL;
    }
    LIST_INSERT_HEAD(bucket_of(processes, process->pid), process, entry);
    return &process->stream;
}
