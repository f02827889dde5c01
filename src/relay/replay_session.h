/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay_session: the handler that plays recorded peers (--replay): each connection gets the next
 * connection of the recording as its other end (io/player).
 *
 * A connection that deviates is broken off, with a sentence that names it, and makes the handler
 * fail (ERR_PROGRAM) once it is done: with its only connection (`once`), or when it is drained. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "io/tape.h"
#include "io/transcript.h"
#include "net/handler.h"
#include "relay/relay.h"
#include "text/charset.h"

struct replay_options {
    struct tape *tape;
    bool paces;
    struct transcript *transcript; /* NULL, or takes down both directions, read in `heard` */
    struct charset *heard, *utf8;  /* needed with `transcript` */
    struct relay_options relay;    /* without the codecs; the player is near, the peer far */
    bool once;
};

struct replay_session {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct replay_options options;
    TAILQ_HEAD(replay_pairs, replay_pair) pairs;
    bool closing, is_done;
    struct err outcome; /* the first failure, which was told */
};

/* *replay, and everything that the options point at, must stay at its address until the loop has
 * ended. */
void replay_session_init(struct replay_session *replay, uv_loop_t *loop,
                         const struct replay_options *options);

/* Both serve no further connection, and the handler is done, once, when none is left, which may be
 * within the call. Drain lets the connections end; stop breaks them off now, for a reason. */
void replay_session_drain(struct replay_session *replay);
void replay_session_stop(struct replay_session *replay, const char *reason);
