/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quiet: which rule answers the silence of a peer, and when.
 *
 * A silence begins with a message, with a part of one, and with the connection. A rule of it is due
 * at each multiple of its time; rules that are due together follow in their order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bot/peer.h"

/* The peer has spoken; a silence begins. */
void quiet_break(struct peer *peer, uint64_t now);

/* The loop time of the next rule; false: there is none. */
bool quiet_due(const struct peer *peer, uint64_t *at);

/* The rule that is due, once; false: none is. */
bool quiet_take(struct peer *peer, uint64_t now, size_t *head);
