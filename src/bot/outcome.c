/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/outcome.h"

#include <stdio.h>

#include "base/event.h"
#include "base/language.h"
#include "bot/match.h"
#include "room/dispatch.h"

static struct ending ending_of(const struct peer *peer)
{
    return peer->has_ended ? closed_by_peer : closed_by_us;
}

void outcome_let_go(struct peer *peer)
{
    peer->state = PEER_OVER;
    dispatch_let_out(peer->plan->room, peer->member, ending_of(peer));
}

/* Among many peers the room goes on, so that the failure is told here. */
void outcome_give_up(struct peer *peer, const struct statement *statement, const char *why)
{
    const struct peer_plan *plan = peer->plan;
    struct err err = {.kind = ERR_PROGRAM};

    peer->state = PEER_OVER;
    match_tell_none(peer, statement, why, plan->once ? EVENT_RECORDED : EVENT_ALWAYS);
    snprintf(err.sentence, sizeof err.sentence, "%.200s:%u: %s", plan->playbook->path,
             statement->line, why);
    language_trim(err.sentence);
    dispatch_let_out(plan->room, peer->member, ending_of(peer));
    if (plan->once)
        err_keep(&plan->room->outcome, &err);
}

void outcome_fail(struct peer *peer, const struct statement *statement, const char *why)
{
    char reason[MATCH_REASON];

    match_failure(peer, statement, why, reason);
    outcome_give_up(peer, statement, reason);
}
