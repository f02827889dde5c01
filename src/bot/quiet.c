/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/quiet.h"

void quiet_break(struct peer *peer, uint64_t now)
{
    peer->heard_at = now;
    peer->received = peer->member->inbox.received;
    peer->silent_ms = peer->silent_rule = 0;
}

/* The rule behind the last one, and its time after the beginning of the silence. */
static bool find_next(const struct peer *peer, uint64_t *due, size_t *head)
{
    const struct playbook *playbook = peer->plan->playbook;

    *due = UINT64_MAX;
    for (size_t i = 0; i < playbook->count; i++) {
        uint64_t ms = playbook->statements[i].ms, done = peer->silent_ms, at;

        if (playbook->statements[i].kind != ON_SILENCE)
            continue;
        at = done && done % ms == 0 && i > peer->silent_rule ? done : (done / ms + 1) * ms;
        if (at < *due) {
            *due = at;
            *head = i;
        }
    }
    return *due != UINT64_MAX;
}

bool quiet_due(const struct peer *peer, uint64_t *at)
{
    size_t head;

    if (!find_next(peer, at, &head))
        return false;
    *at += peer->heard_at;
    return true;
}

bool quiet_take(struct peer *peer, uint64_t now, size_t *head)
{
    uint64_t due;

    if (peer->received != peer->member->inbox.received)
        quiet_break(peer, now);
    if (!find_next(peer, &due, head) || peer->heard_at + due > now)
        return false;
    peer->silent_ms = due;
    peer->silent_rule = *head;
    return true;
}
