/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload: typed and pasted lines, and files, on their way to the room at the pace of the peers.
 * The room gets no more while an outbox is congested. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/opener.h"
#include "room/room.h"
#include "text/charset.h"
#include "text/codec.h"
#include "ui/screen.h"
#include "ui/waiting.h"

enum { UPLOAD_LINES = 16 * 1024 * 1024 /* bytes of waiting lines */ };

struct upload_events {
    void (*progressed)(void *owner); /* lines or a part of a file went out, or were dropped */
};

struct upload {
    struct room *room;
    struct screen *screen;
    const char *name; /* under which own lines are shown */
    struct buf lines; /* each with its LF */
    struct buf shown; /* numbers (size_t) of lines that the screen shows already */
    size_t queued;    /* lines so far; the number of the last one */
    size_t said;      /* lines that the room has got, or that were dropped */
    struct waiting waiting;
    struct buf last;  /* the line that was said last */
    uint64_t last_at; /* its number among the room's own lines */
    bool is_speaking;
    char *path; /* of the file that is being sent, or NULL */
    int file;
    uint64_t size, read; /* bytes of it */
    uint64_t replaced;   /* characters that a peer's charset lacks */
    struct codec codec;  /* from the file's charset */
    struct buf text;     /* read and not sent yet: the beginning of a line */
    uv_idle_t turn;      /* a file goes out in turns of the loop */
    const struct upload_events *events;
    void *owner;
};

/* Own lines are shown under `name`, which the caller may change. */
void upload_init(struct upload *upload, struct room *room, struct screen *screen, const char *name,
                 const struct upload_events *events, void *owner);

/* Queues lines, each ended by an LF, and sends as many as the room takes now. One line that has to
 * wait is shown at once. -1: the queue is full, and nothing was taken. */
int upload_say(struct upload *upload, const char *lines, size_t n);

/* Begins to send a text file. ERR_LOCAL: it cannot be read, is not a regular file or has a NUL in
 * its first block. ERR_USAGE: another file is on its way. */
int upload_send(struct upload *upload, struct opener opener, const char *path, struct err *err);

/* How much of the file went out, in percent; -1 without a file. */
int upload_percent(const struct upload *upload);

bool upload_is_idle(const struct upload *upload);

/* Drops the waiting lines and the file; false where there is neither. */
bool upload_stop(struct upload *upload);

/* A peer is about to leave: where it is the last one, the waiting lines are lost. */
void upload_note_left(struct upload *upload);

/* Continues after the room or the screen has drained. */
void upload_go_on(struct upload *upload);

void upload_close(struct upload *upload, uv_close_cb closed);
