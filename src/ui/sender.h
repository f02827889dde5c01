/* sender: what a person says, at the pace of those who hear it: lines that were typed or pasted,
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

enum { SENDER_LINES = 16 * 1024 * 1024 /* bytes of lines that wait */ };

struct sender_events {
    void (*progressed)(void *owner); /* lines or a part of a file went out, or all of it */
};

struct sender {
    struct room *room;
    struct screen *screen;
    const char *name;       /* under which own lines are shown; the owner may change it */
    struct charset *legacy; /* what a file is in that is no UTF-8 */
    struct transcript *transcript;
    struct buf lines; /* each with its LF */
    bool is_speaking;
    char *path; /* of the file that is being sent, or NULL */
    int file;
    uint64_t size, read; /* bytes of it */
    uint64_t replaced;   /* characters that somebody's charset lacks */
    struct codec codec;  /* from the file's charset */
    struct buf text;     /* read and not sent yet: the beginning of a line */
    uv_idle_t turn;      /* a file goes out in turns, other things go on between them */
    const struct sender_events *events;
    void *owner;
};

void sender_init(struct sender *sender, struct room *room, struct screen *screen,
                 const struct sender_events *events, void *owner);

/* Queues lines, each ended by an LF, and sends what goes now. -1 where too much waits already:
 * nothing was taken. */
int sender_say(struct sender *sender, const char *lines, size_t n);

/* Begins to send a text file. ERR_LOCAL where it cannot be read, is no file or has a NUL in its
 * first block; ERR_USAGE where another one is on its way. */
int sender_send(struct sender *sender, const char *path, struct err *err);

/* How much of the file went out, in percent; -1 when there is none. */
int sender_percent(const struct sender *sender);

bool sender_is_idle(const struct sender *sender);

/* Gives up what waits; false where that was nothing. */
bool sender_stop(struct sender *sender);

/* Those who hear, or the screen, take more again. */
void sender_go_on(struct sender *sender);

void sender_close(struct sender *sender, uv_close_cb closed);
