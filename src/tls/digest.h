/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digest: SHA-256 of bytes that come in pieces (--sum); see tls/module. */
#pragma once

#include "tls/module.h"

struct tls_digest *digest_new(void);
void digest_add(struct tls_digest *digest, const void *bytes, size_t n);
void digest_end(struct tls_digest *digest, char text[TLS_DIGEST]);
