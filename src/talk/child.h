/* child: a program as an end of a conversation: its standard output is read, its standard input is
 * written. Its standard error is ours.
 *
 * finish closes its standard input. close LINGER lets it run on, and it sees the ends of its pipes;
 * close ABORT also asks it to end (SIGTERM). Where we have no controlling terminal it leads a
 * process group, and the whole group is asked. At a terminal it stays in ours, so that Ctrl-C,
 * Ctrl-Z and fg mean it too and it may ask for a password; only itself is asked then.
 *
 * A program that reads no more fails a write with ERR_NONE: what comes is not taken, nothing is
 * wrong, and what it says goes on. One that has ended may have left its pipes to others, as
 * "sleep 9 &" does in a shell: these may still speak, but after CHILD_GRACE_MS of silence both
 * directions are at their end.
 *
 * SIGPIPE must be ignored. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "talk/program.h"

enum {
    CHILD_GRACE_MS = 1000,
    CHILD_WAIT_MS = 1000,  /* a closed one keeps the loop so long, if it matters how it ends */
    CHILDREN_BUCKETS = 64, /* a power of two */
};

/* A program has ended. `peer` as it was given, `status`: "exited with status 3", "was killed by
 * signal 9". */
typedef void child_exited(void *owner, const char *peer, const char *status);

/* All programs of a loop, so that each of them is waited for. Zeroed but for the first three it is
 * valid; it must stay at its address until the loop has ended. */
struct children {
    uv_loop_t *loop;
    child_exited *exited; /* NULL, or called once for each, from the loop, also after its close */
    void *owner;
    uv_signal_t signal; /* SIGCHLD; does not keep the loop */
    bool watches;
    LIST_HEAD(child_list, child) running[CHILDREN_BUCKETS]; /* by process id */
};

/* Starts a program, `peer` is for child_exited; both are not needed later. NULL and *err: "cannot
 * run NAME: No such file or directory" (ERR_LOCAL). */
struct stream *child_new(struct children *children, const struct program *program, const char *peer,
                         struct err *err);

/* Whether a write to it has failed because it reads no more. */
bool child_refused(const struct stream *stream);

/* After all streams are closed: forgets those that still run, and lets go of the loop. */
void children_fini(struct children *children);
