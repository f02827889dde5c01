/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self_signed: a certificate for this run, which its pin makes known. It is never on a disk. */
#pragma once

#include <openssl/ssl.h>

#include "base/err.h"

/* Makes a key on P-256 and its certificate. -1 and *err: OpenSSL failed. */
int self_signed_use(SSL_CTX *ctx, struct err *err);
