/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relay: two ends, two halves: each half moves bytes from one end to the other, by itself.
 *
 * A half holds at most one chunk (of memory CHUNK bytes, CHUNK_BULK of bulk, or what CHUNK bytes
 * are converted to; of a pipe SPLICE_CHUNK) and reads no more before that is written. So a blocked
 * end never stops the other direction, and memory is bounded.
 *
 * `near` is the local end, `far` the peer. The relay owns neither: its owner closes both after
 * `done`, which the loop calls once, when both halves have closed or nothing more can be achieved.
 * relay_close before that ends the relay without `done`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "relay/chunk.h"
#include "relay/conversion.h"

enum { RELAY_SILENCE_MS = 2000 };

enum relay_end {
    RELAY_BOTH_ENDED, /* both directions came to their end */
    RELAY_PEER_GONE,  /* far hung up, in good order, before near ended */
    RELAY_QUIT,       /* quit_ms ran out */
    RELAY_IDLE,       /* idle_ms ran out */
    RELAY_FAILED,
};

typedef void relay_done(void *owner, enum relay_end end, const struct err *err);

struct relay_options {
    struct conversion *outward, *inward; /* near to far, far to near; NULL: bytes stay */
    bool no_shutdown;                    /* near's end is not passed on to far */
    bool near_follows;                   /* far's end is also near's end */
    bool ends_with_far; /* the same; quit_ms then bounds the sending of pending bytes */
    bool quits;         /* once far has acknowledged near's end, */
    uint64_t quit_ms;   /* longest wait for far's end */
    uint64_t idle_ms;   /* 0: without limit */
    /* NULL, or called with the relay's owner, once: far has ended, and since then near has sent
     * nothing for RELAY_SILENCE_MS and has not ended. */
    void (*waits)(void *owner);
};

/* The states of a half; see the table on top of relay.c. */
enum relay_state { RELAY_OPEN, RELAY_DRAIN, RELAY_CLOSED };

struct relay_half {
    struct stream *from, *to;
    struct conversion *conversion;
    enum relay_state state;
    bool passes_end;      /* `to` is finished after the end of `from` */
    struct chunk pending; /* read and converted, not written yet */
    uint64_t received;    /* bytes read from `from` */
    uint64_t sent;        /* bytes written to `to` */
    struct err stopped;   /* by the codec: the relay ends once `pending` is written */
};

static inline bool relay_half_wants_to_read(const struct relay_half *half)
{
    return half->state == RELAY_OPEN && !chunk_length(&half->pending);
}

static inline bool relay_half_wants_to_write(const struct relay_half *half)
{
    return chunk_length(&half->pending) || half->state == RELAY_DRAIN;
}

struct relay {
    struct relay_options options;
    struct relay_half out, in; /* near to far, far to near */
    unsigned char *raw;        /* CHUNK bytes, read from an end and not converted yet */
    uv_timer_t quit, idle, silence;
    uint64_t active_at; /* loop time of the last byte moved */
    struct err failed;  /* the first failure of a peer */
    bool far_first;     /* far ended before near */
    bool peer_gone;
    bool ended;
    int timers; /* that the loop holds */
    relay_done *done;
    void *owner;
    void (*closed)(struct relay *relay);
};

/* Sets the callbacks of both streams and starts. -1 and *err: the relay has not started. It must
 * stay at its address until the callback of relay_close. */
int relay_start(struct relay *relay, uv_loop_t *loop, struct stream *near, struct stream *far,
                const struct relay_options *options, relay_done *done, void *owner,
                struct err *err);

/* Whether all bytes of near, to its end, were written to far. */
static inline bool relay_has_sent_all(const struct relay *relay)
{
    return relay->out.state != RELAY_OPEN && !chunk_length(&relay->out.pending);
}

/* Ends the watching and frees the memory; closed(relay) follows from the loop. To be called before
 * the streams are closed. */
void relay_close(struct relay *relay, void (*closed)(struct relay *relay));
