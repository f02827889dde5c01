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
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "relay/halves.h"

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

/* Whether near, whose pending bytes the caller may take, has neither ended nor failed. After `done`
 * of a relay that `resumes`, unless a local end has failed. */
static inline bool relay_can_resume(const struct relay *relay)
{
    return relay->options.resumes && (relay->is_cut || relay->out.state == RELAY_OPEN);
}

/* Bytes that another relay of near has left pending are written first; takes them over. */
void relay_take_pending(struct relay *relay, const struct chunk *pending);

/* Ends the watching and frees the memory; closed(relay) follows from the loop. To be called before
 * the streams are closed. */
void relay_close(struct relay *relay, void (*closed)(struct relay *relay));
