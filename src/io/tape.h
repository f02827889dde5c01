/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tape: a recording that is played (text/recording). The whole file is checked when it is opened,
 * and indexed; the bytes are read again when they are due, so that memory holds 24 bytes for each
 * line and at most two lines of each connection that is played. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "text/recording.h"

enum { TAPE_LINES = 1000000 /* at most */ };

struct tape_piece {
    uint64_t offset; /* of the line in the file */
    uint32_t length; /* of the line without its LF */
    uint32_t line;   /* from 1 */
    uint32_t next;   /* piece of the same connection; 0: there is none */
    uint8_t way;     /* enum recording_way */
    bool ends;       /* it is the end of its direction, */
    bool breaks;     /* and not in good order */
};

/* The pieces of a connection that was recorded. */
struct tape_connection {
    uint32_t first, last; /* 0: there are none */
    bool ended[3];        /* by enum recording_way: the direction has come to its end */
};

/* A zeroed one was not opened. Pieces are numbered from 1. */
struct tape {
    const char *path; /* not copied */
    int fd;
    bool is_open, is_timed;
    struct tape_piece *pieces;
    size_t count, capacity;
    struct tape_connection *connections; /* by number, from 1 on: [0] is the first */
    size_t connection_count, taken;
};

/* Reads the whole file. `is_timed`: each line has to have its time. ERR_USAGE: "PATH:3: column 7:
 * ...", or it is no regular file; ERR_LOCAL: it cannot be read, or memory is short. tape_close may
 * follow. */
MUST_CHECK int tape_open(struct tape *tape, const char *path, bool is_timed, struct err *err);
void tape_close(struct tape *tape);

/* The first piece of the next recorded connection; 0: all were taken. */
uint32_t tape_take(struct tape *tape);

/* Whether all recorded connections were taken. */
bool tape_is_over(const struct tape *tape);

static inline const struct tape_piece *tape_piece(const struct tape *tape, uint32_t number)
{
    return &tape->pieces[number - 1];
}

/* Reads a piece again, into memory that the caller frees, also after a failure: line->bytes point
 * into it. ERR_LOCAL: the file was changed, or memory is short. */
MUST_CHECK int tape_read(const struct tape *tape, uint32_t number, char **memory,
                         struct recording_line *line, struct err *err);
