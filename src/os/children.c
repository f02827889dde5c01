/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/children.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct adopted {
    pid_t pid;
    uint64_t number;
    unsigned how;
};

static int64_t refuse(struct adopted *child, pid_t pid)
{
    free(child);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    errno = ENOMEM;
    return -1;
}

int64_t children_adopt(struct children *children, pid_t pid, unsigned how)
{
    struct adopted *child = malloc(sizeof *child);

    if (!child)
        return refuse(child, pid);
    *child = (struct adopted){pid, (uint64_t)++children->last << 32 | (unsigned)pid, how};
    if (map_set(&children->all, &child->pid, sizeof pid, child) < 0)
        return refuse(child, pid);
    children->told += how & CHILD_TELLS ? 1 : 0;
    return (int64_t)child->number;
}

static void bury(struct children *children, pid_t pid, int status)
{
    struct adopted *child = map_remove(&children->all, &pid, sizeof pid);
    struct child_end end = {.status = status};

    if (!child)
        return;
    end.child = child->number;
    if (child->how & CHILD_TELLS) {
        children->told--;
        if (write(children->exits, &end, sizeof end) < 0)
            _exit(1); /* the run has ended */
    }
    free(child);
}

/* Ends that the run has not read stay in the pipe. If that is full, the system keeps the children
 * that have ended. A wait that fails is made again. */
void children_reap(struct children *children)
{
    struct pollfd exits = {.fd = children->exits, .events = POLLOUT};
    int status;
    pid_t pid = 1;

    while (pid > 0 && poll(&exits, 1, 0) > 0)
        if ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            bury(children, pid, status);
    children->holds_back = pid > 0 || (pid < 0 && errno != ECHILD);
}

/* A child that is waited for has its process id for itself. */
void children_signal(const struct children *children, uint64_t number, int signal_number)
{
    pid_t pid = (pid_t)(number & 0xFFFFFFFF);
    const struct adopted *child = map_get(&children->all, &pid, sizeof pid);

    if (child && child->number == number)
        kill(child->how & CHILD_LEADS ? -pid : pid, signal_number);
}
