/* SPDX-License-Identifier: GPL-3.0-or-later */
/* budget: how much matching the peers of a bot may cost, so that none holds up the others.
 *
 * In one turn of the loop matching is paid for, in the cost of bot/pattern. A turn whose budget is
 * spent takes no more messages; peers whose messages have been cheap have the larger one.
 *
 * A message is tried first, at a small cost. A dearer one is postponed: it is searched again, to
 * the end, when it is due. Between two such searches half of the time is left to the others, and
 * the turn takes messages all the same. So a newcomer waits for one of them and for a trial of
 * each other peer, not for all their messages. A peer without others is searched to the end at
 * once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/pattern.h"

enum {
    BUDGET_DEAR = PATTERN_COST / 32,   /* of a trial, and of a turn for unknown peers */
    BUDGET_TURN = 2 * PATTERN_COST,    /* of a turn for peers that were cheap */
    BUDGET_MESSAGE = 4 * PATTERN_COST, /* then no further pattern is searched for */
    BUDGET_CALM = 8,                   /* cheap messages in a row, of a peer that is known */
    BUDGET_DISTRUST = 100,             /* of them more, behind a dear one */
};

/* The same for all peers. Times are those of the loop, in ms. */
struct budget {
    uint64_t turn; /* the last one, by its time */
    size_t spent;  /* in it */
    uint64_t rest; /* no postponed message is searched before */
};

/* A peer has one; zeroed at first. */
struct budget_share {
    int cheap; /* messages in a row; below 0 behind a dear one */
    uint64_t pause_until;
    bool is_postponed; /* its message was tried, and is to be searched to the end */
};

/* The most that the next message, or the next search of a script, may cost. `alone`: there is no
 * other peer. */
size_t budget_limit(const struct budget_share *share, bool alone);

/* The price of a message, or of a search of a script. */
struct budget_price {
    size_t cost;
    uint64_t ms; /* that it took; more than the cost says where other programs are busy */
};

/* A message, or a search of a script, has come to its end at this price. */
void budget_pay(struct budget *budget, struct budget_share *share, const struct budget_price *price,
                uint64_t now, bool alone);

/* A trial has come to its limit. */
void budget_postpone(struct budget *budget, struct budget_share *share, size_t cost, uint64_t now);

/* Whether the peer is to pause, until share->pause_until. */
bool budget_holds(const struct budget *budget, struct budget_share *share, uint64_t now);
