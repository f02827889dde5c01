/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stdio_operator: standard input and output as the operator of a room.
 *
 *     -k         what is read goes to every peer, what peers say is merged onto standard output
 *                (see floor)
 *     --broker   the same, as it arrives
 *     --chat     what is read are lines of a person, standard output is the log
 *     --reply    a bot: nothing is read, every message gets the same answer
 *
 * A log is an outfile that only looks on: the room goes on while the log is slow or cannot be
 * written, and ends once nobody reads it. Elsewhere standard output is the data, is waited for, and
 * ends the room when it fails. Standard input is read while there are peers who take it. Where it
 * was not empty, its end is told to every peer, also to later ones; not in rooms where peers hear
 * each other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/outfile.h"
#include "io/stdio.h"
#include "room/merge.h"
#include "room/room.h"
#include "text/codec.h"
#include "text/framer.h"

struct stdio_operator_options {
    struct stdio_options stdio;
    struct charset *local; /* what is spoken here, and needed for what follows */
    struct charset *utf8;  /* what the room speaks; NULL: bytes stay as they are */
    struct charset *peers; /* what peers' text comes in: UTF-8; or, of bytes that a terminal is to
                              show, the local charset; or NULL */
    bool shows;            /* standard output is a terminal: what comes is made safe */
    enum codec_bad bad;
    struct transcript *transcript; /* NULL, or also gets what is read */
    const char *name;              /* of this side in it */
    bool no_finish;                /* the input's end is not told */
    struct outfile *log;           /* NULL, or gets lines with names, made safe, in place of
                                   standard output; its failures go to host_log_broke */
    bool timestamps;               /* of a log, in front of its lines */
    const char *reply;             /* NULL, or the answer to every message: UTF-8, or bytes */
    bool hangs_up;                 /* after the answer */
};

struct stdio_operator {
    struct room_operator op;
    uv_loop_t *loop;
    struct room *room;
    struct stdio_operator_options options;
    struct stream *local;         /* NULL once closed */
    struct buf out;               /* for standard output */
    struct codec outward, inward; /* from and to what is spoken here */
    struct framer framer;         /* of a person, where it is a log */
    struct merge merge;           /* of standard output */
    uint64_t lacking;  /* characters of what was just read that somebody's charset lacks */
    bool told_lacking; /* that there are such */
    bool has_read;     /* standard input was not empty */
    bool has_ended;    /* and came to its end */
    bool lacks;        /* a line of the log could not be held whole: memory is short */
    bool closing;
    int parts; /* that the loop holds */
    void (*closed)(struct stdio_operator *stdio);
    void *owner;
};

void stdio_operator_init(struct stdio_operator *stdio, uv_loop_t *loop,
                         const struct stdio_operator_options *options, struct room *room);

/* Takes standard input and output into use. */
int stdio_operator_open(struct stdio_operator *stdio, struct err *err);

/* The log, whose owner the host is, takes nothing any more: that ends the room. */
void host_log_broke(void *stdio, const struct err *err);

/* Writes what is left, then lets go of the loop and calls closed(host). */
void stdio_operator_close(struct stdio_operator *stdio,
                          void (*closed)(struct stdio_operator *stdio), void *owner);
