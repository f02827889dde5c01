/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record: the words of a room in its transcript, and as events for the recorders. */
#pragma once

#include "room/parts.h"

void record_sentence(const struct room *room, const char *sentence);

/* Records an event that the operator does not show, and tells it to the recorders of events. */
void record_event(const struct room *room, const struct event *event);

/* A message of the member, or of somebody in the far room. */
void record_inbound(const struct room *room, const struct member *member,
                    const struct inbound *inbound, struct inbound_wire wire);

struct record_parties {
    const char *name;            /* of this side */
    const char *to;              /* the name of the only receiver; NULL: all */
    const struct member *member; /* the only receiver; NULL: all, or somebody in the far room */
};

/* A message of this side. */
void record_own(const struct room *room, struct record_parties parties, enum inbound_kind kind,
                const char *text, size_t n);

/* A literal of this side for all, by its source: so many bytes of one peer's. */
void record_literal(const struct room *room, const char *name, const char *text, size_t n,
                    size_t bytes);

/* An answer to one member, as bytes of `charset`; NULL: of UTF-8. */
void record_answer(const struct room *room, const struct member *member, struct charset *charset,
                   const void *bytes, size_t n);

/* In a mode without messages a transcript tee around the stream frames its bytes, under the peer's
 * address. NULL and *err: the stream is closed. */
struct stream *record_tee(struct room *room, struct stream *stream, struct err *err);
