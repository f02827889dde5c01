/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { BYTES = (TLS_DIGEST - 1) / 2 };

struct tls_digest *digest_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        return (struct tls_digest *)context;
    EVP_MD_CTX_free(context);
    return NULL;
}

void digest_add(struct tls_digest *digest, const void *bytes, size_t n)
{
    EVP_DigestUpdate((EVP_MD_CTX *)digest, bytes, n);
}

void digest_end(struct tls_digest *digest, char text[TLS_DIGEST])
{
    EVP_MD_CTX *context = (EVP_MD_CTX *)digest;
    unsigned char bytes[BYTES] = {0};

    if (text) {
        EVP_DigestFinal_ex(context, bytes, NULL);
        for (size_t i = 0; i < BYTES; i++)
            snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    EVP_MD_CTX_free(context);
}
