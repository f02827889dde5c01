/* SPDX-License-Identifier: GPL-3.0-or-later */
/* act: a statement that sends or logs is carried out, with the values of a peer. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "bot/peer.h"

enum { ACT_BYTES = 1024 * 1024 /* of a literal */ };

/* Carries out a SEND or a LOG. The member may leave within it. -1 and *err: the literal has no
 * bytes with these values. */
MUST_CHECK int act_out(struct peer *peer, const struct statement *statement, struct err *err);
