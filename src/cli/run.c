/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/messages.h"
#include "io/loop.h"

enum { PATIENCE_MS = 10000 };

static const int signals[RUN_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};

void run_hold_standard_descriptors(void)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", flags[fd]); /* the lowest free number is fd */
}

/* ---- signals ---- */

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

void run_stop(struct run *run, int number)
{
    run->caught = number;
    run->ends_at = run->ended_by ? 0 : now_ms() + RUN_ORDERLY_END_MS;
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

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;

    if (run->signalled && run->signalled(run->owner, number))
        return;
    if (ends_run(run, number))
        run_stop(run, number);
}

/* Signals ignored at the start (nohup, a shell's background job) stay ignored. */
static bool is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void watch_signal(struct run *run, int i)
{
    run->watches[i] = true;
    uv_signal_init(&run->loop, &run->signals[i]);
    uv_signal_start(&run->signals[i], on_signal, signals[i]);
    uv_unref((uv_handle_t *)&run->signals[i]);
    run->signals[i].data = run;
}

static void watch_signals(struct run *run)
{
    run->ignores_hangup = is_ignored(SIGHUP);
    for (int i = 0; i < RUN_SIGNALS; i++)
        if (!is_ignored(signals[i]))
            watch_signal(run, i);
}

void run_catch_hangup(struct run *run)
{
    for (int i = 0; i < RUN_SIGNALS; i++)
        if (signals[i] == SIGHUP && !run->watches[i])
            watch_signal(run, i);
}

/* SIGUSR1 would kill the process once it is not watched any more. */
static void unwatch_signals(struct run *run)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < RUN_SIGNALS; i++)
        if (run->watches[i])
            uv_close((uv_handle_t *)&run->signals[i], NULL);
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
    *run = (struct run){0};
    if (loop_open(&run->loop, err) < 0)
        return -1;
    messages_open(&run->loop);
    loop_weak_timer(&run->loop, &run->limit, NULL);
    signal(SIGUSR2, SIG_IGN); /* it does nothing */
    signal(SIGPIPE, SIG_IGN); /* writes return EPIPE; run_finish acts on it */
    signal(SIGXFSZ, SIG_IGN); /* writes return EFBIG, like a full disk */
    watch_signals(run);
    return 0;
}

/* Several connections may fail; the first failure ends the run. */
void run_fail(struct run *run, const struct err *err)
{
    bool is_told = !*err->sentence || err->kind == ERR_PIPE;

    if (!is_told && run->failed.kind == ERR_NONE)
        messages_say_last(err->sentence);
    else if (!is_told)
        log_say(LOG_ERROR, "%s", err->sentence);
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
    return run->ended_by ? strsignal(run->ended_by) : "";
}

uint64_t run_ends_at(const struct run *run)
{
    return run->ended_by ? run->ends_at : now_ms() + PATIENCE_MS;
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

int run_finish(struct run *run)
{
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
