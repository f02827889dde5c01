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

enum {
    SIGNALS = 0, /* what helper_signal asks for, in place of a grant's number; it has no reply */
    MS = 1000,
};

/* ---- the helper ---- */

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

int64_t helper_adopt(struct helper *helper, pid_t child, unsigned how)
{
    return children_adopt(&helper->children, child, how);
}

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
        reply->value = -EPERM;
}

static void send_signal(struct helper *helper, const struct parcel *request)
{
    int number;

    if (request->length != sizeof number)
        return;
    memcpy(&number, request->bytes, sizeof number);
    children_signal(&helper->children, (uint64_t)request->value, number);
}

static void reply_to(struct helper *helper, unsigned number, const struct parcel *request)
{
    struct parcel reply = {0};

    serve(helper, number, request, &reply);
    if (parcel_send(helper->socket, 0, &reply) < 0)
        _exit(1);
    parcel_close(&reply);
}

static void refuse(struct helper *helper, int failed)
{
    struct parcel reply = {.value = -failed};

    if (parcel_send(helper->socket, 0, &reply) < 0)
        _exit(1);
}

/* The run has ended when nothing can be received or sent any more. A receipt that has failed is
 * tried again, unless the request is gone. */
static void serve_next(struct helper *helper)
{
    struct parcel request;
    unsigned number;
    int got = parcel_receive(helper->socket, &number, &request);

    if (got == 0)
        _exit(0);
    if (got < 0 && (errno == EMFILE || errno == EPROTO))
        refuse(helper, errno);
    else if (got > 0 && number == SIGNALS)
        send_signal(helper, &request);
    else if (got > 0)
        reply_to(helper, number, &request);
    parcel_close(&request);
}

static _Noreturn void serve_all(struct helper *helper, int signals)
{
    struct pollfd polled[] = {{.fd = helper->socket, .events = POLLIN},
                              {.fd = signals, .events = POLLIN},
                              {.events = POLLOUT}};
    struct signalfd_siginfo info;

    for (;;) {
        polled[2].fd = helper->children.holds_back ? helper->exits : -1;
        if (poll(polled, 3, -1) < 0)
            continue; /* the answers are those of the last round */
        if (polled[1].revents && read(signals, &info, sizeof info) < 0)
            _exit(1);
        if (polled[1].revents || polled[2].revents)
            children_reap(&helper->children);
        if (polled[0].revents)
            serve_next(helper);
    }
}

void helper_close_others(int one, int other)
{
    int most = one > other ? one : other;

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
    helper->exits = helper->children.exits = exits;
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    dup2(STDERR_FILENO, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    helper_close_others(socket, exits); /* an end that the run closes must not live on here */
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
    helper->reply_ms = HELPER_REPLY_MS;
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
                        "looked up, no file opened, no unix socket called any more");
    helper->is_gone = true;
    errno = ESRCH;
    return -1;
}

static int64_t find_late(struct helper *helper)
{
    if (!helper->is_late)
        event_say_error(
            "the helper of this run gives no answer within %d s; does a file system or a "
            "list of users hang?",
            helper->reply_ms / MS);
    helper->is_late = true;
    errno = ETIMEDOUT;
    return -1;
}

/* Whether a reply has come, within a time that each signal begins anew. */
static bool has_reply(const struct helper *helper, int ms)
{
    struct pollfd socket = {.fd = helper->socket, .events = POLLIN};
    int ready;

    do
        ready = poll(&socket, 1, ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static int64_t take_reply(struct helper *helper, struct parcel *reply)
{
    unsigned number;
    int got = parcel_receive(helper->socket, &number, reply);

    if (got == 0)
        return find_gone(helper);
    if (got < 0) {
        helper->is_late = errno != EMFILE && errno != EPROTO;
        return -1;
    }
    if (reply->value < 0)
        errno = (int)-reply->value;
    return reply->value < 0 ? -1 : reply->value;
}

/* The reply that nobody waited for. */
static bool forget_late(struct helper *helper)
{
    struct parcel late;

    if (helper->is_late && has_reply(helper, 0)) {
        helper->is_late = false;
        take_reply(helper, &late);
        parcel_close(&late);
    }
    return !helper->is_late;
}

static int send_request(struct helper *helper, unsigned number, const struct parcel *request)
{
    if (parcel_send(helper->socket, number, request) == 0)
        return 0;
    return errno == EPIPE || errno == ECONNRESET ? (int)find_gone(helper) : -1;
}

static int64_t ask(struct helper *helper, unsigned number, const struct parcel *request,
                   struct parcel *reply)
{
    reply->fd_count = 0;
    if (!helper || !helper->pid) {
        errno = EPERM;
        return -1;
    }
    if (helper->is_gone) /* a reply to the last request may come all the same */
        return find_gone(helper);
    if (!forget_late(helper))
        return find_late(helper);
    if (send_request(helper, number, request) < 0)
        return -1;
    return has_reply(helper, helper->reply_ms) ? take_reply(helper, reply) : find_late(helper);
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
    struct parcel request = {.value = (int64_t)child};

    if (helper->pid && parcel_put(&request, &number, sizeof number) == 0)
        (void)send_request(helper, SIGNALS, &request);
}

/* No program can be started whose end would not be told. */
int helper_read_exit(struct helper *helper, struct child_end *end)
{
    ssize_t got;

    do
        got = read(helper->exits, end, sizeof *end);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return 0;
    return got == sizeof *end ? 1 : (int)find_gone(helper);
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
