/* SPDX-License-Identifier: GPL-3.0-or-later */
/* effects: the work that announce and chat leave to a room, in order.
 *
 * Those files decide and format; room.c takes each effect and carries it out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/event.h"
#include "room/member.h"

enum effect_kind {
    EFFECT_SPREAD, /* a line for all but `member` (NULL: for all) */
    EFFECT_SEND,   /* a line for `member` */
    EFFECT_SPEAK,  /* a line of the operator for `member` (NULL: for all) */
    EFFECT_TELL,   /* an event for the operator; it may hold strangers' text */
    EFFECT_END,    /* the same, about the end of a member */
    EFFECT_HEAR,   /* text of `member` for the operator, of the kind `as` */
    EFFECT_LEAVE,  /* `member` has asked to leave */
};

struct effect {
    STAILQ_ENTRY(effect) next;
    enum effect_kind kind;
    enum inbound_kind as;
    struct member *member;
    struct event *event;      /* of EFFECT_TELL and EFFECT_END, else NULL */
    struct inbound_wire wire; /* of EFFECT_HEAR */
    size_t n;
    char text[]; /* n bytes of UTF-8 and a NUL */
};

struct effects {
    STAILQ_HEAD(effect_queue, effect) queue;
    struct inbound_wire wire; /* of the message that is taken now */
    bool lost;                /* memory was short for an effect */
};

void effects_init(struct effects *effects);

/* The text is copied. Returns n, or 0 without memory. */
size_t effects_add(struct effects *effects, enum effect_kind kind, struct member *member,
                   const void *text, size_t n);

/* An EFFECT_HEAR. */
void effects_hear(struct effects *effects, struct member *member, enum inbound_kind as,
                  const void *text, size_t n);

/* An EFFECT_TELL, and an EFFECT_END. The event is copied. */
void effects_tell(struct effects *effects, const struct event *event);
void effects_tell_end(struct effects *effects, const struct event *event);

/* The next effect, for effect_free; NULL: none is left. */
struct effect *effects_next(struct effects *effects);
void effect_free(struct effect *effect);
