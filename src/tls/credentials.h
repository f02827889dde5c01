/* SPDX-License-Identifier: GPL-3.0-or-later */
/* credentials: the certificate and the key of this side.
 *
 * A key never leaves the process: no core file is written once a key is there, and the text of its
 * file is wiped. An encrypted key is refused, because a passphrase would have to be given to a
 * daemon, too. */
#pragma once

#include <openssl/ssl.h>

#include "tls/module.h"

/* Takes the files of the rules, or makes a certificate of one key for this run, where this side
 * listens. Fills pin, is_made and warning of *context. -1 and *err: ERR_LOCAL or ERR_USAGE. */
int credentials_use(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                    struct err *err);
