/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_stream: a stream that speaks TLS over another stream.
 *
 * Half-close is close_notify and then the inner stream's finish. The end of reading without
 * close_notify is a failure (ERR_SECURITY), never a normal end: anybody on the way can forge a FIN.
 * Bytes that came before it are given first.
 *
 * close LINGER sends the close_notify and then lingers inside; close BREAK sends what is pending
 * and breaks inside, without close_notify; close ABORT aborts inside at once. After a failure of
 * TLS itself an alert tells the peer, so that each of them lingers.
 *
 * A peer that has ended and has all data may be gone before our close_notify arrives there: finish
 * succeeds then, and check fails with ERR_NONE. */
#pragma once

#include <uv.h>

#include "io/stream.h"
#include "tls/module.h"

/* Around `inner`, which is closed with it. NULL and *err: memory was short, `inner` is still the
 * caller's. */
struct stream *tls_stream_new(uv_loop_t *loop, const struct tls_module *module,
                              const struct tls_context *context, struct stream *inner,
                              struct err *err);

/* Goes on as far as bytes allow, before the first read or write. 0: done; STREAM_IN: the call is
 * worth repeating then; STREAM_FAIL and *err, which names the peer. */
int tls_stream_handshake(struct stream *stream, struct err *err);

/* The outcome of the handshake, whatever streams are around this one; false: there is no TLS. */
bool tls_stream_describe(const struct stream *stream, struct tls_facts *facts);
