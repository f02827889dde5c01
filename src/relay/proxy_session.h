/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy_session: the handler that gives each connection another end, a program (--exec) or a
 * connection to another address (--forward), and passes bytes on both ways.
 *
 * Connections do not affect each other: the sentence about the end of one names its peer. The peer
 * is not read before its other end is there, and is reset where there is none. The idle time also
 * bounds the dial, and a reset by the peer ends the dial. The peer's FIN alone does not: the peer
 * of a pipe at its end may still want an answer.
 * An accepted connection keeps its place (net/places) until its other end is closed and its program
 * has ended.
 * The failure of one end is passed on as a failure: the program is asked to end, the address gets a
 * reset. The peer of a program that a signal ended gets a reset too.
 * With only one connection (`once`), a program that fails makes the handler fail (ERR_PROGRAM); the
 * handler waits for a program that outlives its connection, PROCESS_WAIT_MS at most. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/err.h"
#include "io/transcript.h"
#include "net/address.h"
#include "net/dial.h"
#include "net/handler.h"
#include "os/process.h"
#include "relay/relay.h"
#include "text/codec.h"

enum proxy_session_mode { PROXY_SESSION_PROGRAM, PROXY_SESSION_FORWARD };

enum { PROXY_SESSION_DIAL_MS = 10000 };

/* Descriptors of one connection, its socket included. */
enum { PROXY_SESSION_PROGRAM_COSTS = 3, PROXY_SESSION_FORWARD_COSTS = 2 };

struct proxy_session_options {
    enum proxy_session_mode mode;
    const struct spawn *spawn; /* the program, which was granted; must live as long as the loop */
    /* The address of this side of a connection, for the program; -1: unknown. NULL: unknown. */
    int (*local)(const struct stream *peer, struct endpoint *local);
    /* How far a connection may be passed on, 1: not any more (net/hops). NULL: any distance. */
    int (*hops_left)(const struct stream *peer);
    struct address forward;
    struct dial_options dial;      /* its timeout is PROXY_SESSION_DIAL_MS, or the idle time */
    struct charset *peer, *other;  /* the charset of each end; both NULL: bytes pass unconverted */
    struct text_options text;      /* `eol` is for what goes to the peer */
    struct transcript *transcript; /* NULL, or takes down both directions: the peer's as ADDRESS,
                                      the other one's as "OTHER>ADDRESS" */
    struct charset *heard, *utf8;  /* needed with `transcript`, which reads the peer in `heard` */
    struct relay_options relay;    /* without the codecs; the other end is near, the peer far */
    bool once;                     /* the handler is done with its first connection */
};

struct proxy_session {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct proxy_session_options options;
    struct processes processes;
    TAILQ_HEAD(proxy_pairs, proxy_pair) pairs; /* connections that last */
    size_t count;                              /* of the connections that last */
    bool closing; /* no further connection is served; the handler is done with the last one */
    bool is_done;
    struct err outcome;     /* of the only connection, */
    bool waits_for_program; /* which is told once the verdict is known */
    bool knows_verdict;
    struct err verdict; /* of its program */
};

/* *proxy, and everything that the options point at, must stay at its address until the loop has
 * ended. */
void proxy_session_init(struct proxy_session *proxy, uv_loop_t *loop,
                        const struct proxy_session_options *options);

/* Both serve no further connection, and the handler is done, once, when none is left, which may be
 * within the call. Drain lets the connections end; stop breaks them off now, for a reason. */
void proxy_session_drain(struct proxy_session *proxy);
void proxy_session_stop(struct proxy_session *proxy, const char *reason);

/* Stops; the handler is not done. `all` asks also programs to end that outlive their connections.
 * While the loop goes on, proxy_session_is_ending tells whether one of those asked still runs. A
 * zeroed struct proxy_session is allowed. */
void proxy_session_end(struct proxy_session *proxy, const char *reason, bool all);
bool proxy_session_is_ending(const struct proxy_session *proxy);

/* Stops, kills the programs that were asked to end, and lets go of the loop, which has to turn once
 * more. */
void proxy_session_fini(struct proxy_session *proxy);
