/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockopt: the options of connected sockets, and what the system knows about them.
 *
 * Keepalive finds a TCP peer that vanished: after SOCKOPT_ASK_S of silence the system probes the
 * peer, and after SOCKOPT_ASKS probes without an answer the connection fails with "Connection timed
 * out". A peer that is there answers, also one that neither sends nor reads. While data is on its
 * way the system sends that again instead, and gives up by its own rules (Linux: tcp_retries2, some
 * 15 minutes). */
#pragma once

#include <stdbool.h>

#include "net/address.h"

enum {
    SOCKOPT_ASK_S = 60,       /* of silence before the first probe */
    SOCKOPT_ASK_AGAIN_S = 10, /* between two probes, and after the last one */
    SOCKOPT_ASKS = 6,
};

/* No write waits for more, urgent bytes are bytes, TCP has its keepalive, and a close resets. The
 * endpoint is the peer's; for one in this system sockopt_send_unpaced is called, too. `fd` may also
 * be a TCP socket that is to listen at the endpoint. Linux hands all of this down to the
 * connections that it accepts (sk_clone_lock); a unix socket hands nothing down. */
void sockopt_set_up(int fd, const struct endpoint *endpoint);

/* For a peer in this system. No network is on the way, but a congestion control that looks for the
 * speed of one paces the packets by a timer (Linux: BBR). Reno does not. */
void sockopt_send_unpaced(int fd);

/* Sets whether the last bytes of a write, less than a segment, go at once also while others are on
 * their way (TCP_NODELAY); they go now if so. */
void sockopt_send_tails(int fd, bool at_once);

/* From now on the system receives `bytes` bytes ahead of the reader, or more if it sees fit, as far
 * as it allows (Linux: SO_RCVLOWAT, tcp_rmem). By itself it makes room for what comes within a
 * round trip. A peer of this system sends what there is room for, so that the room stays small. */
void sockopt_receive_ahead(int fd, int bytes);

/* Sets whether the system resets the connection when `fd` is closed, for whatever reason. Unix
 * sockets cannot be reset. */
void sockopt_reset_on_close(int fd, bool resets);

/* From now on a write takes no more while `bytes` bytes have not been sent (TCP_NOTSENT_LOWAT). */
void sockopt_limit_unsent(int fd, int bytes);

/* The error (errno) that the system has not told yet, and which it tells once; 0: none. */
int sockopt_error(int fd);

/* Bytes that were sent and that the peer's system has not acknowledged, or with a unix socket, that
 * the peer has not read. Our end counts as one. */
int sockopt_unacknowledged(int fd);
