/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection: a connected TCP or unix socket of ours as a stream.
 *
 * Failures are ERR_NETWORK sentences that name the peer. A failed write does not end the reading:
 * all that still can be read is given first, and then the failure instead of a clean end.
 * finish sends the FIN and is done once the far side has acknowledged everything, so that a peer
 * that was gone already is noticed.
 *
 * A FIN says that this was all, also the FIN that the system sends for a killed process. So every
 * TCP socket here is reset when it is closed (SO_LINGER of 0 s) from its first byte on, until
 * finish or close LINGER. After the FIN it never is again: that would destroy what is still on its
 * way.
 *
 * close LINGER sends the FIN. Where something was written and the peer has not ended, it first
 * reads away what arrives until all that was sent is acknowledged (or 5 s have passed): a close
 * with unread input would send a reset. close BREAK waits for the same acknowledgement and then
 * resets; close ABORT resets at once.
 *
 * A connection that fails after the peer's end, when all that was written is acknowledged, has come
 * to its regular end: check fails with ERR_NONE then, and finish succeeds.
 *
 * A TCP peer that vanished without a word is found by keepalive: after CONNECTION_ASK_S of silence
 * the system asks whether it is there, and after CONNECTION_ASKS questions without an answer the
 * connection fails with "Connection timed out". A peer that is there answers, however long it says
 * nothing or takes nothing. While something is on its way to it the system asks by sending that
 * again, and gives up by rules of its own (Linux: tcp_retries2, some 15 minutes). */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "net/address.h"

enum {
    CONNECTION_ASK_S = 60,       /* of silence before the first question */
    CONNECTION_ASK_AGAIN_S = 10, /* between two questions, and behind the last one */
    CONNECTION_ASKS = 6,
};

/* Takes over a connected, non-blocking descriptor and names it after `peer`. `told` is an error
 * (errno) of it that the system has told already and will not tell again, or 0. NULL and *err: the
 * descriptor is closed. */
struct stream *connection_new(uv_loop_t *loop, int fd, const struct endpoint *peer, int told,
                              struct err *err);

/* Whether the system resets the connection of `fd` when it is closed, by whomever. Connections that
 * are accepted have it from their listening socket. Unix sockets cannot. */
void connection_reset_on_close(int fd, bool resets);

/* Calls closed(owner) once the descriptor is given back. */
void connection_on_close(struct stream *stream, void (*closed)(void *owner), void *owner);

/* The owner of that call, whatever is around the socket; NULL: closed() is not what is called. */
void *connection_owner(const struct stream *stream, void (*closed)(void *owner));

/* From now on a write takes no more while so many bytes have not been sent, for whatever the system
 * holds says nothing about the peer. Where `stream` is no TCP socket, nothing changes. */
void connection_limit_unsent(const struct stream *stream, int bytes);

/* The host of the peer, whatever is around the socket, also after a reset; of anything else a
 * zeroed key. */
void connection_host(const struct stream *stream, struct host_key *key);

/* How far the connection may be passed on, whatever is around the socket; see hops_left. */
int connection_hops_left(const struct stream *stream);

/* The address of this side, whatever is around the socket. -1 where there is none, or it is not
 * known any more. */
int connection_local(const struct stream *stream, struct endpoint *local);
