/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/processes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

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

    map_remove(&processes->running, &running->child, sizeof running->child);
    running->child = 0;
    processes->asked -= running->was_asked;
    processes->lingering -= running->was_left;
    running->ended(running);
}

/* The memory is there until the loop has closed the timer. */
static void bury(struct running *running)
{
    struct processes *processes = running->processes;

    forget(running);
    if (processes->exited)
        processes->exited(processes->owner, running->peer, &running->verdict);
    if (running->was_left)
        tell_change(processes);
}

/* ---- the helper tells ---- */

/* Its pipes still go to the program, so they end as after an exit. */
static void lose_all(struct processes *processes)
{
    struct running *running;

    watch_set(&processes->ends, 0);
    for (size_t at = 0; (running = map_next(&processes->running, &at)); at = 0) {
        err_set(&running->verdict, ERR_PROGRAM,
                "'%s' runs on unwatched: somebody killed the helper of this run", running->command);
        bury(running);
    }
}

static void on_ends(void *owner, unsigned bits)
{
    struct processes *processes = owner;
    struct child_end end;
    int got;

    (void)bits;
    while ((got = helper_read_exit(processes->helper, &end)) > 0) {
        struct running *running = map_get(&processes->running, &end.child, sizeof end.child);

        if (!running)
            continue;
        judge(running, (int)end.status);
        bury(running);
    }
    if (got < 0)
        lose_all(processes);
}

/* Without a helper the start itself fails. */
static int watch_ends(struct processes *processes, const struct spawn *spawn, struct err *err)
{
    struct helper *helper = spawn->grant.helper;

    if (processes->helper || !helper)
        return 0;
    if (watch_init(&processes->ends, processes->loop, helper->exits, 0, on_ends, processes) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot run %s", spawn->command);
    processes->helper = helper;
    watch_unref(&processes->ends);
    watch_set(&processes->ends, STREAM_IN);
    return 0;
}

/* ---- the end ---- */

static void send_signal(const struct running *running, int number)
{
    if (running->child)
        helper_signal(running->processes->helper, running->child, number);
}

/* A stopped program cannot act on SIGTERM before it goes on. */
void running_ask(struct running *running)
{
    if (!running->child || running->was_asked)
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
    if (holds)
        watch_ref(&processes->ends);
    else
        watch_unref(&processes->ends);
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
    watch_fini(&processes->ends);
    processes->helper = NULL;
}

/* ---- the start ---- */

int running_start(struct running *running, const struct spawn *spawn,
                  const struct spawn_place *place, const char *peer, int in, int out,
                  struct err *err)
{
    struct processes *processes = running->processes;
    int64_t child;

    if (watch_ends(processes, spawn, err) < 0)
        return -1;
    running->peer = strdup(peer);
    running->command = strdup(spawn->command);
    if (!running->peer || !running->command ||
        map_reserve(&processes->running, processes->running.count + 1) < 0)
        return err_memory(err);
    child = spawn_start(spawn, place, in, out, err);
    if (child < 0)
        return -1;
    running->child = (uint64_t)child;
    if (map_set(&processes->running, &running->child, sizeof running->child, running) < 0)
        abort(); /* map_reserve was called */
    return 0;
}
