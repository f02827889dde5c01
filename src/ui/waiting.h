/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waiting: tells the person about own lines that the peers do not take.
 *
 * A line waits while the room takes no more in bulk, or while all peers have taken nothing for
 * WAITING_STALLED_MS. The screen shows it dim and with a mark. After WAITING_TOLD_MS a notice says
 * who does not read, and how much waits. Another one says when the lines were sent, or that they
 * were not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "room/room.h"
#include "ui/screen.h"

enum { WAITING_STALLED_MS = 200, WAITING_TOLD_MS = 3000 };

struct waiting {
    struct room *room;
    struct screen *screen;
    const struct buf *queue; /* of lines that the room has not got yet, each with its LF */
    size_t shown;            /* lines that the screen shows as waiting */
    size_t said;             /* those of them that the room has got */
    size_t sent;             /* those of them that a peer has taken */
    struct buf ends; /* for each line between: the byte (uint64_t) of the outbox behind it */
    const struct member *of; /* the only peer, in whose outbox they are; NULL: in several */
    uint64_t since;          /* loop time */
    bool told;               /* that a peer does not read */
    uv_timer_t look;
};

/* The three must outlive it. */
void waiting_init(struct waiting *waiting, struct room *room, struct screen *screen,
                  const struct buf *queue);

/* Whether a line that the room gets now would wait. */
bool waiting_is_due(const struct waiting *waiting);

/* A line was shown as waiting. */
void waiting_note_shown(struct waiting *waiting);

/* The room has got a line, which may be one that was shown as waiting. */
void waiting_note_said(struct waiting *waiting, bool was_shown);

/* A peer is about to leave. With the last one the queue is lost, and what it did not take. */
void waiting_note_left(struct waiting *waiting, const struct member *member);

/* Closes the timer and frees the rest. */
void waiting_close(struct waiting *waiting);
