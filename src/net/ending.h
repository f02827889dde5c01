/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ending: how a conversation with a peer ended, in the same words for all kinds of conversations.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/stream.h"

/* How a conversation ended. */
struct ending {
    bool by_peer;       /* the peer broke it off, or ended first; otherwise this side did */
    const char *reason; /* NULL: closed in good order; otherwise why it was broken off */
};

static const struct ending closed_by_peer = {.by_peer = true};
static const struct ending closed_by_us = {.by_peer = false};

/* A failure of the connection is the peer's; any other failure is of this side. The reason points
 * into *err: the sentence without the peer's name. */
struct ending ending_of_failure(const char *peer, const struct err *err);

/* An EVENT_CLOSED, behind what observers of the stream have kept; with -v one of
 *     PEER closed by the peer; 27 bytes received, 21 sent
 *     PEER closed by this side; 27 bytes received, 21 sent
 *     PEER broken off by the peer: REASON; 27 bytes received, 21 sent
 *     PEER broken off by this side: REASON; 27 bytes received, 21 sent
 * NAME stands before PEER, unless it is NULL. The connection under the stream of the peer, if there
 * is one, knows who closed first (connection_peer_was_first); the field `first` is that, also of a
 * conversation that was broken off. */
void ending_tell(struct stream *peer, const char *name, struct ending ending, uint64_t received,
                 uint64_t sent);

/* A conversation that was broken off is a failure of the run, of which the first one is kept. */
void ending_fail(const struct stream *peer, struct ending ending, struct err *outcome);

/* "PEER did not take 27 bytes", which were pending when the run ended; silent where there were
 * none. */
void ending_tell_untaken(const char *peer, uint64_t bytes);

/* The same for several peers, with the bytes for all of them. */
void ending_tell_all_untaken(uint64_t peers, uint64_t bytes);

/* An EVENT_PROGRAM: how the program of this peer ended. `is_silent`: the run's failure says it. */
void ending_tell_program(const char *peer, const char *why, bool is_silent);
