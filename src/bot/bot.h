/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bot: a file of rules, or a script, as the operator of a room.
 *
 * A bot shows what is heard through another operator, standard output, and answers by its playbook.
 * Each peer has a run of its own (bot/dialog), so that peers do not wait for each other.
 *
 * With rules a peer's next message waits until the answer to the former one is complete. A script
 * gets bytes as they come; when it is done the peer is let go. An expectation that fails does the
 * same, and is the outcome of a room for one. */
#pragma once

#include <stdbool.h>

#include "bot/peer.h"
#include "room/parts.h"

struct bot {
    struct room_operator op;
    struct room_operator *screen; /* shows what is heard */
    struct peer_plan plan;
    struct budget budget;
    bool is_raw; /* standard output gets the bytes of the peer */
};

/* All must outlive the bot, which owns no memory. */
void bot_init(struct bot *bot, const struct peer_plan *plan, bool is_raw,
              struct room_operator *screen);
