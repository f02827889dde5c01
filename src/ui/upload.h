/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload: what a person says, at the pace of those who hear it: lines that were typed or pasted,
 * and files. Nothing more is handed to the room while somebody's outbox is congested. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "room/room.h"
#include "text/charset.h"
#include "text/codec.h"
#include "ui/screen.h"

enum { UPLOAD_LINES = 16 * 1024 * 1024 /* bytes of lines that wait */ };

struct upload_events {
    void (*progressed)(void *owner); /* lines or a part of a file went out, or all of it */
};

struct upload {
    struct room *room;
    struct screen *screen;
    const char *name; /* under which own lines are shown */
    struct buf lines; /* each with its LF */
    bool is_speaking;
    char *path; /* of the file that is being sent, or NULL */
    int file;
    uint64_t size, read; /* bytes of it */
    uint64_t replaced;   /* characters that somebody's charset lacks */
    struct codec codec;  /* from the file's charset */
    struct buf text;     /* read and not sent yet: the beginning of a line */
    uv_idle_t turn;      /* a file goes out in turns, other things go on between them */
    const struct upload_events *events;
    void *owner;
};

/* `name` is what own lines are shown under; the caller may change it. */
void upload_init(struct upload *upload, struct room *room, struct screen *screen, const char *name,
                 const struct upload_events *events, void *owner);

/* Queues lines, each ended by an LF, and sends what goes now. -1 where too much waits already:
 * nothing was taken. */
int upload_say(struct upload *upload, const char *lines, size_t n);

/* Begins to send a text file. ERR_LOCAL where it cannot be read, is no file or has a NUL in its
 * first block; ERR_USAGE where another one is on its way. */
int upload_send(struct upload *upload, const char *path, struct err *err);

/* How much of the file went out, in percent; -1 when there is none. */
int upload_percent(const struct upload *upload);

bool upload_is_idle(const struct upload *upload);

/* Gives up what waits; false where that was nothing. */
bool upload_stop(struct upload *upload);

/* Those who hear, or the screen, take more again. */
void upload_go_on(struct upload *upload);

void upload_close(struct upload *upload, uv_close_cb closed);
