/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/processes.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/language.h"

/* ---- how one ended ---- */

/* SIGPIPE ended the program itself or, as a shell tells it, its last command. */
static bool ended_by_pipe(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGPIPE : WEXITSTATUS(status) == 128 + SIGPIPE;
}

static bool is_failure(const struct running *running, int status)
{
    bool had_end = running->was_left || running->input_ended;

    return status && !running->was_asked && !(had_end && ended_by_pipe(status));
}

static void judge(struct running *running, int status)
{
    enum err_kind kind = is_failure(running, status) ? ERR_PROGRAM : ERR_NONE;

    running->was_killed = WIFSIGNALED(status);
    if (running->was_killed)
        err_set(&running->verdict, kind, "'%s' ended by signal %d (%s)", running->command,
                WTERMSIG(status), language_signal(WTERMSIG(status)));
    else
        err_set(&running->verdict, kind, "'%s' ended with status %d", running->command,
                WEXITSTATUS(status));
}

static void tell_change(const struct processes *processes)
{
    if (processes->changed)
        processes->changed(processes->owner);
}

static void forget(struct running *running)
{
    struct processes *processes = running->processes;

    map_remove(&processes->running, &running->pid, sizeof running->pid);
    running->pid = 0;
    processes->asked -= running->was_asked;
    processes->lingering -= running->was_left;
    running->ended(running);
}

/* The memory is there until the loop has closed the timer. */
static bool reap(struct running *running)
{
    struct processes *processes = running->processes;
    int status;

    if (waitpid(running->pid, &status, WNOHANG) != running->pid)
        return false;
    judge(running, status);
    forget(running);
    if (processes->exited)
        processes->exited(processes->owner, running->peer, &running->verdict);
    if (running->was_left)
        tell_change(processes);
    return true;
}

/* ---- SIGCHLD ---- */

static void reap_all(struct processes *processes)
{
    struct running *running;
    size_t at = 0;

    while ((running = map_next(&processes->running, &at)))
        if (reap(running))
            at = 0; /* the table has changed */
}

/* Signals come together, so all that have ended are looked for. The system names them one by one.
 * It names a child that is not ours, such as the helper of a look-up, again and again: then all of
 * ours are asked. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct processes *processes = handle->data;
    struct running *running;

    (void)number;
    for (;;) {
        siginfo_t info = {.si_pid = 0};

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
            return;
        running = map_get(&processes->running, &info.si_pid, sizeof info.si_pid);
        if (!running || !reap(running))
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

/* ---- the end ---- */

/* The number of a program that is waited for belongs to no other process. */
static void send_signal(const struct running *running, int number)
{
    if (running->pid)
        kill(running->leads ? -running->pid : running->pid, number);
}

/* A stopped program cannot act on SIGTERM before it goes on. */
void running_ask(struct running *running)
{
    if (!running->pid || running->was_asked)
        return;
    running->was_asked = true;
    running->processes->asked++;
    send_signal(running, SIGTERM);
    send_signal(running, SIGCONT);
}

/* From now on it does not keep the loop. */
static void on_waited(uv_timer_t *timer)
{
    const struct running *running = timer->data;

    if (running->processes->exited)
        running->processes->exited(running->processes->owner, running->peer, NULL);
}

static void on_not_ended(uv_timer_t *timer)
{
    send_signal(timer->data, SIGKILL);
    uv_timer_start(timer, on_waited, PROCESS_WAIT_MS, 0);
}

/* As long as this takes, the loop goes on. */
static void wait_for_end(struct running *running)
{
    running->timer.data = running;
    if (running->was_asked)
        uv_timer_start(&running->timer, on_not_ended, PROCESS_END_MS, 0);
    else if (running->processes->exited)
        uv_timer_start(&running->timer, on_waited, PROCESS_WAIT_MS, 0);
}

void running_leave(struct running *running)
{
    running->was_left = true;
    wait_for_end(running);
    running->processes->lingering++;
    tell_change(running->processes);
}

void running_fini(struct running *running)
{
    free(running->peer);
    free(running->command);
}

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
    struct running *running;
    size_t at = 0;

    while ((running = map_next(&processes->running, &at)))
        if (running->was_left && !running->was_asked) {
            running_ask(running);
            wait_for_end(running);
        }
}

void processes_fini(struct processes *processes)
{
    struct running *running;

    for (size_t at = 0; (running = map_next(&processes->running, &at)); at = 0) {
        if (running->was_asked)
            send_signal(running, SIGKILL);
        forget(running);
    }
    map_fini(&processes->running);
    if (processes->watches)
        uv_close((uv_handle_t *)&processes->signal, NULL);
    processes->watches = false;
}

/* ---- the start ---- */

static bool has_terminal(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

int running_start(struct running *running, const struct spawn *spawn, const char *peer, int in,
                  int out, struct err *err)
{
    struct processes *processes = running->processes;

    if (!processes->watches)
        open_signal(processes);
    uv_signal_start(&processes->signal, on_signal, SIGCHLD); /* again, it changes nothing */
    running->peer = strdup(peer);
    running->command = strdup(spawn->command);
    if (!running->peer || !running->command ||
        map_reserve(&processes->running, processes->running.count + 1) < 0)
        return err_memory(err);
    running->leads = !has_terminal();
    running->pid = spawn_program(spawn, in, out, running->leads, err);
    if (running->pid < 0) {
        running->pid = 0;
        return -1;
    }
    if (map_set(&processes->running, &running->pid, sizeof running->pid, running) < 0)
        abort(); /* map_reserve was called */
    return 0;
}
