/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dial: connects to a host: looks the host up and tries its addresses, within a time, and again
 * where `retries` is set. */
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
    bool retries;        /* tries again and again for retry_ms, from the start on */
    uint64_t retry_ms;
    const char *source;   /* a numeric address to bind, or NULL */
    unsigned source_port; /* 0: any */
    int hops;             /* 0: as the system has it; see net/hops */
    /* NULL, or tells whether this side itself listens at an address, which is left out then. */
    bool (*is_own)(void *owner, const struct endpoint *peer);
    void *owner;
};

struct dial;

/* `stream` is connected and the owner's from now on; NULL and *err: ERR_NETWORK, ERR_TIMEOUT or
 * ERR_USAGE. */
typedef void dial_done(void *owner, struct stream *stream, const struct err *err);

/* -1 and ERR_USAGE: the dial could only fail, before any attempt. */
int dial_check(const struct address *address, const struct dial_options *options, struct err *err);

/* Calls done once, from the loop. *address must live until then. NULL and *err: the dial did not
 * start. */
struct dial *dial_start(uv_loop_t *loop, const struct address *address,
                        const struct dial_options *options, dial_done *done, void *owner,
                        struct err *err);

/* Gives up; done is not called. */
void dial_stop(struct dial *dial);
