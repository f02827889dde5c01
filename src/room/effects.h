/* SPDX-License-Identifier: GPL-3.0-or-later */
/* effects: the work that announce and chat leave to a room, in order.
 *
 * Those files decide and format; room.c takes each effect and carries it out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "room/member.h"

enum effect_kind {
    EFFECT_SPREAD, /* a line for all but `member` (NULL: for all) */
    EFFECT_SEND,   /* a line for `member` */
    EFFECT_SPEAK,  /* a line of the operator for `member` (NULL: for all) */
    EFFECT_TELL,   /* a sentence for the operator; it may hold strangers' text */
    EFFECT_END,    /* the same, about the end of a member */
    EFFECT_HEAR,   /* text of `member` for the operator, of the kind `as` */
    EFFECT_LEAVE,  /* `member` has asked to leave */
};

enum { EFFECT_SENTENCE = 1024 };

struct effect {
    STAILQ_ENTRY(effect) next;
    enum effect_kind kind;
    enum inbound_kind as;
    struct member *member;
    size_t n;
    char text[]; /* n bytes of UTF-8 and a NUL */
};

struct effects {
    STAILQ_HEAD(effect_queue, effect) queue;
    bool lost; /* memory was short for an effect */
};

void effects_init(struct effects *effects);

/* The text is copied. Returns n, or 0 without memory. */
size_t effects_add(struct effects *effects, enum effect_kind kind, struct member *member,
                   const void *text, size_t n);

/* An EFFECT_HEAR. */
void effects_hear(struct effects *effects, struct member *member, enum inbound_kind as,
                  const void *text, size_t n);

/* An EFFECT_TELL, or an EFFECT_END, of at most EFFECT_SENTENCE bytes. */
__attribute__((format(printf, 2, 3))) void effects_tell(struct effects *effects, const char *format,
                                                        ...);
__attribute__((format(printf, 2, 3))) void effects_tell_end(struct effects *effects,
                                                            const char *format, ...);

/* The next effect, which the caller frees; NULL: none is left. */
struct effect *effects_next(struct effects *effects);
