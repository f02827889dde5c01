/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/module.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "tls/digest.h"
#include "tls/tls_context.h"
#include "tls/tls_session.h"

/* OpenSSL itself does not look whether its default context could be made. */
static bool begin(void)
{
    return OSSL_LIB_CTX_get0_global_default() && OPENSSL_init_ssl(0, NULL) == 1;
}

__attribute__((visibility("default"))) const struct tls_module tls_module = {
    .begin = begin,
    .context_new = tls_context_new,
    .context_free = tls_context_free,
    .session_new = tls_session_new,
    .handshake = tls_session_handshake,
    .read = tls_session_read,
    .write = tls_session_write,
    .finish = tls_session_finish,
    .holds = tls_session_holds,
    .describe = tls_session_describe,
    .session_free = tls_session_free,
    .digest_new = digest_new,
    .digest_add = digest_add,
    .digest_end = digest_end,
};
