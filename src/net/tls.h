/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls: the handshake of TLS as a step of a transport. It ends with a stream of net/tls_stream. */
#pragma once

#include <uv.h>

#include "net/transport.h"
#include "tls/module.h"

/* Options of many connections. `context` is that of the next ones; nobody keeps it. */
struct tls_options {
    uv_loop_t *loop;
    const struct tls_module *module;
    const struct tls_context *context;
    const char *label; /* of the peer where a proxy is on the way, for the handshake; or NULL */
};

/* A transport_make; `options` is a struct tls_options. With -v the outcome is said. */
struct transport_step *tls_step_new(const void *options, struct err *err);

/* "TLSv1.3, TLS_AES_256_GCM_SHA384, certificate of example.org, pin sha256//..." */
enum { TLS_SENTENCE = 2 * TLS_NAME + 256 };

/* Writes that, made safe to show, whatever streams are around. false: there is no TLS. */
bool tls_describe(const struct stream *stream, char sentence[TLS_SENTENCE]);
