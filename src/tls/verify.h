/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify: whether the peer's certificate is to be trusted, and the sentence about one that is not.
 */
#pragma once

#include <openssl/ssl.h>

#include "tls/module.h"

/* Lets the context verify by these rules: the chain, its dates, its use and the server's name (RFC
 * 9525: never the subject, no partial wildcards), or else the pin. -1 and *err: a file or a name
 * cannot be used. */
int verify_set_up(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err);
