/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/self_signed.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

enum { DAY = 24 * 60 * 60, DAYS = 3650 }; /* the pin counts, not the dates */

static bool set_serial(X509 *certificate)
{
    uint64_t serial;

    return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1);
}

static bool set_dates(X509 *certificate)
{
    return X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), (long)DAYS * DAY);
}

static bool set_name(X509 *certificate)
{
    X509_NAME *name = X509_get_subject_name(certificate);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"tcpchat",
                                      -1, -1, 0) &&
           X509_set_issuer_name(certificate, name);
}

static bool add_extension(X509 *certificate, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool is_added;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    is_added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
           set_dates(certificate) && set_name(certificate) && X509_set_pubkey(certificate, key) &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_alt_name, "DNS:tcpchat") &&
           X509_sign(certificate, key, EVP_sha256());
}

int self_signed_use(SSL_CTX *ctx, struct err *err)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    bool is_used = key && certificate && fill(certificate, key) &&
                   SSL_CTX_use_certificate(ctx, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(ctx, key) == 1;

    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_used ? 0 : err_set(err, ERR_LOCAL, "OpenSSL cannot make a certificate on P-256");
}
