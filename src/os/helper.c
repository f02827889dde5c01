/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/event.h"

enum { SIGNALS = 0 /* what helper_signal asks for, in place of a grant's number */ };

/* ---- children, in the helper ---- */

struct adopted {
    pid_t pid;
    uint64_t number;
    unsigned how;
};

pid_t helper_fork(void)
{
    pid_t parent = getpid(), child = _Fork();

    if (child)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it was gone before that was asked for */
    return 0;
}

static int64_t refuse_child(struct adopted *child, pid_t pid)
{
    free(child);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    errno = ENOMEM;
    return -1;
}

int64_t helper_adopt(struct helper *helper, pid_t pid, unsigned how)
{
    struct adopted *child = malloc(sizeof *child);

    if (!child)
        return refuse_child(child, pid);
    *child = (struct adopted){pid, (uint64_t)++helper->last_child << 32 | (unsigned)pid, how};
    if (map_set(&helper->children, &child->pid, sizeof pid, child) < 0)
        return refuse_child(child, pid);
    return (int64_t)child->number;
}

static void bury(struct helper *helper, pid_t pid, int status)
{
    struct adopted *child = map_remove(&helper->children, &pid, sizeof pid);
    struct helper_exit end = {.status = status};

    if (!child)
        return;
    end.child = child->number;
    if (child->how & HELPER_CHILD_TELLS && write(helper->exits, &end, sizeof end) < 0)
        _exit(1); /* the run has ended */
    free(child);
}

/* Ends that the run has not read stay in the pipe. If that is full, the system keeps the children
 * that have ended. */
static void reap(struct helper *helper)
{
    struct pollfd exits = {.fd = helper->exits, .events = POLLOUT};
    int status;
    pid_t pid = 1;

    while (pid > 0 && poll(&exits, 1, 0) > 0)
        if ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            bury(helper, pid, status);
    helper->holds_back_exits = pid > 0;
}

/* A child that is waited for has its process id for itself. */
static int64_t send_signal(struct helper *helper, const struct parcel *request)
{
    pid_t pid = (pid_t)(request->value & 0xFFFFFFFF);
    const struct adopted *child = map_get(&helper->children, &pid, sizeof pid);
    int number;

    if (!child || (int64_t)child->number != request->value || request->length != sizeof number)
        return -ESRCH;
    memcpy(&number, request->bytes, sizeof number);
    return kill(child->how & HELPER_CHILD_LEADS ? -pid : pid, number) < 0 ? -errno : 0;
}

/* ---- the helper ---- */

static const struct helper_grant *find_grant(const struct helper *helper, unsigned number)
{
    const struct helper_grant *grant = helper->grants;

    while (grant && grant->number != number)
        grant = grant->next;
    return grant;
}

static void serve(struct helper *helper, unsigned number, const struct parcel *request,
                  struct parcel *reply)
{
    const struct helper_grant *grant = find_grant(helper, number);

    if (grant)
        grant->serve(helper, grant->owner, request, reply);
    else
        reply->value = number == SIGNALS ? send_signal(helper, request) : -EPERM;
}

/* The run has ended when nothing can be received or sent any more. */
static void serve_next(struct helper *helper)
{
    struct parcel request, reply = {0};
    unsigned number;
    int got = parcel_receive(helper->socket, &number, &request);

    if (got == 0)
        _exit(0);
    if (got < 0)
        reply.value = -errno;
    else
        serve(helper, number, &request, &reply);
    if (parcel_send(helper->socket, 0, &reply) < 0)
        _exit(1);
    parcel_close(&request);
    parcel_close(&reply);
}

static _Noreturn void serve_all(struct helper *helper, int signals)
{
    struct pollfd polled[] = {{.fd = helper->socket, .events = POLLIN},
                              {.fd = signals, .events = POLLIN},
                              {.events = POLLOUT}};
    struct signalfd_siginfo info;

    for (;;) {
        polled[2].fd = helper->holds_back_exits ? helper->exits : -1;
        poll(polled, 3, -1);
        if (polled[1].revents && read(signals, &info, sizeof info) < 0)
            _exit(1);
        if (polled[1].revents || polled[2].revents)
            reap(helper);
        if (polled[0].revents)
            serve_next(helper);
    }
}

/* An end that the run closes must not live on here. If the system lacks the call, all stay open. */
static void close_others(int one, int other)
{
    int most = one > other ? one : other;

    dup2(STDERR_FILENO, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    for (int fd = STDERR_FILENO + 1; fd < most; fd++)
        if (fd != one && fd != other)
            close(fd);
    syscall(SYS_close_range, (unsigned)most + 1, ~0u, 0u);
}

/* All signals are blocked: they are the run's to act on, and its handlers would write into its
 * loop's pipe, whose number something else has here. */
static _Noreturn void become(struct helper *helper, int socket, int exits)
{
    sigset_t ends;
    int signals;

    helper->pid = 0;
    helper->socket = socket;
    helper->exits = exits;
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    close_others(socket, exits);
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    signals = signalfd(-1, &ends, SFD_CLOEXEC);
    if (signals < 0)
        _exit(1);
    serve_all(helper, signals);
}

/* ---- the run ---- */

void helper_grant(struct helper *helper, struct helper_grant *grant, helper_serve *service,
                  void *owner)
{
    *grant = (struct helper_grant){.helper = helper,
                                   .number = helper->grants ? helper->grants->number + 1 : 1,
                                   .serve = service,
                                   .owner = owner,
                                   .next = helper->grants};
    helper->grants = grant;
}

/* No signal may find the helper with our handlers. */
static pid_t fork_blocked(struct helper *helper, int socket, int exits)
{
    sigset_t all, mask;
    pid_t pid;
    int number;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &mask);
    pid = helper_fork();
    if (pid == 0)
        become(helper, socket, exits);
    number = errno;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    errno = number;
    return pid;
}

static int open_ends(int sockets[2], int exits[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return -1;
    if (pipe2(exits, O_CLOEXEC | O_NONBLOCK) == 0)
        return 0;
    close(sockets[0]);
    close(sockets[1]);
    return -1;
}

int helper_start(struct helper *helper, struct err *err)
{
    int sockets[2], exits[2];

    if (!helper->grants)
        return 0;
    if (open_ends(sockets, exits) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot start");
    signal(SIGCHLD, SIG_IGN);
    helper->socket = sockets[0];
    helper->exits = exits[0];
    helper->pid = fork_blocked(helper, sockets[1], exits[1]);
    if (helper->pid < 0) {
        err_errno(err, ERR_LOCAL, errno, "cannot start");
        close(sockets[0]);
        close(exits[0]);
        helper->pid = 0;
    }
    close(sockets[1]);
    close(exits[1]);
    return helper->pid ? 0 : -1;
}

static int64_t find_gone(struct helper *helper)
{
    if (!helper->is_gone)
        event_say_error("somebody killed the helper of this run: no program is started, no name "
                        "looked up, no file opened any more");
    helper->is_gone = true;
    errno = ESRCH;
    return -1;
}

static int64_t ask(struct helper *helper, unsigned number, const struct parcel *request,
                   struct parcel *reply)
{
    int got;

    reply->fd_count = 0;
    if (!helper || !helper->pid) {
        errno = EPERM;
        return -1;
    }
    if (parcel_send(helper->socket, number, request) < 0)
        return errno == EPIPE || errno == ECONNRESET ? find_gone(helper) : -1;
    got = parcel_receive(helper->socket, &number, reply);
    if (got == 0)
        return find_gone(helper);
    if (got > 0 && reply->value >= 0)
        return reply->value;
    if (got > 0)
        errno = (int)-reply->value;
    return -1;
}

int64_t helper_ask(const struct helper_grant *grant, const struct parcel *request,
                   struct parcel *reply)
{
    struct parcel unread;
    int64_t value = ask(grant->helper, grant->number, request, reply ? reply : &unread);

    if (!reply)
        parcel_close(&unread);
    return value;
}

void helper_signal(struct helper *helper, uint64_t child, int number)
{
    struct parcel request = {.value = (int64_t)child}, reply;

    if (parcel_put(&request, &number, sizeof number) == 0)
        ask(helper, SIGNALS, &request, &reply);
}

int helper_read_exit(const struct helper *helper, struct helper_exit *end)
{
    ssize_t got;

    do
        got = read(helper->exits, end, sizeof *end);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return 0;
    return got == sizeof *end ? 1 : -1;
}

void helper_withdraw(struct helper_grant *grant)
{
    struct helper *helper = grant->helper;
    struct helper_grant **at;

    if (!helper)
        return;
    for (at = &helper->grants; *at != grant;)
        at = &(*at)->next;
    *at = grant->next;
    *grant = (struct helper_grant){0};
    if (!helper->grants)
        helper_fini(helper);
}

/* Its end of the pipe closes with it. One that somebody has stopped ends with the run. */
void helper_fini(struct helper *helper)
{
    struct pollfd exits = {.fd = helper->exits};

    if (helper->pid) {
        close(helper->socket);
        poll(&exits, 1, HELPER_END_MS);
        close(helper->exits);
    }
    *helper = (struct helper){0};
}
