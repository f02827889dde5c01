/* floor: who may write to the one output that many share (-k), so that a line is one peer's alone.
 *
 * A peer's bytes go out at once while it has the floor. It gives the floor up
 *
 *     at LF, and when it ends
 *     after FLOOR_SILENCE_MS of silence
 *     after FLOOR_LINE bytes without LF
 *     where somebody waits, after FLOOR_SECOND_MS in which it brought less than FLOOR_SECOND bytes
 *
 * A peer that waits with a whole line goes before those that have only begun one: many that trickle
 * hold a line up no longer than one of them does. Where a line is left open, an LF is put in if it
 * is another peer that speaks next. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "talk/room.h"

enum {
    FLOOR_SILENCE_MS = 1000,
    FLOOR_LINE = 8192,
    FLOOR_SECOND_MS = 1000,
    FLOOR_SECOND = 1024,
};

struct floor {
    struct room *room;
    struct member *holder;      /* NULL: anybody may have it */
    const struct member *owner; /* of what was said last; NULL: somebody who is gone */
    bool line_is_open;          /* that did not end at a line end */
    size_t line_length;         /* of the holder's line */
    uint64_t heard_at;          /* loop time of the holder's last byte */
    uint64_t second_at;         /* loop time at which its second began */
    size_t brought;             /* bytes in this second */
    uv_timer_t timer;           /* for the silence and the second, while there is a holder */
};

void floor_init(struct floor *floor, struct room *room);

/* Before it is used; and lets go of the loop. */
void floor_open(struct floor *floor, uv_loop_t *loop);
void floor_close(struct floor *floor, uv_close_cb closed);

/* How many of a peer's n bytes may go out now; 0: it waits for the floor. `is_line`: they hold a
 * line end, or nothing more is to be waited for. */
size_t floor_grant(struct floor *floor, struct member *from, const unsigned char *bytes, size_t n,
                   bool is_line);

/* Somebody is about to say something. True where the line of another one is to be ended first. */
bool floor_begin(struct floor *floor, const struct member *from);

/* That was said, n > 0. */
void floor_keep(struct floor *floor, const char *text, size_t n);

/* The same of a message that ended at a line end, or did not, and needs no floor. */
void floor_note(struct floor *floor, bool is_whole);

void floor_forget(struct floor *floor, const struct member *member);
