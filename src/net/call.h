/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call: the calls of the system on the sockets of a conversation, each of which --explain tells.
 *
 * The functions are the system's calls of these names: they return the same, and errno is the
 * system's. Questions about a socket and its other options are not told, so they are called as they
 * are. Without --explain a call costs one branch more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "net/end_order.h"
#include "net/endpoint.h"

/* A stream socket, closed on exec. */
int call_socket(int family, bool blocks);

/* Tells the calls by which somebody else made a listening socket for this side. */
void call_take_over(int fd, const struct endpoint *endpoint, int backlog);

/* Tells those by which somebody else has connected one, or has failed to. */
void call_take_connection(int fd, const struct endpoint *peer, int failed);

/* Sets SO_REUSEADDR, for a bind to this endpoint. */
void call_reuse_address(int fd, const struct endpoint *endpoint);

int call_bind(int fd, const struct endpoint *endpoint);
int call_listen(int fd, int backlog);

/* A non-blocking descriptor, closed on exec, and its peer's address. */
int call_accept(int fd, struct endpoint *peer);

int call_connect(int fd, const struct endpoint *peer);

/* SHUT_RD of a listening socket, and SHUT_WR of a connected one. The order is known before, or
 * END_ORDER_OPEN; it is known after. */
int call_shutdown_read(int fd);
int call_shutdown_write(int fd, enum end_order *order);

void call_close(int fd);

/* These two go on after a signal. A send of one piece is send, one of several is sendmsg; SIGPIPE
 * does not come. */
ssize_t call_recv(int fd, void *bytes, size_t n, int flags);
ssize_t call_send(int fd, const struct iovec *iov, int count);
