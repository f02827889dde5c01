/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn: starts a program for a connection.
 *
 * It starts with default signal actions, an empty signal mask, descriptors 0, 1 and 2 only, and in
 * its environment TCPCHAT_PEER_ADDRESS, TCPCHAT_PEER_PORT, TCPCHAT_LOCAL_ADDRESS and
 * TCPCHAT_LOCAL_PORT. SIGHUP, SIGINT and SIGQUIT stay ignored if we ignore them: we do only if our
 * parent asked for it (nohup, a shell's background job). */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

/* The address of a unix socket is its path, and its port is empty. */
struct spawn_place {
    const char *peer_address, *peer_port, *local_address, *local_port;
};

struct spawn {
    const char *command;       /* split at blanks, searched in PATH */
    bool shell;                /* or given to /bin/sh as it is */
    rlim_t files;              /* its soft limit of open files; 0: as ours */
    bool ignores_hangup;       /* the program ignores SIGHUP, also where this process does not */
    const char *const *hidden; /* variables that it does not get, up to NULL; may be NULL */
    struct spawn_place place;
};

/* Whether the first word of a command that no shell gets is a program that can be run, as exec
 * searches it. -1 and ERR_USAGE: a sentence that names it. */
int spawn_check(const char *command, struct err *err);

/* Keeps descriptors that our parent left open from the programs to come. Our own are never
 * inherited. */
void spawn_close_inherited(void);

/* Starts it with `in` and `out` as its standard input and output, as leader of a process group or
 * in ours. -1 and *err: "cannot run NAME: No such file or directory" (ERR_PROGRAM), or memory or
 * descriptors are short (ERR_LOCAL); else its process id. Nothing of *spawn is needed later. */
pid_t spawn_program(const struct spawn *spawn, int in, int out, bool leads, struct err *err);
