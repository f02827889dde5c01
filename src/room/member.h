/* SPDX-License-Identifier: GPL-3.0-or-later */
/* member: a peer in a room: what it says comes out as messages in UTF-8, what it is to hear waits
 * in its outbox.
 *
 *     state     reads   writes                              leaves it
 *     --------  ------  ----------------------------------  ---------------------------------------
 *     TALKING   yes     the outbox; the end once asked for  the peer's end or failure, member_leave
 *     LEAVING   no      what is left in the outbox          all is written, or it takes too long
 *
 * The room owns its members; a member that has left is freed by the loop, after closed(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/ending.h"
#include "room/message.h"
#include "room/mode.h"
#include "room/outbox.h"
#include "room/rate.h"
#include "text/confusable.h"
#include "text/encoding.h"
#include "text/framer.h"

enum {
    MEMBER_NAME = 128, /* bytes of a name, with the NUL */
    MEMBER_LINE = 8192 /* a line that is longer becomes several messages */
};

struct member;

/* In a room for people: said to all, done (/me), or said to the operator alone (/msg). */
enum inbound_kind { INBOUND_SAID, INBOUND_DONE, INBOUND_WHISPERED };

/* One message of a member. */
struct inbound {
    const char *text; /* UTF-8, or bytes as they are where it speaks nothing in particular */
    size_t n;
    bool is_whole;  /* it ended at a line end */
    bool continues; /* it is a further piece of a line that was too long */
    bool replaced;  /* something in it was not valid */
    enum inbound_kind kind;
    struct charset *charset; /* NULL, or: what it was decoded from, */
    struct line wire;        /* these bytes */
};

/* Why a command is not obeyed, or the rest of one is not heard. */
enum member_drop {
    DROP_TOO_LONG, /* it is longer than MEMBER_LINE */
    DROP_TOO_SLOW, /* it had no end within line_ms */
    DROP_REST,     /* further bytes of a dropped one, or one that was broken off */
};

enum member_end {
    MEMBER_ENDED,    /* its side, in good order */
    MEMBER_FAILED,   /* err says how */
    MEMBER_TOO_LATE, /* -q is over */
};

#define MEMBER_WAITS UINT64_MAX /* until member_resume */

/* Each may be called from member_resume and from the loop; within them members may leave. */
struct member_events {
    /* How long it has to wait before it is heard: 0, so many ms, or MEMBER_WAITS. */
    uint64_t (*delay)(void *owner, struct member *member);
    /* BYTES only; NULL: all. How many of these n bytes may be said now; 0: it waits, and is read on
     * until they are a line: an LF is among them, they are MEMBER_LINE, or the peer has ended. */
    size_t (*grants)(void *owner, struct member *member, const unsigned char *bytes, size_t n,
                     bool is_line);
    void (*said)(void *owner, struct member *member, const struct inbound *inbound);
    /* A command, or a piece of one, of n bytes was dropped; only with `commands`. */
    void (*dropped)(void *owner, struct member *member, enum member_drop why, size_t n);
    /* Nothing more comes from it; the owner lets it leave. */
    void (*ended)(void *owner, struct member *member, enum member_end how, const struct err *err);
    /* There is something to be written: member_flush, once it has all that it is to hear now. */
    void (*pending)(void *owner, struct member *member);
    /* It took some of its outbox. */
    void (*took)(void *owner, struct member *member);
    /* It takes nothing now and its outbox is congested; it has drained to half of that. */
    void (*congested)(void *owner, struct member *member);
    void (*drained)(void *owner, struct member *member);
    /* It has been congested for OUTBOX_PATIENCE_MS; told again after the same time. */
    void (*stalled)(void *owner, struct member *member);
    /* Its stream is about to be closed; after closed() it is gone. */
    void (*closing)(void *owner, struct member *member);
    void (*closed)(void *owner, struct member *member);
};

struct member_options {
    struct encoding_list encodings; /* what newcomers may speak; none: bytes stay as they are */
    struct charset *utf8;
    enum codec_bad bad;
    bool checks; /* text is checked also between a charset and itself */
    bool crlf;
    const struct mode *mode; /* framed, drops_bom, silence_ms, line_ms; the room's to set */
    struct outbox_sum *sum;
    size_t congested; /* an outbox with more bytes */
    size_t read_most; /* bytes that are read at once; 0: any */
    bool commands;    /* silence ends no message that begins with a slash; the room's to set */
    uint64_t idle_ms; /* without traffic: ended, ERR_TIMEOUT; 0: no limit */
    bool quits;       /* once the peer has acknowledged our end: */
    uint64_t quit_ms; /* wait so long for its end */
};

enum member_state { MEMBER_TALKING, MEMBER_LEAVING };

/* The next bytes are: a line, more of one that was said in part, or more of a dropped command. */
enum member_line { LINE_BEGINS, LINE_GOES_ON, LINE_DROPPED };

TAILQ_HEAD(member_queue, member);

/* What the room keeps of each member. */
struct seat {
    struct member *next, *previous; /* in the roster */
    char *key;                      /* of its name; see name_key */
    struct skeletons skeletons;     /* of its name */
    TAILQ_ENTRY(member) pending, waiting, congested, marked, leaving;
    bool is_pending;            /* to be flushed */
    struct member_queue *queue; /* NULL, or in which it waits to be heard */
    bool is_marked;             /* about to be evicted */
    unsigned round;             /* in which it was last asked to speak */
    bool told_replaced;         /* it was said that its text is not valid */
    struct ending ending;       /* of one that leaves; its reason is valid while it is told */
    uint64_t came_at;           /* loop time */
    struct rate_peer rate;
    char name[MEMBER_NAME];
};

struct member {
    struct seat seat; /* the owner's */
    const struct member_options *options;
    const struct member_events *events;
    void *owner;
    struct stream *stream;
    enum member_state state;
    struct framer framer;
    struct encoding encoding;
    struct outbox outbox;
    uv_timer_t silence, idle;
    uv_timer_t limit; /* for what is late: a congested outbox, -q, leaving */
    int timers;       /* that the loop holds */
    bool begun;       /* something was said */
    enum member_line line;
    uint64_t opened_at;       /* loop time at which the open line began; 0: none is open */
    bool paused;              /* it may not speak now, and is not read */
    bool write_closed;        /* it takes nothing any more; what it said before may still come */
    bool is_blocked;          /* it took no more when last written to */
    bool is_congested;        /* then, and too much was left; until half of that is */
    bool finishing;           /* our end is to follow what is in the outbox */
    bool finished;            /* and was acknowledged */
    enum stream_close leaves; /* how the stream is closed once all is written */
    uint64_t received;        /* bytes */
    uint64_t took_at;         /* loop time at which the peer last took something */
    uint64_t active_at;       /* loop time of the last byte either way */
};

/* Takes over the stream and begins to listen to it. *options must outlive the member. NULL and
 * *err: the stream is closed. */
MUST_CHECK struct member *member_new(uv_loop_t *loop, struct stream *stream,
                                     const struct member_options *options,
                                     const struct member_events *events, void *owner,
                                     struct err *err);

const char *member_address(const struct member *member);

/* Whether its bytes stay as they are. */
static inline bool member_is_raw(const struct member *member)
{
    return !member->encoding.encodings.first;
}

/* The form in which this member would get the message, as it speaks now. NULL without memory. */
MUST_CHECK const struct form *member_form(const struct member *member, struct message *message);

/* Queues the message; `pending` is told where the loop does not know that it is to be written. -1
 * without memory. */
MUST_CHECK int member_hear(struct member *member, struct message *message);

/* Writes what goes now. A failure is told by `ended`, from the loop. */
void member_flush(struct member *member);

/* It may speak again. */
void member_resume(struct member *member);

/* Our end, after what is in the outbox. */
void member_finish(struct member *member);

/* Sets what it may speak; what was found out is forgotten. */
void member_set_encodings(struct member *member, const struct encoding_list *encodings);

/* Stops listening; writes what is left, where that is not STREAM_ABORT, and closes. */
void member_leave(struct member *member, enum stream_close how);

/* The same of one that leaves: what is left is dropped. */
void member_close(struct member *member, enum stream_close how);

/* For its speaker: the loop looks for what is to be done next; nothing more will be said. */
void member_watch(struct member *member);
void member_end(struct member *member, enum member_end how, const struct err *err);
