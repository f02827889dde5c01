/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stdio_operator: standard input and output as the operator of a room.
 *
 *     -k         standard input goes to every peer; the peers' bytes are merged onto standard
 *                output (see merge)
 *     --broker   the same, as it arrives
 *     --chat     standard input holds the lines of a person; standard output is the log
 *     --reply    a bot: nothing is read, and every message gets the same answer
 *
 * A log is an outfile that only looks on: the room goes on while the log is slow or cannot be
 * written, and ends once the log has no reader. Elsewhere standard output is the data: the room
 * waits for it, and ends when it fails. Standard input is read while there are peers that take it.
 * Its end is our end for every peer, also for later ones, if it was not empty and the mode shuts
 * down. An operator that can speak no more, and has no terminal to read at, is nobody in the room.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/outfile.h"
#include "io/stdio.h"
#include "room/merge.h"
#include "room/room.h"
#include "room/stdio_input.h"
#include "text/codec.h"

struct stdio_operator_options {
    struct stdio_options stdio;
    struct charset *local; /* of standard input and output; the others need it */
    struct charset *utf8;  /* of the room; NULL: bytes stay as they are */
    struct charset *peers; /* of the peers' text: UTF-8; the local charset for bytes that a terminal
                              shows; or NULL */
    bool shows;            /* standard output is a terminal: text for it is made safe */
    struct text_options text;
    struct transcript *transcript; /* NULL, or also gets standard input */
    const char *name;              /* of this side in the transcript */
    bool no_finish;                /* the end of standard input is not told to the peers */
    struct outfile *log;           /* NULL, or gets lines with names, made safe, in place of
                                   standard output; its failures go to stdio_operator_fail */
    bool timestamps;               /* of a log, in front of its lines */
    enum stdio_input_form form;    /* of standard input */
    const char *reply;             /* NULL, or the answer to every message: UTF-8, or bytes */
    bool hangs_up;                 /* after the answer */
};

struct stdio_operator {
    struct room_operator op;
    uv_loop_t *loop;
    struct room *room;
    struct stdio_operator_options options;
    struct stream *local; /* NULL once closed */
    struct buf out;       /* for standard output */
    struct codec inward;  /* from the peers' text to the local charset */
    struct stdio_input input;
    struct merge merge; /* of standard output */
    bool has_read;      /* standard input was not empty */
    bool has_ended;     /* and came to its end */
    bool lacks;         /* a line of the log could not be held whole: memory is short */
    bool closing;
    void (*closed)(struct stdio_operator *stdio);
    void *owner;
};

void stdio_operator_init(struct stdio_operator *stdio, uv_loop_t *loop,
                         const struct stdio_operator_options *options, struct room *room);

/* Takes standard input and output into use. */
int stdio_operator_open(struct stdio_operator *stdio, struct err *err);

/* The log, whose owner is the stdio_operator, takes nothing any more: the room ends. */
void stdio_operator_fail(void *owner, const struct err *err);

/* Writes what is left, then lets go of the loop and calls closed(stdio). */
void stdio_operator_close(struct stdio_operator *stdio,
                          void (*closed)(struct stdio_operator *stdio), void *owner);
