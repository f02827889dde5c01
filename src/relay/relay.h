/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relay: two ends, two halves: what one end gives goes to the other, each way by itself.
 *
 * A half holds at most one chunk (RELAY_CHUNK bytes, or what a codec makes of it) and reads no more
 * before that is written, so a blocked end never stops the other direction, and memory is flat.
 *
 * `near` is the local end, `far` the peer. The relay owns neither: its owner closes both after
 * `done`, which is called once, from the loop, when both halves have closed or nothing more can be
 * achieved. relay_close before that ends it without calling done. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/stream.h"
#include "text/codec.h"

enum { RELAY_CHUNK = 128 * 1024, RELAY_SILENCE_MS = 2000 };

enum relay_end {
    RELAY_BOTH_ENDED, /* both directions came to their end */
    RELAY_PEER_GONE,  /* the peer hung up, in good order, before our input ended */
    RELAY_QUIT,       /* the wait for the peer after our input's end ran out */
    RELAY_IDLE,       /* nothing happened for too long */
    RELAY_FAILED,
};

typedef void relay_done(void *owner, enum relay_end end, const struct err *err);

struct relay_options {
    struct codec *outward, *inward; /* near to far, far to near; NULL: bytes as they are */
    bool no_shutdown;               /* near's end is not passed on to far */
    bool near_follows;              /* far's end is also near's end */
    bool ends_with_far;             /* the same; then `quit_ms` is for what was read of near */
    bool quits;                     /* once far has acknowledged near's end: */
    uint64_t quit_ms;               /* wait so long for the peer's end */
    uint64_t idle_ms;               /* 0: without limit */
    /* NULL, or called with the relay's owner, once: far has ended, and near has neither said
     * anything for RELAY_SILENCE_MS since nor ended. */
    void (*waits)(void *owner);
};

/* The states of a half; see the table on top of relay.c. */
enum relay_state { RELAY_OPEN, RELAY_DRAIN, RELAY_CLOSED };

struct relay_half {
    struct stream *from, *to;
    struct codec *codec;
    enum relay_state state;
    bool passes_end;    /* the end of `from` is told to `to` */
    struct buf pending; /* read and converted, not written yet */
    uint64_t received;  /* bytes read from `from` */
    uint64_t sent;      /* bytes written to `to` */
    struct err stopped; /* by the codec: all ends once what precedes is written */
};

struct relay {
    struct relay_options options;
    struct relay_half out, in; /* near to far, far to near */
    unsigned char *chunk;      /* room for a read that a codec then converts */
    uv_timer_t quit, idle, silence;
    uint64_t active_at; /* loop time of the last byte moved */
    struct err failed;  /* of the peer; the first one counts */
    bool far_first;     /* far's end came before near's */
    bool peer_gone;
    bool ended;
    int timers; /* that the loop holds */
    relay_done *done;
    void *owner;
    void (*closed)(struct relay *relay);
};

/* Takes over both streams' callbacks and starts. -1 and *err: nothing was started. The relay must
 * stay at its address until relay_close's callback. */
int relay_start(struct relay *relay, uv_loop_t *loop, struct stream *near, struct stream *far,
                const struct relay_options *options, relay_done *done, void *owner,
                struct err *err);

/* Whether far was given all that near has said, to its end. */
static inline bool relay_has_sent_all(const struct relay *relay)
{
    return relay->out.state != RELAY_OPEN && !buf_length(&relay->out.pending);
}

/* Ends the watching and gives the memory back; closed(relay) follows from the loop. Before the
 * streams are closed. */
void relay_close(struct relay *relay, void (*closed)(struct relay *relay));
