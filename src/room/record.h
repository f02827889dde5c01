/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record: the words of a room in its transcript. Without a transcript nothing happens. */
#pragma once

#include "room/parts.h"

void record_notice(const struct room *room, const char *sentence);

/* A message of the member, or of somebody in the far room. */
void record_inbound(const struct room *room, const struct member *member,
                    const struct inbound *inbound);

/* In a mode without messages a transcript tee around the stream frames its bytes, under the peer's
 * address. NULL and *err: the stream is closed. */
struct stream *record_tee(struct room *room, struct stream *stream, struct err *err);
