/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome: the end of the run of a playbook with one peer, and the sentence about a failure. */
#pragma once

#include "bot/peer.h"

/* The peer is let go. */
void outcome_let_go(struct peer *peer);

/* A statement has failed, for this reason. The failure of a peer alone is that of the run. */
void outcome_give_up(struct peer *peer, const struct statement *statement, const char *why);

/* The same with the usual reason; `why` as in match_failure. */
void outcome_fail(struct peer *peer, const struct statement *statement, const char *why);
