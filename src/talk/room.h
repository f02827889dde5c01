/* room: many peers and one operator; the rules say who hears whom.
 *
 *     STAR   peers and the operator hear each other, peers do not hear peers
 *     WAIT   a peer is read no further while the operator takes nothing
 *     CUT    nobody waits long for one: a peer whose outbox stays crowded is cut
 *
 * `connect` at a terminal is a STAR that WAITs, with one peer; `listen` is a STAR that CUTs. The
 * operator is whoever owns the room: a person at a terminal, by way of its ops. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "io/tap.h"
#include "talk/handler.h"
#include "talk/member.h"
#include "talk/roster.h"
#include "talk/transcript.h"

enum room_rule { ROOM_WAIT = 0, ROOM_CUT = 1 };

struct room_operator;

struct operator_ops {
    /* Whether it takes more now; if not, it calls room_resume later. */
    bool (*listens)(struct room_operator *op);
    void (*heard)(struct room_operator *op, const struct member *from,
                  const struct utterance *utterance);
    /* Something happened. The sentence may hold strangers' text. */
    void (*told)(struct room_operator *op, const char *sentence);
    /* The room takes more of what the operator says; see room_is_ready. */
    void (*drained)(struct room_operator *op);
};

struct room_operator {
    const struct operator_ops *ops;
};

struct room_options {
    enum room_rule rule;
    bool one_peer; /* it is called "peer", comes and goes without notice, and the room ends with
                      it, as it ended */
    bool once;     /* the room ends with its first peer */
    struct member_options member;
    struct tap_file *output;       /* NULL, or also gets what is received */
    struct transcript *transcript; /* NULL, or also hears everything */
};

struct room {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct room_options options;
    struct room_operator *op;
    struct roster roster;
    size_t crowded; /* members whose outbox is */
    bool is_speaking, owes_drained;
    size_t leaving; /* members that are not in the roster any more and not closed yet */
    bool ending;    /* once everybody is gone: */
    bool is_over;   /* the handler is done */
    struct err outcome;
};

/* *room must stay at its address until its handler is done. */
void room_init(struct room *room, uv_loop_t *loop, const struct room_options *options,
               struct room_operator *op);

/* Whether the room takes more of what comes in bulk: a paste, a file. Typed lines it takes always.
 */
bool room_is_ready(const struct room *room);

/* What the operator says to all: a line, without its LF, or text as it is. Returns how many of its
 * characters somebody's charset lacks; of a line that is told. */
uint64_t room_speak(struct room *room, const void *text, size_t n, bool is_line);

/* A line to one. */
void room_speak_to(struct room *room, struct member *member, const void *text, size_t n);

/* The operator takes more again. */
void room_resume(struct room *room);

/* What newcomers may speak, and all who are here. */
void room_set_languages(struct room *room, const struct languages *languages);

/* Puts somebody out. */
void room_remove(struct room *room, struct member *member);

/* The operator says no more: every peer gets our end, and may still speak. */
void room_finish(struct room *room);

/* The operator leaves: every peer gets what is on its way to it, then the handler is done. */
void room_end(struct room *room);
