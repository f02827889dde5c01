/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match: the matches of a peer's words: which rule is meant, whether an expectation holds, and
 * what was matched. */
#pragma once

#include <stdbool.h>

#include "base/event.h"
#include "bot/peer.h"
#include "room/inbound.h"
#include "text/literal.h"

enum {
    MATCH_SETTLES_MS = 50,
    MATCH_REASON = 256, /* bytes, with the NUL */
};

enum match_result {
    MATCH_FOUND,
    MATCH_UNSETTLED, /* there is a match that more text could change */
    MATCH_NONE,
    MATCH_HOPELESS,  /* the time is over, or the peer has ended */
    MATCH_POSTPONED, /* it is dear, and to be done again once match_holds is false */
    MATCH_MEMORY,    /* memory was short for the search */
};

/* Finds the rule that answers a message, and keeps the match. MATCH_FOUND, MATCH_NONE or
 * MATCH_POSTPONED. */
enum match_result match_find_rule(struct peer *peer, const struct inbound *inbound, size_t *head);

/* The same for the message that was postponed. */
enum match_result match_find_again(struct peer *peer, size_t *head);

/* Searches the window for the expectation. `goes_on`: more text may follow soon. */
enum match_result match_search(struct peer *peer, bool goes_on);

/* Whether the peer is not to be heard until peer->budget.pause_until; see bot/budget. */
bool match_holds(struct peer *peer);

/* The loop time at which an unsettled match counts. */
uint64_t match_settles_at(const struct peer *peer);

/* The captures of the last match, "" where there is none. */
void match_captures(const struct peer *peer, struct literal_capture captures[LITERAL_CAPTURES]);

/* Writes what was matched, or the whole message that it was in; bytes as a literal. */
int match_write(const struct peer *peer, bool whole, struct buf *text);

void match_forget(struct peer *peer);

/* The peer leaves: tells how many searches came to their limit after the first one. */
void match_sum(struct peer *peer);

/* Tells an EVENT_UNMATCHED: "PEER: PATH:LINE: WHY". */
void match_tell_none(const struct peer *peer, const struct statement *statement, const char *why,
                     enum event_level level);

/* The reason for a failure. NULL: the sentence of the expectation, its own or the usual one. */
void match_failure(const struct peer *peer, const struct statement *statement, const char *why,
                   char reason[MATCH_REASON]);
