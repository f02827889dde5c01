/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/budget.h"

enum {
    PER_MS = PATTERN_COST / 100, /* about */
    PAUSE = 2,                   /* in times of what was dear */
};

static size_t spent_at(const struct budget *budget, uint64_t now)
{
    return budget->turn == now ? budget->spent : 0;
}

/* A peer without others pauses for this turn only: signals are heard then. */
static void pause(struct budget *budget, struct budget_share *share, size_t cost, uint64_t now,
                  bool alone)
{
    share->cheap = -BUDGET_DISTRUST;
    share->pause_until = now + 1;
    if (alone)
        return;
    budget->until = budget->until > now ? budget->until : now;
    budget->until += PAUSE * cost / PER_MS;
    share->pause_until = budget->until;
}

void budget_pay(struct budget *budget, struct budget_share *share, size_t cost, uint64_t now,
                bool alone)
{
    budget->spent = spent_at(budget, now) + cost;
    budget->turn = now;
    if (cost > BUDGET_DEAR)
        pause(budget, share, cost, now, alone);
    else if (share->cheap < BUDGET_CALM)
        share->cheap++;
}

bool budget_holds(const struct budget *budget, struct budget_share *share, uint64_t now)
{
    size_t most = share->cheap >= BUDGET_CALM ? BUDGET_TURN : BUDGET_DEAR;

    if (now < share->pause_until)
        return true;
    if (spent_at(budget, now) <= most)
        return false;
    share->pause_until = now + 1;
    return true;
}
