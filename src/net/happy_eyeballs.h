/* SPDX-License-Identifier: GPL-3.0-or-later */
/* happy_eyeballs: happy eyeballs, which try the addresses of one host. An attempt begins when the
 * one before it has failed or has been silent for 250 ms; the first that connects wins (RFC 8305).
 * There is no deadline: the owner stops it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "io/watch.h"
#include "net/address.h"
#include "net/connect_grant.h"
#include "net/resolve.h"

/* The place that connections are made from; zeroed: any. */
struct source {
    const char *text;         /* a numeric address as written, or NULL; not copied */
    struct endpoint endpoint; /* that address; length 0: any */
    unsigned port;            /* 0: any */
};

struct happy_eyeballs_plan {
    const char *label;   /* of the host, for sentences; not copied */
    const char *address; /* as that label names it; not copied */
    struct source source;
    int hops;                             /* 0: as the system has it; see net/hops */
    const struct connect_grant *connects; /* in place of this process; NULL: it connects itself */
};

/* One of them is called once for each start, from the loop or from within happy_eyeballs_start. */
struct happy_eyeballs_events {
    /* The stream is the owner's from now on; NULL and *err where memory was short. */
    void (*won)(void *owner, struct stream *stream, const struct err *err);
    /* No address is left: ERR_NETWORK, or ERR_LOCAL where this side lacks descriptors or memory.
     * `busy`: a unix listener is there, and its queue is full. */
    void (*lost)(void *owner, const struct err *err, bool busy);
};

struct happy_eyeballs;

/* The states of an attempt; the last three are final. */
enum attempt_state {
    ATTEMPT_NEW,
    ATTEMPT_PENDING, /* connect(2) has no answer yet */
    ATTEMPT_WON,
    ATTEMPT_FAILED,
    ATTEMPT_ABANDONED, /* stopped, or another attempt won */
};

struct attempt {
    struct happy_eyeballs *happy_eyeballs;
    struct endpoint peer;
    struct watch watch;
    int fd; /* valid while PENDING */
    enum attempt_state state;
    bool unsourced; /* the source could not be bound: a failure of this side */
};

struct happy_eyeballs {
    uv_loop_t *loop;
    struct happy_eyeballs_plan plan;
    struct happy_eyeballs_events events;
    void *owner;
    uv_timer_t pace;
    struct attempt attempts[ENDPOINTS_MAX];
    size_t count;   /* addresses of this start */
    size_t begun;   /* attempts that are no longer NEW */
    size_t pending; /* attempts that are PENDING */
    struct err failed;
    bool busy;
    void (*closed)(struct happy_eyeballs *happy_eyeballs);
};

/* Reads source->text into its endpoint. The interface of its zone must be there by now: a confined
 * process knows none. -1: ERR_USAGE, the text is no address; ERR_NETWORK, there is no such
 * interface.
 */
int source_read(struct source *source, struct err *err);

void happy_eyeballs_init(struct happy_eyeballs *happy_eyeballs, uv_loop_t *loop,
                         const struct happy_eyeballs_plan *plan,
                         const struct happy_eyeballs_events *events, void *owner);

/* Starts with the first of at least one address, in the order given but families in turns. Between
 * two starts there must be a turn of the loop. */
void happy_eyeballs_start(struct happy_eyeballs *happy_eyeballs, const struct endpoints *endpoints);

/* Abandons all attempts; no event follows. */
void happy_eyeballs_stop(struct happy_eyeballs *happy_eyeballs);

/* Stops for good; closed() follows from the loop. */
void happy_eyeballs_close(struct happy_eyeballs *happy_eyeballs,
                          void (*closed)(struct happy_eyeballs *happy_eyeballs));
