/* SPDX-License-Identifier: GPL-3.0-or-later */
/* halves: the data of a relay: its options, and the two halves, which each move bytes one way. */
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
    bool resumes;       /* far's end, or its failure, ends the relay while near has not ended: near
                           is not finished, and may go on with another far (relay_can_resume) */
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

struct relay {
    struct relay_options options;
    struct relay_half out, in; /* near to far, far to near */
    unsigned char *raw;        /* CHUNK bytes, read from an end and not converted yet */
    uv_timer_t quit, idle, silence;
    uint64_t active_at; /* loop time of the last byte moved */
    struct err failed;  /* the first failure of a peer */
    bool far_first;     /* far ended before near */
    bool peer_gone;
    bool is_cut; /* far is over, and near may resume: near is not read, `pending` stays */
    bool ended;
    int timers; /* that the loop holds */
    relay_done *done;
    void *owner;
    void (*closed)(struct relay *relay);
};

/* Whether nothing passes in this half, and its bytes are for another far (resumes). */
static inline bool halves_rest(const struct relay *relay, const struct relay_half *half)
{
    return relay->is_cut && half == &relay->out;
}

/* Watches both ends for what each half can do next. */
void halves_watch(struct relay *relay);
