#include "talk/child.h"

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
struct child_end {
    int fd; /* -1: closed */
    struct watch watch;
};

struct child {
    struct stream stream;
    LIST_ENTRY(child) entry;
    struct children *children;
    pid_t pid; /* 0: it has ended, or is not waited for */
    bool leads;
    struct child_end in, out; /* its standard input and output */
    uv_timer_t timer;
    unsigned watched;
    bool at_end;  /* nobody writes to its output any more */
    bool is_late; /* at its end, it has not exited for CHILD_EXIT_MS */
    bool gone;    /* it has ended, and its pipes have been silent for long enough */
    bool closed;
    bool asked; /* to end */
    char *peer, *command;
    void (*over)(void *owner); /* NULL, or told when the last handle goes */
    void *owner;
    struct err verdict; /* once it has ended */
    bool was_killed;    /* by a signal */
};

static struct child *child_of(const struct stream *stream)
{
    return (struct child *)stream;
}

/* ---- giving back ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    free(child->peer);
    free(child->command);
    free(child);
}

static void close_end(struct child_end *end)
{
    if (end->fd < 0)
        return;
    watch_fini(&end->watch);
    close(end->fd);
    end->fd = -1;
}

/* The last handle goes when the stream is closed and the program waited for. */
static void release_if_over(struct child *child)
{
    if (!child->closed || child->pid)
        return;
    if (child->over)
        child->over(child->owner);
    uv_close((uv_handle_t *)&child->timer, on_timer_closed);
}

/* ---- its exit ---- */

static struct child_list *bucket_of(struct children *children, pid_t pid)
{
    return &children->running[(unsigned)pid % CHILDREN_BUCKETS];
}

static struct child *find(struct children *children, pid_t pid)
{
    struct child *child;

    LIST_FOREACH(child, bucket_of(children, pid), entry)
    if (child->pid == pid)
        return child;
    return NULL;
}

/* Itself, or, as a shell tells it, its last command. */
static bool ended_by_pipe(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGPIPE : WEXITSTATUS(status) == 128 + SIGPIPE;
}

static bool is_failure(const struct child *child, int status)
{
    bool has_its_end = child->closed || child->in.fd < 0;

    return status && !child->asked && !(has_its_end && ended_by_pipe(status));
}

static void judge(struct child *child, int status)
{
    enum err_kind kind = is_failure(child, status) ? ERR_PROGRAM : ERR_NONE;

    if (WIFSIGNALED(status))
        err_set(&child->verdict, kind, "'%s' ended by signal %d (%s)", child->command,
                WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        err_set(&child->verdict, kind, "'%s' ended with status %d", child->command,
                WEXITSTATUS(status));
    child->was_killed = WIFSIGNALED(status);
}

static void start_grace(struct child *child);
static void go(struct child *child);

static void tell_change(const struct children *children)
{
    if (children->changed)
        children->changed(children->owner);
}

static void forget(struct child *child)
{
    LIST_REMOVE(child, entry);
    child->pid = 0;
    child->children->asked -= child->asked;
    child->children->lingering -= child->closed;
    if (child->closed)
        release_if_over(child);
}

/* Its memory is there until the loop has closed the handles. */
static void end(struct child *child, int status)
{
    struct children *children = child->children;

    judge(child, status);
    forget(child);
    if (!child->closed && child->at_end)
        go(child);
    else if (!child->closed)
        start_grace(child);
    if (children->exited)
        children->exited(children->owner, child->peer, &child->verdict);
    if (child->closed)
        tell_change(children);
}

static bool reap(struct child *child)
{
    int status;
    bool ended = waitpid(child->pid, &status, WNOHANG) == child->pid;

    if (ended)
        end(child, status);
    return ended;
}

static void reap_all(struct children *children)
{
    struct child *child, *next;

    for (size_t i = 0; i < CHILDREN_BUCKETS; i++)
        for (child = LIST_FIRST(&children->running[i]); child; child = next) {
            next = LIST_NEXT(child, entry);
            reap(child);
        }
}

/* Signals come together, so all that have ended are looked for. The system names them one by one;
 * only where it names one that is not ours, such as the helper of a look-up, all are asked. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct children *children = handle->data;
    struct child *child;

    (void)number;
    for (;;) {
        siginfo_t info = {.si_pid = 0};

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
            return;
        child = find(children, info.si_pid);
        if (!child || !reap(child))
            break;
    }
    reap_all(children);
}

static void open_signal(struct children *children)
{
    uv_signal_init(children->loop, &children->signal);
    children->watches = true;
    children->signal.data = children;
    uv_unref((uv_handle_t *)&children->signal);
    program_keep_descriptors();
}

/* Before the first program; to start it again changes nothing. */
static void watch_exits(struct children *children)
{
    if (!children->watches)
        open_signal(children);
    uv_signal_start(&children->signal, on_signal, SIGCHLD);
}

/* ---- reading and writing ---- */

static void on_due(uv_timer_t *timer)
{
    struct child *child = timer->data;

    child->stream.ready(child->stream.owner, child->watched);
}

static void on_silence(uv_timer_t *timer);

/* Once it is gone every call has an answer, so whatever is watched holds. */
static void watch_gone(struct child *child)
{
    if (child->watched)
        uv_timer_start(&child->timer, on_due, SOON_MS, SOON_MS);
    else
        uv_timer_stop(&child->timer);
}

static void start_grace(struct child *child)
{
    uv_timer_start(&child->timer, on_silence, CHILD_GRACE_MS, 0);
}

static bool has_output(const struct child *child)
{
    struct pollfd one = {.fd = child->out.fd, .events = POLLIN};

    return poll(&one, 1, 0) > 0 && one.revents & POLLIN;
}

/* It is no silence where nobody listens. */
static void on_silence(uv_timer_t *timer)
{
    struct child *child = timer->data;

    if (has_output(child))
        start_grace(child);
    else
        go(child);
}

static void go(struct child *child)
{
    child->gone = true;
    watch_set(&child->out.watch, 0);
    close_end(&child->in);
    watch_gone(child);
}

/* It has closed its output and runs on. */
static void on_late(uv_timer_t *timer)
{
    struct child *child = timer->data;

    child->is_late = true;
    child->stream.ready(child->stream.owner, STREAM_IN);
}

/* How it ended says what its output's end means. */
static ssize_t end_output(struct child *child, struct err *err)
{
    if (child->pid && !child->is_late) {
        if (!child->at_end)
            uv_timer_start(&child->timer, on_late, CHILD_EXIT_MS, 0);
        child->at_end = true;
        return STREAM_AGAIN;
    }
    if (!child->was_killed || child->verdict.kind == ERR_NONE)
        return 0;
    *err = child->verdict;
    return STREAM_FAIL;
}

static ssize_t child_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct child *child = child_of(stream);
    ssize_t got;

    do
        got = read(child->out.fd, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got > 0 && !child->pid && !child->gone)
        start_grace(child);
    if (got > 0)
        return got;
    if (got == 0 || (errno == EAGAIN && child->gone))
        return end_output(child, err);
    if (errno == EAGAIN)
        return STREAM_AGAIN;
    err_errno(err, ERR_LOCAL, errno, "the program's output");
    return STREAM_FAIL;
}

static ssize_t refuse(struct err *err)
{
    err_set(err, ERR_NONE, "%s", "");
    return STREAM_FAIL;
}

static bool has_reader(const struct child *child)
{
    struct pollfd one = {.fd = child->in.fd};

    return poll(&one, 1, 0) <= 0 || !(one.revents & POLLERR);
}

static ssize_t child_writev(struct stream *stream, const struct iovec *iov, int count,
                            struct err *err)
{
    struct child *child = child_of(stream);
    ssize_t put;

    if (child->gone || (!count && !has_reader(child)))
        return refuse(err);
    if (!count)
        return 0;
    do
        put = writev(child->in.fd, iov, count);
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

static int child_finish(struct stream *stream, struct err *err)
{
    (void)err;
    close_end(&child_of(stream)->in);
    return 0;
}

/* ---- watching ---- */

static void on_watch(void *owner, unsigned bits)
{
    struct child *child = owner;

    child->stream.ready(child->stream.owner, bits);
}

static void child_watch(struct stream *stream, unsigned bits)
{
    struct child *child = child_of(stream);
    bool waits_for_exit = child->at_end && !child->is_late;

    child->watched = bits;
    if (child->gone) {
        watch_gone(child);
        return;
    }
    watch_set(&child->out.watch, waits_for_exit ? 0 : bits & STREAM_IN);
    watch_set(&child->in.watch, bits & (STREAM_OUT | STREAM_LOSS));
}

static const char *child_label(const struct stream *stream)
{
    (void)stream;
    return "the program";
}

/* ---- the end ---- */

/* While it is waited for, its number is nobody else's. */
static void send_signal(const struct child *child, int number)
{
    if (child->pid)
        kill(child->leads ? -child->pid : child->pid, number);
}

/* One that was stopped cannot act on it before it goes on. */
static void ask_to_end(struct child *child)
{
    if (!child->pid || child->asked)
        return;
    child->asked = true;
    child->children->asked++;
    send_signal(child, SIGTERM);
    send_signal(child, SIGCONT);
}

/* From now on it does not keep the loop. */
static void on_waited(uv_timer_t *timer)
{
    const struct child *child = timer->data;

    if (child->children->exited)
        child->children->exited(child->children->owner, child->peer, NULL);
}

static void on_not_ended(uv_timer_t *timer)
{
    send_signal(timer->data, SIGKILL);
    uv_timer_start(timer, on_waited, CHILD_WAIT_MS, 0);
}

/* As long as this takes, the loop goes on. */
static void wait_for_end(struct child *child)
{
    if (child->asked)
        uv_timer_start(&child->timer, on_not_ended, CHILD_END_MS, 0);
    else if (child->children->exited)
        uv_timer_start(&child->timer, on_waited, CHILD_WAIT_MS, 0);
}

static void give_up(struct child *child)
{
    close_end(&child->in);
    close_end(&child->out);
    uv_timer_stop(&child->timer);
    child->closed = true;
    release_if_over(child);
}

/* Asked first, so that it does not take the end of its input for a regular one. */
static void child_close(struct stream *stream, enum stream_close how)
{
    struct child *child = child_of(stream);

    if (how != STREAM_LINGER)
        ask_to_end(child);
    give_up(child);
    if (!child->pid)
        return;
    wait_for_end(child);
    child->children->lingering++;
    tell_change(child->children);
}

static const struct stream_ops child_ops = {
    .read = child_read,
    .writev = child_writev,
    .finish = child_finish,
    .watch = child_watch,
    .label = child_label,
    .close = child_close,
};

void child_on_over(struct stream *stream, void (*over)(void *owner), void *owner)
{
    child_of(stream)->over = over;
    child_of(stream)->owner = owner;
}

/* ---- the end of all ---- */

void children_hold(struct children *children, bool holds)
{
    if (!children->watches)
        return;
    if (holds)
        uv_ref((uv_handle_t *)&children->signal);
    else
        uv_unref((uv_handle_t *)&children->signal);
}

void children_ask(struct children *children)
{
    struct child *child;

    for (size_t i = 0; i < CHILDREN_BUCKETS; i++)
        LIST_FOREACH(child, &children->running[i], entry)
    if (child->closed && !child->asked) {
        ask_to_end(child);
        wait_for_end(child);
    }
}

static void abandon(struct child *child)
{
    if (child->asked)
        send_signal(child, SIGKILL);
    forget(child);
}

void children_fini(struct children *children)
{
    struct child *child;

    for (size_t i = 0; i < CHILDREN_BUCKETS; i++)
        while ((child = LIST_FIRST(&children->running[i])))
            abandon(child);
    if (children->watches)
        uv_close((uv_handle_t *)&children->signal, NULL);
    children->watches = false;
}

/* ---- the start ---- */

/* A pipe; `ours` says which end we keep, the other one is the program's. An errno, or 0. */
static int open_end(struct child *child, struct child_end *end, int ours, int *its)
{
    int ends[2], number;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    fcntl(ends[ours], F_SETFL, O_NONBLOCK);
    if (watch_init(&end->watch, child->children->loop, ends[ours], on_watch, child) < 0) {
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

static int start(struct child *child, const struct program *program, struct err *err)
{
    int in = -1, out = -1;
    pid_t pid = -1;
    int failed = open_end(child, &child->in, 1, &in);

    if (!failed)
        failed = open_end(child, &child->out, 0, &out);
    if (failed)
        err_errno(err, ERR_LOCAL, failed, "cannot run %s", program->command);
    else
        pid = program_start(program, in, out, child->leads, err);
    close_given(in);
    close_given(out);
    child->pid = pid < 0 ? 0 : pid;
    return pid < 0 ? -1 : 0;
}

static bool has_terminal(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

static struct child *allocate(struct children *children, const char *peer, const char *command)
{
    struct child *child = calloc(1, sizeof *child);

    if (!child)
        return NULL;
    child->peer = strdup(peer);
    child->command = strdup(command);
    if (!child->peer || !child->command) {
        free(child->peer);
        free(child->command);
        free(child);
        return NULL;
    }
    child->stream.ops = &child_ops;
    child->children = children;
    child->leads = !has_terminal();
    child->in.fd = child->out.fd = -1;
    uv_timer_init(children->loop, &child->timer);
    child->timer.data = child;
    return child;
}

struct stream *child_new(struct children *children, const struct program *program, const char *peer,
                         struct err *err)
{
    struct child *child;

    watch_exits(children);
    child = allocate(children, peer, program->command);
    if (!child) {
        err_memory(err);
        return NULL;
    }
    if (start(child, program, err) < 0) {
        give_up(child);
        return NULL;
    }
    LIST_INSERT_HEAD(bucket_of(children, child->pid), child, entry);
    return &child->stream;
}
