/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_context: what all sessions of one side share: versions, certificates, rules. See tls/module.
 */
#pragma once

#include <openssl/ssl.h>

#include "tls/module.h"

struct tls_context *tls_context_new(const struct tls_rules *rules, struct err *err);
void tls_context_free(struct tls_context *context);

SSL_CTX *tls_context_ssl(const struct tls_context *context);
const struct tls_rules *tls_context_rules(const struct tls_context *context);
