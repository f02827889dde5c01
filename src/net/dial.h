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
#include "net/happy_eyeballs.h"
#include "net/resolve.h"
#include "net/transport.h"

struct dial_options {
    int family;          /* AF_UNSPEC, AF_INET or AF_INET6 */
    bool numeric;        /* names are refused */
    uint64_t timeout_ms; /* for the look-up and all addresses together; 0: without limit */
    bool retries;        /* tries again and again for retry_ms, from the start on */
    uint64_t retry_ms;
    const struct helper_grant *lookup;    /* of the host, or of the proxy; see net/resolve */
    const struct connect_grant *connects; /* to a unix socket; NULL: this process itself does */
    struct source source;
    int hops;                        /* 0: as the system has it; see net/hops */
    struct transport_plan transport; /* of the connection; -w and --retry count for it as well */
    /* NULL, or the proxy on the way, which is looked up and called in the address's place. A step
     * of the transport asks it for the address. */
    const struct address *proxy;
    /* NULL, or tells whether this side itself listens at an address, which is left out then. */
    bool (*is_own)(void *owner, const struct endpoint *peer);
    /* NULL, or called when a connection stands, before anything of it is read. -1 and *err end the
     * dial. */
    int (*stands)(void *owner, struct err *err);
    void *owner;
};

struct dial;

/* `stream` is through its transport and the owner's from now on; NULL and *err: ERR_NETWORK,
 * ERR_TIMEOUT, ERR_USAGE, or the transport's. Only the first two are tried again. */
typedef void dial_done(void *owner, struct stream *stream, const struct err *err);

/* The query of a dial. */
struct resolve_query dial_query(const struct address *address, const struct dial_options *options);

/* -1 and ERR_USAGE: the dial could only fail, before any attempt. */
int dial_check(const struct address *address, const struct dial_options *options, struct err *err);

/* "HOST:PORT", or "HOST:PORT through PROXY", for sentences. */
enum { DIAL_LABEL = 2 * ADDRESS_LABEL };
void dial_label(const struct address *address, const struct address *proxy, char label[DIAL_LABEL]);

/* Calls done once, from the loop. *address and *proxy must live until then. NULL and *err: the dial
 * did not start. */
struct dial *dial_start(uv_loop_t *loop, const struct address *address,
                        const struct dial_options *options, dial_done *done, void *owner,
                        struct err *err);

/* Gives up; done is not called. */
void dial_stop(struct dial *dial);
