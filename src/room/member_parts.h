/* SPDX-License-Identifier: GPL-3.0-or-later */
/* member_parts: struct member, its events and options, and what the files that carry out its calls
 * share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/ending.h"
#include "room/inbox.h"
#include "room/message.h"
#include "room/outbox.h"
#include "room/rate.h"
#include "text/confusable.h"

enum {
    MEMBER_NAME = 128,      /* bytes of a name, with the NUL */
    MEMBER_LEAVE_MS = 5000, /* for what is left of a leaving member's outbox */
};

struct member;

enum member_end {
    MEMBER_ENDED,    /* the peer's side, in good order */
    MEMBER_FAILED,   /* err says how */
    MEMBER_TOO_LATE, /* the time of -q is over */
};

#define MEMBER_WAITS UINT64_MAX /* until member_resume */

/* Each may be called from member_resume and from the loop. Within them members may leave. */
struct member_events {
    /* The time until the member may speak: 0, some ms, or MEMBER_WAITS. */
    uint64_t (*delay)(void *owner, struct member *member);
    /* Unframed only; NULL: all. How many of the n offered bytes the member may say now. After 0
     * the member waits if the bytes are a line: an LF is among them, they are INBOX_LINE bytes, or
     * the peer has ended. Else it reads on. */
    size_t (*grants)(void *owner, struct member *member, const unsigned char *bytes, size_t n,
                     bool is_line);
    void (*said)(void *owner, struct member *member, const struct inbound *inbound);
    /* inbound->n bytes of a command were dropped; only with inbox.commands. */
    void (*dropped)(void *owner, struct member *member, const struct inbound *inbound);
    /* The peer says no more; the owner lets the member leave, or keeps it with can_read false:
     * member_resume tells the end again. */
    void (*ended)(void *owner, struct member *member, enum member_end how, const struct err *err);
    /* The loop has written: a set of enum outbox_change. */
    void (*wrote)(void *owner, struct member *member, unsigned changes);
    /* The outbox has been congested for OUTBOX_PATIENCE_MS; again after the same time. */
    void (*stalled)(void *owner, struct member *member);
    /* The stream is about to be closed; after closed() the member is gone. */
    void (*closing)(void *owner, struct member *member);
    void (*closed)(void *owner, struct member *member);
};

struct member_options {
    struct inbox_options inbox;
    struct encoding_list encodings; /* of newcomers; none: bytes stay as they are */
    struct outbox_pool *pool;
    uint64_t idle_ms; /* without traffic the member fails with ERR_TIMEOUT; 0: no limit */
    bool quits;       /* quit_ms counts */
    uint64_t quit_ms; /* the time for the peer's end, once the peer has acknowledged our end */
    bool confirms;    /* a member that leaves is there until it has acknowledged our end */
};

enum member_state { MEMBER_TALKING, MEMBER_LEAVING };

TAILQ_HEAD(member_queue, member);

/* The part of a member that belongs to the room: a group for each file. */
struct seat {
    struct member *next, *previous; /* in the roster */
    /* fanout */
    uint64_t has;         /* the number of the first message of the batch that it has not */
    unsigned char queued; /* in which of the queues that follow */
    unsigned char news;   /* a set of enum fanout_news */
    TAILQ_ENTRY(member) pending, congested, with_news;
    /* roster */
    struct skeletons skeletons; /* of the name */
    char name[MEMBER_NAME];
    /* flow */
    TAILQ_ENTRY(member) waiting;
    struct member_queue *queue; /* NULL, or the one in which it waits */
    unsigned round;             /* of the last call to speak */
    struct rate_peer rate;
    /* room */
    TAILQ_ENTRY(member) leaving;
    uint64_t came_at; /* loop time */
    /* the operator */
    void *own; /* its own part, or NULL */
};

struct member {
    /* The fields of a message to all come first; see fanout. */
    struct outbox outbox;
    uint64_t took_at;    /* loop time at which the peer last took bytes */
    uint64_t active_at;  /* loop time of the last byte either way */
    unsigned char state; /* enum member_state */
    struct seat seat;
    const struct member_options *options;
    const struct member_events *events;
    void *owner;
    struct stream *stream; /* NULL once closed */
    struct inbox inbox;
    uv_timer_t silence; /* ends an open line; and a delay */
    uv_timer_t idle;
    uv_timer_t limit;     /* for a stalled outbox, -q, leaving */
    unsigned char leaves; /* enum stream_close: how the stream is closed once all is written */
    unsigned char timers; /* that the loop holds */
    bool can_read;        /* it may speak now, and is read */
    bool is_pulling;      /* from its inbox, further up the stack */
    struct ending ending; /* of a leaving member; its reason is valid in `closing` */
};

/* "?" once the stream is closed. */
static inline const char *member_address(const struct member *member)
{
    return member->stream ? stream_label(member->stream) : "?";
}
