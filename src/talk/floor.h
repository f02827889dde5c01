/* floor: who may write to the one output that many share (-k), so that a line is one peer's alone.
 *
 * A peer's bytes go out at once while it has the floor. It gives the floor up at a line end, when
 * it ends, after FLOOR_SILENCE_MS, after FLOOR_LINE bytes of one line, and after FLOOR_MOST_MS
 * where somebody waits; where that leaves an open line, its end is put in if it is another peer
 * that speaks next. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "talk/room.h"

enum { FLOOR_SILENCE_MS = 1000, FLOOR_LINE = 8192, FLOOR_MOST_MS = 10000 };

struct floor {
    struct room *room;
    struct member *holder;      /* NULL: anybody may have it */
    const struct member *owner; /* of what was said last; NULL: somebody who is gone */
    bool line_is_open;          /* that did not end at a line end */
    size_t line_length;         /* of the holder's line */
    uint64_t since;             /* loop time at which the holder got it */
    uv_timer_t silence;
};

void floor_init(struct floor *floor, struct room *room);

/* Before it is used; and lets go of the loop. */
void floor_open(struct floor *floor, uv_loop_t *loop);
void floor_close(struct floor *floor, uv_close_cb closed);

/* How many of a peer's n bytes may go out now; 0: it waits for the floor. */
size_t floor_grant(struct floor *floor, struct member *from, const unsigned char *bytes, size_t n);

/* Somebody is about to say something. True where the line of another one is to be ended first. */
bool floor_begin(struct floor *floor, const struct member *from);

/* That was said, n > 0. */
void floor_keep(struct floor *floor, const char *text, size_t n);

/* The same of a message that ended at a line end, or did not, and needs no floor. */
void floor_note(struct floor *floor, bool is_whole);

void floor_forget(struct floor *floor, const struct member *member);
