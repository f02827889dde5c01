/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dialog: the run of a playbook with one peer.
 *
 *     state      the run goes on with
 *     ---------  -------------------------------------------------------------------
 *     IDLE       a message, or a silence (rules)
 *     WAITING    the time of the runner
 *     EXPECTING  a match, the end of its time, or the peer's end (scripts)
 *     BLOCKED    a peer that takes what is queued for it
 *     PAUSED     the end of a pause (rules), see bot/budget
 *     BROKEN     the failure of the connection, which is to be read (scripts)
 *     OVER       nothing: the peer is let go
 *
 * A match that more text could change counts after MATCH_SETTLES_MS without any, at the end of the
 * time, or at the peer's end; so the cuts of packets change no match. */
#pragma once

#include <stdbool.h>

#include "base/must_check.h"
#include "bot/peer.h"
#include "room/inbound.h"

/* A member has joined. NULL without memory. */
struct peer *dialog_new(const struct peer_plan *plan, struct member *member);

/* Its run begins. The member may leave within this and the functions below. */
void dialog_begin(struct peer *peer);

/* The member leaves. The loop frees the peer. */
void dialog_leave(struct peer *peer);

/* Whether the member should be read. */
bool dialog_accepts(struct peer *peer);

void dialog_heard(struct peer *peer, const struct inbound *inbound);

/* The peer has ended in good order; scripts only. */
void dialog_ended(struct peer *peer);

/* A write has failed: the run ends, and the peer is read up to the failure. */
void dialog_broken(struct peer *peer);

/* The room takes more. */
void dialog_drained(struct peer *peer);
