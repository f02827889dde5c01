/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/budget.h"

enum {
    PER_MS = PATTERN_COST / 100, /* about */
    PAUSE = 2,                   /* in times of what was dear, itself among them */
};

static size_t spent_at(const struct budget *budget, uint64_t now)
{
    return budget->turn == now ? budget->spent : 0;
}

static void spend(struct budget *budget, size_t cost, uint64_t now)
{
    budget->spent = spent_at(budget, now) + cost;
    budget->turn = now;
}

size_t budget_limit(const struct budget_share *share, bool alone)
{
    return alone || share->is_postponed ? BUDGET_MESSAGE : BUDGET_DEAR;
}

/* A peer without others pauses for this turn only: signals are heard then. */
static void pause(struct budget *budget, struct budget_share *share,
                  const struct budget_price *price, uint64_t now, bool alone)
{
    uint64_t usual = price->cost / PER_MS;

    share->cheap = -BUDGET_DISTRUST;
    share->pause_until = now + 1;
    if (alone)
        return;
    budget->rest = now + 1 + PAUSE * (price->ms > usual ? price->ms : usual);
    share->pause_until = budget->rest;
}

void budget_pay(struct budget *budget, struct budget_share *share, const struct budget_price *price,
                uint64_t now, bool alone)
{
    if (!share->is_postponed)
        spend(budget, price->cost, now);
    share->is_postponed = false;
    if (price->cost > BUDGET_DEAR)
        pause(budget, share, price, now, alone);
    else if (share->cheap < BUDGET_CALM)
        share->cheap++;
}

void budget_postpone(struct budget *budget, struct budget_share *share, size_t cost, uint64_t now)
{
    spend(budget, cost, now);
    share->is_postponed = true;
    share->cheap = -BUDGET_DISTRUST;
    share->pause_until = budget->rest > now ? budget->rest : now + 1;
}

bool budget_holds(const struct budget *budget, struct budget_share *share, uint64_t now)
{
    size_t most = share->cheap >= BUDGET_CALM ? BUDGET_TURN : BUDGET_DEAR;

    if (share->is_postponed && share->pause_until < budget->rest)
        share->pause_until = budget->rest;
    if (now < share->pause_until)
        return true;
    if (spent_at(budget, now) <= most)
        return false;
    share->pause_until = now + 1;
    return true;
}
