/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/explained.h"
#include "cli/messages.h"
#include "io/loop.h"
#include "net/explain_bytes.h"

enum { PATIENCE_MS = 10000 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};

void run_hold_standard_descriptors(void)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            /* cppcheck-suppress leakReturnValNotUsed; the lowest free number is fd, which stays */
            open("/dev/null", flags[fd]);
}

/* ---- signals ---- */

void run_stop(struct run *run, int number)
{
    run->caught = number;
    run->ends_at = run->ended_by ? 0 : loop_clock() + RUN_ORDERLY_END_MS;
    if (!run->ended_by)
        run->ended_by = number;
}

void run_ask(struct run *run, run_signalled *signalled, void *owner)
{
    run->signalled = signalled;
    run->owner = owner;
}

static bool ends_run(const struct run *run, int number)
{
    return number != SIGUSR1 && !(number == SIGHUP && run->ignores_hangup);
}

/* Signals ignored at the start (nohup, a shell's background job) stay ignored. */
static bool is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void receive(struct run *run, int number)
{
    if (is_ignored(number))
        return;
    if (run->signalled && run->signalled(run->owner, number))
        return;
    if (ends_run(run, number))
        run_stop(run, number);
}

static void on_signals(void *owner, unsigned bits)
{
    struct run *run = owner;
    struct signalfd_siginfo info;

    (void)bits;
    while (read(run->signal_fd, &info, sizeof info) == sizeof info)
        receive(run, (int)info.ssi_signo);
}

/* The descriptor costs a start three calls of the system; a handler of libuv costs twelve for each
 * signal. */
static int watch_signals(struct run *run, struct err *err)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (run->signal_fd < 0 ||
        watch_init(&run->signal_watch, &run->loop, run->signal_fd, STREAM_IN, on_signals, run) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot start");
    watch_unref(&run->signal_watch);
    return 0;
}

static void unwatch_signals(struct run *run)
{
    watch_fini(&run->signal_watch);
    if (run->signal_fd >= 0)
        close(run->signal_fd);
}

bool run_is_daemon(void)
{
    return !isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO);
}

void run_catch_hangup(struct run *run)
{
    run->ignores_hangup = signal(SIGHUP, SIG_DFL) == SIG_IGN;
}

static void die_by(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

rlim_t run_descriptors(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

void run_raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- the run ---- */

int run_init(struct run *run, struct err *err)
{
    *run = (struct run){.signal_fd = -1};
    if (loop_open(&run->loop, err) < 0)
        return -1;
    if (watch_signals(run, err) < 0) {
        unwatch_signals(run);
        loop_close(&run->loop);
        return -1;
    }
    messages_open(&run->loop);
    explained_open(&run->loop);
    explain_open(&run->loop);
    loop_weak_timer(&run->loop, &run->limit, NULL);
    signal(SIGUSR2, SIG_IGN); /* it does nothing */
    signal(SIGPIPE, SIG_IGN); /* writes return EPIPE; run_finish acts on it */
    signal(SIGXFSZ, SIG_IGN); /* writes return EFBIG, like a full disk */
    return 0;
}

/* Several connections may fail; the first failure ends the run. */
void run_fail(struct run *run, const struct err *err)
{
    bool is_told = !*err->sentence || err->kind == ERR_PIPE;

    if (!is_told && run->failed.kind == ERR_NONE)
        messages_say_last(err->sentence);
    else if (!is_told)
        event_say_error("%s", err->sentence);
    err_keep(&run->failed, err);
}

int run_refuse(const struct err *err)
{
    messages_say_last(err->sentence);
    return err_status(err);
}

void run_loop(struct run *run)
{
    while (!run->caught && loop_turn(&run->loop))
        ;
}

const char *run_reason(const struct run *run)
{
    return run->ended_by ? language_signal(run->ended_by) : "";
}

uint64_t run_ends_at(const struct run *run)
{
    return run->ended_by ? run->ends_at : loop_clock() + PATIENCE_MS;
}

static void on_limit(uv_timer_t *limit)
{
    *(bool *)limit->data = true;
}

void run_on(struct run *run, uint64_t ms, bool (*goes_on)(void *owner), void *owner)
{
    bool is_over = false;

    run->signalled = NULL;
    run->caught = 0;
    uv_update_time(&run->loop);
    run->limit.data = &is_over;
    if (ms)
        uv_timer_start(&run->limit, on_limit, ms, 0);
    while (!run->caught && !is_over && goes_on(owner))
        loop_turn(&run->loop);
    uv_timer_stop(&run->limit);
    run->caught = run->ended_by;
}

int run_status(const struct run *run)
{
    if (run->caught)
        return 128 + run->caught;
    return run->failed.kind == ERR_PIPE ? 128 + SIGPIPE : err_status(&run->failed);
}

int run_finish(struct run *run)
{
    explain_end();
    explained_close();
    messages_close();
    uv_close((uv_handle_t *)&run->limit, NULL);
    if (run->caught)
        die_by(run->caught);
    unwatch_signals(run);
    loop_close(&run->loop);
    if (run->failed.kind == ERR_PIPE)
        die_by(SIGPIPE);
    return err_status(&run->failed);
}
