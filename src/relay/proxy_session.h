/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy_session: the handler that gives each connection another end, a program of its own or a
 * connection to another address, and passes on both ways what comes.
 *
 * Many at once, each by itself: what ends one of them is said with the peer's name and touches no
 * other. The peer is not read before its other end is there; where there is none it gets a reset.
 * The idle time also bounds the way there, and a peer that is reset meanwhile ends that. One that
 * has only said its last word, as of a pipe that is at its end, may still want an answer.
 * A peer that a listener let in keeps its place until its other end is closed, and its program has
 * ended (see places).
 * An end that failed is passed on as a failure: the program is asked to end, the address gets a
 * reset. So does the peer of a program that a signal has ended.
 * With only one connection, a program that fails makes the handler fail (ERR_PROGRAM);
 * one that runs on after its connection is waited for, PROCESS_WAIT_MS at most. */
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
    const char *command; /* of a program; how it is read says os/spawn */
    bool shell;
    const char *const *hidden; /* variables that it does not get, up to NULL; may be NULL */
    rlim_t files;              /* its soft limit of open files; 0: as ours */
    bool ignores_hangup;       /* SIGHUP is ignored by it, whatever we do about it */
    /* The address of this side of a connection, for the program; -1: unknown. NULL: always so. */
    int (*local)(const struct stream *peer, struct endpoint *local);
    /* How far a connection may be passed on, 1: not any more (net/hops). NULL: any distance. */
    int (*hops_left)(const struct stream *peer);
    struct address forward;
    struct dial_options dial;      /* its timeout is PROXY_SESSION_DIAL_MS, or the idle time */
    struct charset *peer, *other;  /* what is spoken; both NULL: bytes stay as they are */
    struct text_options text;      /* `eol` is for what goes to the peer */
    struct transcript *transcript; /* NULL, or also hears both: the peer as ADDRESS, and as
                                      "the program>ADDRESS" what is said to it */
    struct charset *heard, *utf8;  /* needed with `transcript`: what the peer speaks there */
    struct relay_options relay;    /* without the codecs; the other end is near, the peer far */
    bool once; /* the handler is done with its first connection, as that ended */
};

struct proxy_session {
    struct handler handler; /* its done and owner are the caller's to set */
    uv_loop_t *loop;
    struct proxy_session_options options;
    struct processes processes;
    TAILQ_HEAD(proxy_pairs, proxy_pair) pairs; /* those that live */
    size_t count;
    bool closing; /* nobody else is served; the handler is done with the last one */
    bool is_done;
    struct err outcome; /* of the only one; it waits for what its program comes to */
    bool waits_for_program;
    bool knows_verdict; /* how that ended */
    struct err verdict;
};

/* *proxy session must stay at its address until the loop has ended; what the options point at, too.
 */
void proxy_session_init(struct proxy_session *proxy, uv_loop_t *loop,
                        const struct proxy_session_options *options);

/* Connections that live. */
size_t proxy_session_count(const struct proxy_session *proxy);

/* Both: nobody else is served, and the handler is done, once, when nobody is left; that may be
 * at once. Drain lets them come to their end; stop breaks them off now, for a reason. */
void proxy_session_drain(struct proxy_session *proxy);
void proxy_session_stop(struct proxy_session *proxy, const char *reason);

/* Stops, and calls nobody any more. `all` asks also those programs to end whose connections have
 * ended. As long as the loop then goes on, proxy_session_is_ending says whether there is one that
 * was asked and has not ended. A zeroed struct proxy_session may be given too. */
void proxy_session_end(struct proxy_session *proxy, const char *reason, bool all);
bool proxy_session_is_ending(const struct proxy_session *proxy);

/* The same, kills those, and lets go of the loop, which has to turn once more. */
void proxy_session_fini(struct proxy_session *proxy);
