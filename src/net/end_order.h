/* SPDX-License-Identifier: GPL-3.0-or-later */
/* end_order: whose end of a connection came first.
 *
 * The end of the peer may come at any moment, also between a question and our own end. So the state
 * of TCP after our end decides (RFC 9293): it is FIN_WAIT, CLOSING or TIME_WAIT for the side that
 * ended first, and LAST_ACK for the other one. A unix socket has no such states. */
#pragma once

enum end_order {
    END_ORDER_OPEN, /* neither has ended */
    END_ORDER_PEER,
    END_ORDER_US,
};

/* Before our end: END_ORDER_PEER once the end of the peer has come, read or not, also a reset;
 * END_ORDER_OPEN until then. */
enum end_order end_order_before(int fd);

/* Right after our end, where the answer before was END_ORDER_OPEN: END_ORDER_PEER or _US. errno
 * stays. */
enum end_order end_order_after(int fd);
