/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket: the socket under a stream, whatever streams are around it. Without one, as under a stream
 * of tests, the limits below have no effect. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "net/endpoint.h"

/* Reads up to n bytes (n > 0) and leaves them in the socket; otherwise as stream_read. For the
 * head of a conversation whose end shows only in its bytes: the rest is for another reader. Bytes
 * that lie there already make the socket ready at once: skip them before the next wait. */
ssize_t socket_peek(struct stream *stream, void *bytes, size_t n, struct err *err);

/* Reads n bytes away that socket_peek has seen. 0, or STREAM_FAIL with *err. */
MUST_CHECK int socket_skip(struct stream *stream, size_t n, struct err *err);

/* As sockopt_limit_unsent, because bytes in the system's buffer say nothing about the peer. */
void socket_limit_unsent(const struct stream *stream, int bytes);

/* See sockopt_receive_ahead. */
void socket_receive_ahead(const struct stream *stream, int bytes);

/* How far the connection may be passed on; see hops_left. HOPS_MAX where there is no socket. */
int socket_hops_left(const struct stream *stream);

/* The address of this side. -1: there is no socket, or the address is not known any more. */
int socket_local(const struct stream *stream, struct endpoint *local);
