/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process: a program as a stream: its standard output is read, its standard input is written. Its
 * standard error is ours.
 *
 * finish closes its standard input. close LINGER lets it run on, and it sees the ends of its pipes;
 * close BREAK or ABORT also asks it to end (see processes).
 *
 * If a signal has ended the program, the read at the end of its output fails with ERR_PROGRAM. The
 * system tells the exit a moment after that end, so the end waits for the exit, PROCESS_EXIT_MS at
 * most.
 *
 * If the program reads no more, writing and check fail with ERR_NONE: nothing is wrong, and its
 * output goes on. A program that has ended may have left its pipes to others, as "sleep 9 &" does
 * in a shell. They may still write, but after PROCESS_GRACE_MS of silence both ways are at their
 * end.
 *
 * SIGPIPE must be ignored. */
#pragma once

#include "base/err.h"
#include "io/stream.h"
#include "os/processes.h"
#include "os/spawn.h"

enum {
    PROCESS_GRACE_MS = 1000,
    PROCESS_EXIT_MS = 200,
};

/* Starts a program that was granted; neither *place nor `peer`, which is for process_exited, is
 * needed later. NULL and *err: "cannot run NAME: No such file or directory" (ERR_PROGRAM), or a
 * shortage (ERR_LOCAL). */
struct stream *process_new(struct processes *processes, const struct spawn *spawn,
                           const struct spawn_place *place, const char *peer, struct err *err);

/* Calls over(owner), once: the stream is closed, and the program has ended or is waited for no
 * more. */
void process_on_over(struct stream *stream, void (*over)(void *owner), void *owner);
