/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_session: one conversation of TLS, from bytes to bytes. See tls/module. */
#pragma once

#include <openssl/ssl.h>

#include "tls/module.h"

struct tls_session *tls_session_new(const struct tls_context *context, const struct tls_io *io,
                                    struct err *err);
int tls_session_handshake(struct tls_session *session, struct err *err);
ssize_t tls_session_read(struct tls_session *session, void *bytes, size_t n, struct err *err);
int tls_session_write(struct tls_session *session, const void *bytes, size_t n, struct err *err);
void tls_session_finish(struct tls_session *session);
bool tls_session_holds(const struct tls_session *session);
void tls_session_describe(const struct tls_session *session, struct tls_facts *facts);
void tls_session_free(struct tls_session *session);
