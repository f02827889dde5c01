/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dial: connects to a host: looks it up and tries its addresses, in time, and again where it is
 * told to retry. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "net/address.h"

struct dial_options {
    int family;          /* AF_UNSPEC, AF_INET or AF_INET6 */
    bool numeric;        /* names are refused */
    uint64_t timeout_ms; /* for the look-up and all addresses together; 0: without limit */
    bool retries;        /* go on trying for retry_ms, from the start on */
    uint64_t retry_ms;
    const char *source;   /* a numeric address to bind, or NULL */
    unsigned source_port; /* 0: any */
    int hops;             /* 0: as the system has it; see net/hops */
    /* NULL, or says which addresses this side itself listens at; they are left out. */
    bool (*is_own)(void *owner, const struct endpoint *peer);
    void *owner;
};

struct dial;

/* stream: connected, now the owner's; or NULL and why: ERR_NETWORK, ERR_TIMEOUT, ERR_USAGE. */
typedef void dial_done(void *owner, struct stream *stream, const struct err *err);

/* What is known to be wrong before anything is tried: -1 and ERR_USAGE. */
int dial_check(const struct address *address, const struct dial_options *options, struct err *err);

/* Calls done once, from the loop. *address must live until then. NULL and *err: nothing started. */
struct dial *dial_start(uv_loop_t *loop, const struct address *address,
                        const struct dial_options *options, dial_done *done, void *owner,
                        struct err *err);

/* Gives up before that: done is not called. */
void dial_stop(struct dial *dial);
