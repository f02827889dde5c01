/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helper: the one process that does for the run what may block it, and what a confined run may not
 * do itself: it looks names up, starts programs, opens files.
 *
 * Parts of the run grant it services before it starts. A service is a function and its data, and it
 * runs in the helper, on a copy of the run's memory as that was at the start. Later the run asks
 * for a service by its grant. It cannot ask for anything else: what it sends is the number of a
 * grant, some bytes and some descriptors, and a service checks what it is sent. There is one
 * request at a time, and the run waits for the reply, but not for long. Without a grant there is no
 * helper.
 *
 * The helper keeps one descriptor of the run, standard error, for programs and look-ups, in place
 * of 0 and 1 too. It has the run's session, process group, environment, limits and folder, all as
 * at its start. No signal but SIGKILL and SIGSTOP reaches it. It ends with the run, however that
 * ends; look-ups end with the helper, programs run on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/must_check.h"
#include "os/children.h"
#include "os/parcel.h"

/* ---- in the run ---- */

struct helper;

/* Serves a request, in the helper. The value of the reply is an answer, or -errno; *reply is zeroed
 * before. The value of the request is for the service to define. The descriptors of both are closed
 * after the call; those of the reply are sent. It must not exit, nor wait for the run. */
typedef void helper_serve(struct helper *helper, void *owner, const struct parcel *request,
                          struct parcel *reply);

/* A zeroed one is no grant; asking for it fails. */
struct helper_grant {
    struct helper *helper;
    unsigned number; /* from 1 */
    helper_serve *serve;
    void *owner;
    struct helper_grant *next;
};

enum {
    HELPER_END_MS = 200,
    HELPER_REPLY_MS = 10000, /* a file system or a list of users may hang */
};

/* A zeroed one has no grants and is not started. */
struct helper {
    struct helper_grant *grants; /* the last one first */
    pid_t pid;                   /* 0: none is started; in the helper, too */
    int socket;                  /* for requests and replies */
    int exits; /* the ends of children are told here: readable in the run, see helper_read_exit */
    int reply_ms;             /* for a reply; HELPER_REPLY_MS from the start on */
    bool is_late;             /* a reply is still to come, and nobody waits for it */
    bool is_gone;             /* somebody killed it, or it is out of reach */
    struct children children; /* in the helper */
};

/* Grants a service, before the start. *grant must stay at its address; *owner is copied with the
 * rest of the memory at the start. */
void helper_grant(struct helper *helper, struct helper_grant *grant, helper_serve *service,
                  void *owner);

/* Starts the helper if there is a grant. Comes before the first connection. SIGCHLD is ignored from
 * then on, so that a killed helper leaves no zombie. -1 and ERR_LOCAL. */
MUST_CHECK int helper_start(struct helper *helper, struct err *err);

/* Asks for a service. *reply may be NULL where its value is enough; its descriptors are the
 * caller's, close-on-exec. The answer, or -1 and errno: of the service; EPERM, nothing is granted;
 * ESRCH, the helper has ended, which is told once; EMFILE, no room for the descriptors; ETIMEDOUT,
 * the helper is held up, which is told, and until its reply comes all requests fail so. */
MUST_CHECK int64_t helper_ask(const struct helper_grant *grant, const struct parcel *request,
                              struct parcel *reply);

/* Has a signal sent to a child, if it has not ended. */
void helper_signal(struct helper *helper, uint64_t child, int number);

/* The run asks for it no more. The helper ends with the last grant. */
void helper_withdraw(struct helper_grant *grant);

/* The next child that has ended, of those that are told. 1; 0: none so far; -1: the helper itself
 * has ended, which is told once. Never waits. */
int helper_read_exit(struct helper *helper, struct child_end *end);

/* Ends the helper and waits for that, HELPER_END_MS at most. The grants are gone. */
void helper_fini(struct helper *helper);

/* ---- in the helper ---- */

/* A fork whose child is killed when this process ends. A service that wants another one calls
 * _Fork: fork would run libuv's handler, which closes what it takes for its own descriptors. */
pid_t helper_fork(void);

/* Closes all descriptors of this process but 0, 1, 2 and these. If the system lacks close_range(2),
 * those above them stay open. */
void helper_close_others(int one, int other);

/* Waits for a child from now on, beside the requests; see children_adopt. The run knows it by its
 * number. */
int64_t helper_adopt(struct helper *helper, pid_t child, unsigned how);
