/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn: starts a program for a connection, as a child of the helper (os/helper).
 *
 * It starts with default signal actions, an empty signal mask, descriptors 0, 1 and 2 only, the
 * soft limit of open files that the helper started with, and in its environment
 * TCPCHAT_PEER_ADDRESS, TCPCHAT_PEER_PORT, TCPCHAT_LOCAL_ADDRESS and TCPCHAT_LOCAL_PORT. SIGHUP,
 * SIGINT and SIGQUIT stay ignored if they were when the helper started: then our parent asked for
 * it (nohup, a shell's background job).
 *
 * Without a controlling terminal it leads a process group, which gets its signals. At a terminal it
 * stays in our group, so that Ctrl-C, Ctrl-Z and fg reach it too and it may ask for a password. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "os/helper.h"

/* The address of a unix socket is its path, and its port is empty. */
struct spawn_place {
    const char *peer_address, *peer_port, *local_address, *local_port;
};

/* A program that may be started. */
struct spawn {
    const char *command;       /* split at blanks, searched in PATH */
    bool shell;                /* or given to /bin/sh as it is */
    const char *const *hidden; /* variables that it does not get, up to NULL; may be NULL */
    unsigned most;             /* programs at once; 0: as many as are asked for */
    struct helper_grant grant;
};

/* Whether the first word of a command that no shell gets is a program that can be run, as exec
 * searches it. -1 and ERR_USAGE: a sentence that names it. */
int spawn_check(const char *command, struct err *err);

/* Grants the program, before the helper starts. *spawn must stay at its address. */
void spawn_allow(struct spawn *spawn, struct helper *helper);

/* Starts it with `in` and `out` as its standard input and output. -1 and *err: "cannot run NAME: No
 * such file or directory" (ERR_PROGRAM), or memory or descriptors are short, or as many as may be
 * run already (ERR_LOCAL); else the number of the helper's child, whose end is told. */
MUST_CHECK int64_t spawn_start(const struct spawn *spawn, const struct spawn_place *place, int in,
                               int out, struct err *err);
