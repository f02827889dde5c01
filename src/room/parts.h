/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts: struct room, which holds the parts of a room, and the interface of its operator. dispatch
 * and room have the functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "io/transcript.h"
#include "net/handler.h"
#include "room/announce.h"
#include "room/chat.h"
#include "room/effects.h"
#include "room/fanout.h"
#include "room/far_room.h"
#include "room/flow.h"
#include "room/member.h"
#include "room/mode.h"
#include "room/roster.h"

struct room_operator;

struct operator_ops {
    bool has_commands; /* the operator is a person, who has /encoding */
    /* Whether it takes more now; if not, it calls room_resume or room_resume_soon later. */
    bool (*accepts_input)(struct room_operator *op);
    /* The only member whose words it takes now; NULL: it takes all. */
    struct member *(*only_member)(struct room_operator *op);
    /* As the members' event, NULL: all. Bytes that it does not take wait for room_resume. */
    size_t (*grants)(struct room_operator *op, struct member *from, const unsigned char *bytes,
                     size_t n, bool is_line);
    /* Whether it accepts words of this member now; if not, it calls member_resume later. NULL: yes.
     */
    bool (*accepts_from)(struct room_operator *op, const struct member *member);
    /* Also an INBOUND_READ, with inbox.tells_reads. */
    void (*heard)(struct room_operator *op, struct member *from, const struct inbound *inbound);
    /* A peer has ended in good order. True: the operator keeps the member, with can_read false, or
     * has let it go. NULL: the member goes. */
    bool (*ended)(struct room_operator *op, struct member *member);
    /* A write to a peer has failed; its last words, and the failure, are still to be read. NULL:
     * does not matter. */
    void (*broken)(struct room_operator *op, struct member *member);
    /* Something happened. The sentence may hold strangers' text. False: it is not shown here. */
    bool (*told)(struct room_operator *op, const char *sentence);
    /* The room takes more of what the operator says; see room_is_ready. */
    void (*drained)(struct room_operator *op);
    /* A member has gone without `lines` lines of the operator. NULL: the operator does not count
     * them. */
    void (*lost)(struct room_operator *op, const struct member *member, size_t lines);
    /* A member came or is about to go; NULL: does not matter. */
    void (*joined)(struct room_operator *op, struct member *member);
    void (*left)(struct room_operator *op, struct member *member);
};

struct room_operator {
    const struct operator_ops *ops;
};

static inline bool operator_accepts_from(struct room_operator *op, const struct member *member)
{
    return !op->ops->accepts_from || op->ops->accepts_from(op, member);
}

struct room_options {
    struct mode mode; /* a row of `modes` */
    bool once;        /* the room ends with its first peer */
    bool commands;    /* peers of a named room have commands */
    bool unattended;  /* the operator of a named room is nobody, see room_lose_operator */
    double rate;      /* lines a second of one peer of a named room; 0: no limit */
    /* The host of a peer, which the rate counts. NULL: all are of one. */
    void (*host_of)(const struct stream *peer, struct host_key *key);
    size_t limit, congested;   /* bytes of an outbox: a slow consumer has more; see outbox_pool */
    struct charsets *charsets; /* a peer may choose one of these */
    struct encoding_legacy legacy; /* the charset beside UTF-8 in "auto" */
    struct charset *local;         /* in which the transcript reads bytes that stay as they are */
    struct member_options member;
    bool says_endings;             /* the operator reads the sentences of net/ending */
    struct transcript *transcript; /* NULL, or gets all messages and notices */
};

struct room {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct room_options options;
    struct room_operator *op;
    struct roster roster;
    struct fanout fanout;
    struct flow flow;
    struct effects effects;
    struct announce announce;
    struct chat chat;            /* of a named room */
    struct far_room far;         /* of a room for one peer */
    uint64_t own_lines;          /* lines of the operator so far; the number of the last one */
    bool says_line;              /* the operator says it now */
    uint64_t lacking;            /* characters of the operator that a charset lacked, all in all */
    struct member_queue leaving; /* members that leave when their outboxes are empty */
    size_t closing;              /* members that have left the roster and are not freed yet */
    bool is_settling;            /* it takes the news of the fanout, further up the stack */
    bool is_finished;            /* the operator says no more */
    bool ending;                 /* the room is done once it is empty */
    bool is_over;                /* the handler is done */
    int handles;                 /* that the loop holds */
    bool has_lost;               /* words, by a failure of this system, and no person is told */
    struct err outcome;
};

/* They are told of words that were lost, by a person's screen or by a log. Others would take a gap
 * for the whole, and the run for one that did all right. */
static inline bool room_is_for_people(const struct room *room)
{
    return room->options.mode.named || room->op->ops->has_commands;
}
