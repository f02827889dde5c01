/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files: from the options to the files beside the conversations: -o, -x, --transcript, --events,
 * --record, and the log of a room. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "cli/events.h"
#include "cli/options.h"
#include "io/outfile.h"
#include "io/transcript.h"
#include "room/stdio_operator.h"

/* A zeroed one holds no file. */
struct files {
    struct outfile output, hexdump, record, log;
    struct transcript transcript;
    struct events events;
};

/* Opens the files of the options. files_close is due also after a failure. `host` gets the failures
 * of the log. */
int files_open(struct files *files, uv_loop_t *loop, const struct options *options,
               struct stdio_operator *host, struct opener opener, struct err *err);

/* A stream around `stream` that also writes to -x, -o and --record, where they are open. NULL and
 * *err: `stream` is closed. */
struct stream *files_tap(struct files *files, struct stream *stream, struct err *err);

/* Whether one of the files is the terminal of the messages. */
bool files_share_terminal(const struct files *files);

/* Opens the files again, to append (SIGHUP). A file that cannot be opened stays in use, with a
 * message. */
void files_reopen(struct files *files);

/* After the loop, which has to turn once more. Slow files are waited for until `until` (ms of
 * uv_hrtime), or a signal. Keeps the first failure in *failure. Returns how long files_end may
 * wait.
 */
uint64_t files_close(struct files *files, uint64_t until, struct err *failure);

/* The same for --events, once the exit status is known, which is the last event. */
void files_end(struct files *files, int status, uint64_t until, struct err *failure);
