/* SPDX-License-Identifier: GPL-3.0-or-later */
/* merge: peers that share one output (-k), so that a line is one peer's alone.
 *
 * The peer that holds the output writes at once. It gives the output up
 *
 *     at LF, and when it ends
 *     after MERGE_SILENCE_MS of silence
 *     after MERGE_LINE bytes without LF
 *     where a peer waits, after MERGE_SECOND_MS in which it brought less than MERGE_SECOND bytes
 *
 * A peer that waits with a whole line goes before those that have only begun one: many that trickle
 * hold a line up no longer than one of them does. An open line gets an LF if another peer speaks
 * next. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "room/flow.h"
#include "room/member.h"

enum {
    MERGE_SILENCE_MS = 1000,
    MERGE_LINE = 8192,
    MERGE_SECOND_MS = 1000,
    MERGE_SECOND = 1024,
};

struct merge {
    struct flow *flow;
    struct member *holder;      /* NULL: the output is free */
    const struct member *owner; /* the peer of the last bytes; NULL: it has left */
    bool line_is_open;          /* the last bytes did not end at a line end */
    size_t line_length;         /* of the holder's line */
    uint64_t heard_at;          /* loop time of the holder's last byte */
    uint64_t second_at;         /* loop time at which its second began */
    size_t brought;             /* bytes in this second */
    uv_timer_t timer;           /* for the silence and the second, while there is a holder */
};

void merge_init(struct merge *merge, struct flow *flow);

/* Before it is used; and lets go of the loop. */
void merge_open(struct merge *merge, uv_loop_t *loop);
void merge_close(struct merge *merge, uv_close_cb closed);

/* The number of a peer's n bytes that may go out now; 0: the peer waits for the output. `is_line`:
 * the bytes hold a line end, or no more bytes follow. */
size_t merge_grant(struct merge *merge, struct member *from, const unsigned char *bytes, size_t n,
                   bool is_line);

/* A member is about to write. True where the open line of another one is to be ended first. */
bool merge_begin(struct merge *merge, const struct member *from);

/* The member has written n bytes, n > 0. */
void merge_keep(struct merge *merge, const char *text, size_t n);

/* The member has written a message, with or without a line end, and need not hold the output. */
void merge_note(struct merge *merge, bool is_whole);

void merge_forget(struct merge *merge, const struct member *member);
