/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dispatch: carries out what the parts of a room answer: effects and messages for the members, the
 * operator and the transcript, evictions, leaving.
 *
 * Within each of these functions members may leave. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "room/parts.h"

static inline bool room_is_chat(const struct room *room)
{
    return room->options.mode.named;
}

/* Shows the sentence to the operator and in the transcript. False: this operator shows nothing. */
bool dispatch_show(struct room *room, const struct event *event);

/* Tells an EVENT_NOTICE to the operator, or to standard error for an operator that shows nothing,
 * and to the recorders. The format is a message of gettext. */
void dispatch_say(struct room *room, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A message for all; NULL, and told, without memory. */
struct message *dispatch_message(struct room *room, const void *text, size_t n, bool is_line);

/* Sends a message, or nothing (NULL), to all but one (NULL: to all), and releases it. */
void dispatch_spread(struct room *room, struct member *except, struct message *message);

/* Sends a text to one; --eol changes none of its line ends. */
void dispatch_answer(struct room *room, struct member *member, const void *text, size_t n);

/* Sends the operator's words to all or to one only, and releases them. NULL: memory was short for
 * them, so that all are broken off, unless a person is told. Characters that charsets lack are
 * counted in room->lacking, and a person is told of those in a line. */
void dispatch_speak(struct room *room, struct member *only, struct message *message, bool is_line);

/* Carries out the effects that announce and chat have left. */
void dispatch_effects(struct room *room);

/* Takes the news of the fanout: members that drained, and slow consumers, which are evicted. */
void dispatch_news(struct room *room);

/* The member leaves the roster at once. dispatch_let_out also ends a room that ends with its first
 * peer. */
void dispatch_leave(struct room *room, struct member *member, enum stream_close how,
                    struct ending ending);
void dispatch_let_out(struct room *room, struct member *member, struct ending ending);

/* The events of a member, whose owner is the room; see struct member_events. */
uint64_t dispatch_on_delay(void *owner, struct member *member);
void dispatch_on_ended(void *owner, struct member *member, enum member_end how,
                       const struct err *err);
void dispatch_on_wrote(void *owner, struct member *member, unsigned changes);
void dispatch_on_stalled(void *owner, struct member *member);
void dispatch_on_closing(void *owner, struct member *member);

/* The events of flow and announce: a turn of the loop, and a second, is over. */
void dispatch_on_flush(void *owner);
void dispatch_on_second(void *owner);

/* Tells the operator that the fanout has drained, where that still holds. */
void dispatch_drained(struct room *room);
