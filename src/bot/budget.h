/* SPDX-License-Identifier: GPL-3.0-or-later */
/* budget: how much matching the peers of a bot may cost, so that none holds up the others.
 *
 * In one turn of the loop matching is paid for, in the cost of bot/pattern. A turn whose budget is
 * spent takes no more messages; peers whose messages have been cheap have the larger one. A peer
 * with a dear message pauses: all such peers stand in one line, and half of the time is left to the
 * others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/pattern.h"

enum {
    BUDGET_DEAR = PATTERN_COST / 8,    /* of a message, and of a turn for unknown peers */
    BUDGET_TURN = 2 * PATTERN_COST,    /* of a turn for peers that were cheap */
    BUDGET_MESSAGE = 4 * PATTERN_COST, /* then no further pattern is searched for */
    BUDGET_CALM = 8,                   /* cheap messages in a row, of a peer that is known */
    BUDGET_DISTRUST = 100,             /* of them more, behind a dear one */
};

/* The same for all peers. Times are those of the loop, in ms. */
struct budget {
    uint64_t turn;  /* the last one, by its time */
    size_t spent;   /* in it */
    uint64_t until; /* the end of the line of pauses */
};

/* A peer has one; zeroed at first. */
struct budget_share {
    int cheap; /* messages in a row; below 0 behind a dear one */
    uint64_t pause_until;
};

/* A message, or a search of a script, has cost so much. `alone`: there is no other peer. */
void budget_pay(struct budget *budget, struct budget_share *share, size_t cost, uint64_t now,
                bool alone);

/* Whether the peer is to pause, until share->pause_until. */
bool budget_holds(const struct budget *budget, struct budget_share *share, uint64_t now);
