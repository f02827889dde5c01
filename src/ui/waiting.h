/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waiting: shows own lines, and tells the person about those that the peers do not take.
 *
 * A line waits while the room takes no more in bulk, or while the peer that it is for, or all
 * peers, have taken nothing for WAITING_STALLED_MS. The screen shows it dim and with a mark. After
 * WAITING_TOLD_MS a notice says who does not read, and how much waits. Another one says when the
 * lines were sent. Whether it was shown as waiting or not: a line that a peer has gone without is
 * told. */
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
    size_t shown;            /* those of them that the screen shows as waiting */
    struct buf said;         /* lines that the room has got since: struct waiting_line */
    size_t sent;             /* lines of `said` that the peers have taken */
    size_t missed;           /* lines of the queue that a peer has gone without, not told yet */
    bool lacks;              /* a peer has gone without a line */
    bool told;               /* that a peer does not read */
    uint64_t since;          /* loop time */
    uv_timer_t look;
};

/* The three must outlive it. */
void waiting_init(struct waiting *waiting, struct room *room, struct screen *screen,
                  const struct buf *queue);

/* Shows a line for one peer (NULL: for all) that the room gets now. Whether it waits: that goes to
 * waiting_note_said. */
bool waiting_show(struct waiting *waiting, const struct member *to, struct screen_label label,
                  enum screen_mark mark, const char *text, size_t n);

/* The same for a literal for all (ui/own). */
bool waiting_show_literal(struct waiting *waiting, struct screen_label label,
                          struct message *message, size_t bytes);

/* Shows a line for all that stays in the queue. */
void waiting_show_queued(struct waiting *waiting, struct screen_label label, const char *text,
                         size_t n);

/* The room has got a line, from the queue or not, or a part of a file, which does not wait. */
void waiting_note_said(struct waiting *waiting, const struct member *to, bool waits);
static inline void waiting_note_taken(struct waiting *waiting)
{
    waiting->shown--; /* from the queue, and the room gets it now */
}

/* All lines of the queue are dropped. */
static inline void waiting_note_dropped(struct waiting *waiting)
{
    waiting->shown = 0;
}

/* A peer is about to leave without `queued` lines of the queue. waiting_note_lost follows. */
static inline void waiting_note_left(struct waiting *waiting, size_t queued)
{
    waiting->missed += queued;
}

/* A peer has gone without `lines` lines that the room had for it. */
void waiting_note_lost(struct waiting *waiting, const struct member *member, size_t lines);

/* Closes the timer and frees the rest. */
void waiting_close(struct waiting *waiting);
