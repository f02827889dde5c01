/* SPDX-License-Identifier: GPL-3.0-or-later */
/* opening: the beginning of a conversation with a peer, as an event for all kinds of conversations.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "io/stream.h"

/* Tells an EVENT_ACCEPTED, or an EVENT_CONNECTED where this side has dialled; with -v as "PEER
 * connected". `is_silent`: another sentence says it already. */
void opening_tell(const struct stream *stream, bool is_dialled, bool is_silent);

/* The descriptor under the stream, or -1; and the address of this side, cut to n bytes with its
 * NUL, or "" where it is not known or has no name. */
int opening_locate(const struct stream *stream, char *local, size_t n);

/* Tells an EVENT_REFUSED. NULL: the peer's address is not known. */
void opening_tell_refused(const char *peer, const char *why);
