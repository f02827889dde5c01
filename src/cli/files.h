/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files: what is written beside the conversations, from the options: -o, -x, --transcript, and the
 * log of a room. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "cli/options.h"
#include "io/outfile.h"
#include "io/transcript.h"
#include "room/stdio_operator.h"

/* A zeroed one holds no file. */
struct files {
    struct outfile output, hexdump, log;
    struct transcript transcript;
};

/* Opens those that were given; after a failure files_close closes those that are open. `host` has
 * the log. */
int files_open(struct files *files, uv_loop_t *loop, const struct options *options,
               struct stdio_operator *host, struct err *err);

/* A stream around `stream` that also writes to -x and -o, where they are open. NULL and *err:
 * `stream` is closed. */
struct stream *files_tap(struct files *files, struct stream *stream, struct err *err);

/* Whether one of them is the terminal that messages stand on. */
bool files_share_terminal(const struct files *files);

/* Opens them again, to append; one that cannot be opened stays as it is, with a message. */
void files_reopen(struct files *files);

/* After the loop, which has to turn once more. What is slow is waited for until then (ms of
 * uv_hrtime) by all together, or until a signal. Keeps the first failure of all in *failure. */
void files_close(struct files *files, uint64_t until, struct err *failure);
