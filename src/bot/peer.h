/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer: the part of a room's member that belongs to a bot: its memory, and its postponed message.
 * match, quiet and dialog have the other functions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/buf.h"
#include "base/must_check.h"
#include "bot/budget.h"
#include "bot/runner.h"
#include "bot/statement.h"
#include "bot/window.h"
#include "room/inbound.h"
#include "room/member.h"
#include "room/parts.h"
#include "text/text_options.h"

/* See dialog. */
enum peer_state {
    PEER_IDLE,
    PEER_WAITING,
    PEER_EXPECTING,
    PEER_BLOCKED,
    PEER_BROKEN,
    PEER_PAUSED,
    PEER_OVER
};

/* The same for all peers of a bot. */
struct peer_plan {
    const struct playbook *playbook;
    struct charset *utf8;
    struct text_options text;
    struct room *room;
    uv_loop_t *loop;
    struct budget *budget;
    bool once; /* the room ends with its first peer */
};

struct peer {
    const struct peer_plan *plan;
    struct member *member;
    enum peer_state state;
    struct runner runner;
    uv_timer_t timer;
    uint64_t sent; /* literals, for {count} */
    struct budget_share budget;
    unsigned *limits; /* NULL, or for each statement the searches that came to their limit */
    /* The last match. Its offsets point into `subject`. */
    struct buf subject;
    struct pattern_match match;
    bool of_bytes;
    /* rules */
    bool has_spoken;    /* a message has come */
    struct buf held;    /* a postponed message: the bytes on the wire, and then the text, */
    size_t held_bytes;  /* and the number of the former */
    uint64_t heard_at;  /* ms of the loop: the beginning of the silence */
    uint64_t received;  /* bytes of the peer at that time */
    uint64_t silent_ms; /* the last rule of the silence was due then, */
    size_t silent_rule; /* and is this one */
    /* scripts */
    struct window window;
    const struct statement *expect;
    uint64_t due;   /* loop time of its next search without news */
    bool goes_on;   /* the postponed search: more text was to follow */
    bool has_ended; /* the peer, in good order */
};

/* NULL without memory. */
struct peer *peer_new(const struct peer_plan *plan, struct member *member);
void peer_free(struct peer *peer);

/* Keeps a message that is postponed. -1 without memory. */
MUST_CHECK int peer_hold(struct peer *peer, const struct inbound *inbound);

/* That message, which is good until the next one is kept. */
struct inbound peer_held(const struct peer *peer);
