/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording: a line of a recorded conversation (--record), and the way back (--replay).
 *
 *     {"time":"2026-11-28T16:02:11.482913Z","connection":1,"peer":"127.0.0.1:53122","direction":"open"}
 *     {"time":"2026-11-28T16:02:11.483002Z","connection":1,"peer":"127.0.0.1:53122","direction":"in","bytes":"5L2g"}
 *
 * A line is an object of JSON (RFC 8259) without objects or arrays in it. "in" is what the peer has
 * sent, "out" what this side has sent. "bytes" is base64, and empty at the end of its direction;
 * "how" is "broken_off" there if that was a reset or another failure.
 * Lines of the same "connection" belong together. A reader takes any order of the members, and
 * leaves out those that it does not know. "direction" is needed, and "bytes" unless it is "open";
 * without "connection" a line belongs to the first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"

enum {
    RECORDING_LINE = 1 << 20,     /* bytes of a line with its LF, at most */
    RECORDING_CONNECTIONS = 65536 /* the largest number of a connection */
};

enum recording_way { RECORDING_OPEN, RECORDING_IN, RECORDING_OUT };

struct recording_line {
    enum recording_way way;
    unsigned connection; /* from 1 on */
    bool has_time;
    int64_t at;           /* microseconds since 1970, UTC */
    unsigned char *bytes; /* n of them, within the text that was read */
    size_t n;
    bool breaks; /* "how" is "broken_off" */
};

/* ---- writing ---- */

/* Appends the line to where its bytes begin: the caller appends their base64 and recording_end.
 * `peer` is not safe to show as it is. An open line is whole without bytes. -1 where `line` is at
 * its cap or memory is short. */
MUST_CHECK int recording_begin(enum recording_way way, const struct timespec *at,
                               unsigned connection, const char *peer, struct buf *line);
MUST_CHECK int recording_end(enum recording_way way, bool breaks, struct buf *line);

/* ---- reading ---- */

/* Reads a line of n bytes, without its LF, and changes it. -1 and ERR_USAGE: "column 7: ...";
 * columns count bytes, from 1. */
MUST_CHECK int recording_read(char *text, size_t n, struct recording_line *line, struct err *err);
