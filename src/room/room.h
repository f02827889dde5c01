/* SPDX-License-Identifier: GPL-3.0-or-later */
/* room: many peers and one operator; the mode says who hears whom.
 *
 * The operator is whoever owns the room: a person (ui/console), a pipe or a bot
 * (room/stdio_operator).
 *
 * A peer is congested from more than OUTBOX_CONGESTED bytes in its outbox until it has drained to
 * half of that. The operator's bulk waits while anybody is congested (room_is_ready). A peer that
 * peers hear waits while one of them is congested that took bytes within ROOM_PATIENCE_MS; one that
 * took none is stalled, and holds nobody up. A peer that the operator hears waits while the
 * operator takes no more.
 *
 * Here is who comes and goes and what is said; `turn` has who may speak and who waits, `delivery`
 * what is on its way and who is evicted, `chat` the names and commands, `notice` what the operator
 * is told. They are parts of a room and use its fields. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "io/transcript.h"
#include "net/handler.h"
#include "room/member.h"
#include "room/mode.h"
#include "room/roster.h"

enum { ROOM_PATIENCE_MS = 2000, ROOM_MEMORY = 256 * 1024 * 1024 };

struct room_operator;

struct operator_ops {
    /* Whether it takes more now; if not, it calls flow_resume or
     * flow_resume_soon later. */
    bool (*accepts_input)(struct room_operator *op);
    /* The only member that it hears now; NULL: it hears all. */
    struct member *(*only_member)(struct room_operator *op);
    /* As the members' event, NULL: all. What it does not take waits for flow_resume. */
    size_t (*grants)(struct room_operator *op, struct member *from, const unsigned char *bytes,
                     size_t n, bool is_line);
    void (*heard)(struct room_operator *op, struct member *from, const struct inbound *inbound);
    /* Something happened. The sentence may hold strangers' text. */
    void (*told)(struct room_operator *op, const char *sentence);
    /* The room takes more of what the operator says; see room_is_ready. */
    void (*drained)(struct room_operator *op);
    /* Somebody came or is about to go; NULL: does not matter. */
    void (*joined)(struct room_operator *op, struct member *member);
    void (*left)(struct room_operator *op, struct member *member);
};

struct room_operator {
    const struct operator_ops *ops;
};

struct room_options {
    struct mode mode; /* a row of `modes` */
    bool once;        /* the room ends with its first peer */
    bool commands;    /* peers of a named room have commands */
    double rate;      /* lines a second of one peer of a named room; 0: no limit */
    /* The host of a peer, which the rate counts. NULL: all are of one. */
    void (*host_of)(const struct stream *peer, struct host_key *key);
    size_t limit;              /* bytes of an outbox */
    struct charsets *charsets; /* from which peers may choose */
    struct charset *legacy;    /* the other one of "auto" */
    struct charset *local;     /* what bytes are taken for that nobody converts */
    struct member_options member;
    struct transcript *transcript; /* NULL, or also hears everything */
};

/* Events that are told in sum when they are frequent; see announce_is_told. */
enum traffic { TRAFFIC_JOINED, TRAFFIC_LEFT, TRAFFIC_RENAMED, TRAFFIC_FAILED, TRAFFIC_KINDS };

/* What peers said to peers in this turn of the loop. */
struct flow {
    size_t messages, deliveries, bytes;
};

struct room {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct room_options options;
    struct room_operator *op;
    struct roster roster;
    struct rate rate;
    size_t shown; /* bytes of all that was said, as shown */

    /* turn */
    struct member_queue waiting; /* those that have something to say, the longest first */
    struct member_queue open;    /* the same, but only the beginning of a line: after all others */
    unsigned round;              /* of asking them */
    const struct member *asked;  /* NULL, or whose turn it is */
    struct flow flow;
    uv_timer_t pace;             /* looks again after those that wait */
    uint64_t paced_at;           /* loop time at which that was started */
    uv_idle_t soon;              /* does so in the next turn */
    uv_prepare_t before_waiting; /* ends the turn */

    /* delivery */
    struct member_queue pending;   /* those that are to be written to in this turn */
    struct member_queue congested; /* the one that took something last first */
    struct member_queue marked;    /* to be evicted once all have the message in hand */
    struct outbox_sum sum;
    bool is_delivering, is_drained_untold;
    bool is_heavy;    /* that sum is more than half of what there may be */
    uint64_t took_at; /* loop time at which somebody last took something */

    uv_timer_t second;               /* of the traffic */
    unsigned traffic[TRAFFIC_KINDS]; /* how many of each there were in this second */
    struct member_queue leaving;     /* members that still are to take what is left for them */
    size_t closing; /* members that are not in the roster any more and not freed yet */
    bool ending;    /* once everybody is gone: */
    bool is_over;   /* the handler is done */
    int handles;    /* that the loop holds */
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

/* To all but one (NULL: to all), or to one, as it is; nothing is told. For chat. */
void room_spread(struct room *room, const struct member *except, const void *text, size_t n,
                 bool is_line);
void room_whisper(struct room *room, struct member *member, const void *text, size_t n,
                  bool is_line);

/* Tells the operator. */
__attribute__((format(printf, 2, 3))) void room_tell(struct room *room, const char *format, ...);

static inline bool room_is_chat(const struct room *room)
{
    return room->options.mode.named;
}

/* What newcomers may speak, and all who are here. */
void room_set_encodings(struct room *room, const struct encoding_list *encodings);

/* Lets a slow consumer go, with a reset. */
void room_evict(struct room *room, struct member *member);

/* Puts somebody out; a peer that asked for it just leaves; one that was answered is let go. */
void room_remove(struct room *room, struct member *member);
void room_let_leave(struct room *room, struct member *member);
void room_hang_up(struct room *room, struct member *member);

/* The operator says no more: every peer gets our end, and may still speak. */
void room_finish(struct room *room);

/* Nobody else will come: once all who are here have gone, the handler is done. */
void room_drain(struct room *room);

/* The operator leaves: every peer gets what is on its way to it, then the handler is done. */
void room_end(struct room *room);

/* Breaks all off, for a reason, and the handler is done. */
void room_break(struct room *room, const char *reason);

/* The operator failed: the same, and the handler is told why. */
void room_fail(struct room *room, const struct err *err);

/* Waits no longer for those who leave: they are closed in that way. Says what they did not take. */
void room_abandon(struct room *room, enum stream_close how);
