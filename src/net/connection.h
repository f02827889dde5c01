/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection: a connected TCP or unix socket as a stream.
 *
 * Failures are ERR_NETWORK sentences that name the peer. A failed write does not end the reading:
 * read gives all bytes that have arrived, and then the failure instead of a clean end. A peer that
 * is still there, and cannot be written to, fails as soon as it has no byte to be read.
 * finish sends the FIN and is done once the peer has acknowledged everything, so that finish
 * notices a peer that was gone already.
 *
 * A FIN tells the peer that the data is complete, also the FIN that the system sends for a killed
 * process. So the system resets every TCP socket here when it is closed (SO_LINGER of 0 s), from
 * its first byte until finish or close LINGER. After the FIN a reset would destroy data that is
 * still on its way.
 *
 * close LINGER sends the FIN. If data was written and the peer has not ended, it first reads
 * input away until everything sent is acknowledged (or 5 s have passed): a close with unread input
 * would send a reset. close BREAK waits for the same acknowledgement and then resets; close ABORT
 * resets at once.
 *
 * A connection that fails after the peer's end, when all data is acknowledged, has come to its
 * regular end: check fails with ERR_NONE then, and finish succeeds.
 *
 * A TCP peer that vanished is found by keepalive (net/sockopt). */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/address.h"

/* Owns a connected, non-blocking descriptor from now on, which has its options (sockopt_set_up),
 * and is labelled after `peer`. `told` is an error (errno) of the socket that the system has told
 * already and will not tell again, or 0. NULL and *err: the descriptor is closed. */
struct stream *connection_new(uv_loop_t *loop, int fd, const struct endpoint *peer, int told,
                              struct err *err);

/* Calls closed(owner) once the descriptor is closed, whatever streams are around the socket. */
void connection_on_close(struct stream *stream, void (*closed)(void *owner), void *owner);

/* The owner of connection_on_close, whatever streams are around the socket; NULL: another function
 * than `closed`, or none, is called. */
void *connection_owner(const struct stream *stream, void (*closed)(void *owner));

/* For many writes in a row, of which each adds a short segment: while the connection holds, these
 * wait for the next write, or for an acknowledgement. They go at once when it does not hold any
 * more, and with finish. Whatever streams are around the socket. */
void connection_hold_tails(struct stream *stream, bool holds);

/* Whether this system made it fail, not the peer or the way to it; whatever streams are around the
 * socket. */
bool connection_failed_here(const struct stream *stream);

/* See sockopt_unacknowledged; whatever streams are around the socket. */
int connection_unacknowledged(const struct stream *stream);

/* Whether the end of the peer came before the one of this side, or comes before it. The first
 * answer, at the latest that of our FIN, stays, so that all that is told of the end agrees.
 * Whatever streams are around the socket, of which there has to be one. */
bool connection_peer_was_first(const struct stream *stream);

/* The host of the peer, whatever streams are around the socket, also after a reset; a zeroed key
 * where there is no connection. */
void connection_host(const struct stream *stream, struct host_key *key);

/* From now on the connection has this label, and `host` as the host of its peer; NULL: the host
 * stays. For a connection under the stream whose far end is not the peer. -1 and *err: nothing has
 * changed. */
MUST_CHECK int connection_name(struct stream *stream, const char *label,
                               const struct host_key *host, struct err *err);

/* For net/socket: the socket, or -1 where there is no connection under the stream; and STREAM_FAIL
 * with the sentence of an error (errno) that the system has told of it. */
int connection_fd(const struct stream *stream);
int connection_fail(struct stream *stream, int number, struct err *err);
