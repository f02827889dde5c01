/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/verify.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "tls/authorities.h"
#include "tls/fault.h"
#include "tls/pem_file.h"
#include "tls/pin.h"

enum { PIN_BITS = 112 }; /* of security: a pinned key is no reason for a weak one */

/* ---- the callback ---- */

static int verify_pin(X509_STORE_CTX *store, const struct tls_rules *rules)
{
    const X509 *certificate = X509_STORE_CTX_get0_cert(store);
    char pin[TLS_PIN] = "";
    int fault = X509_V_OK;

    if (pin_of(certificate, pin) < 0)
        fault = X509_V_ERR_OUT_OF_MEM;
    else if (!pin_is_among(pin, rules->pins))
        fault = X509_V_ERR_CERT_REJECTED;
    else if (EVP_PKEY_get_security_bits(X509_get0_pubkey(certificate)) < PIN_BITS)
        fault = X509_V_ERR_EE_KEY_TOO_SMALL;
    X509_STORE_CTX_set_error(store, fault);
    return fault == X509_V_OK;
}

static int verify(X509_STORE_CTX *store, void *owner)
{
    const struct tls_rules *rules = owner;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    int is_trusted = rules->pins ? verify_pin(store, rules) : X509_verify_cert(store);

    if (is_trusted <= 0 && !rules->insecure)
        fault_describe(store, rules, SSL_get_app_data(ssl));
    return is_trusted > 0;
}

/* ---- what is trusted ---- */

/* One certificate of the file is enough, also where it is no root. */
static int add_authority(SSL_CTX *ctx, BIO *memory)
{
    X509 *certificate = PEM_read_bio_X509_AUX(memory, NULL, NULL, NULL);
    bool is_added = certificate && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), certificate);

    X509_free(certificate);
    return is_added;
}

static int add_crl(SSL_CTX *ctx, BIO *memory)
{
    X509_CRL *list = PEM_read_bio_X509_CRL(memory, NULL, NULL, NULL);
    bool is_added = list && X509_STORE_add_crl(SSL_CTX_get_cert_store(ctx), list);

    X509_CRL_free(list);
    return is_added;
}

static int add_all(SSL_CTX *ctx, const struct pem_file *file, enum pem_kind kind, struct err *err)
{
    BIO *memory = pem_file_open(file);
    unsigned count = 0;

    if (!memory)
        return err_memory(err);
    ERR_clear_error();
    while (kind == PEM_CRL ? add_crl(ctx, memory) : add_authority(ctx, memory))
        count++;
    BIO_free(memory);
    return pem_file_end(file, kind, count, err);
}

static int load(SSL_CTX *ctx, struct opener opener, const char *option, const char *path,
                enum pem_kind kind, struct err *err)
{
    struct pem_file file;
    int result = pem_file_read(&file, opener, option, path, err);

    if (result == 0)
        result = add_all(ctx, &file, kind, err);
    pem_file_fini(&file);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx),
                                kind == PEM_CRL ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL
                                                : X509_V_FLAG_PARTIAL_CHAIN);
    return result;
}

/* OpenSSL would verify no name where it is empty, and take any name below one with a dot in front.
 */
static bool is_host_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";

    return *name && *name != '.' && !name[strspn(name, letters)] && !strstr(name, "..");
}

static int refuse_name(const struct tls_rules *rules, struct err *err)
{
    if (!rules->is_name_given)
        return err_set(err, ERR_USAGE,
                       "'%s' is no name that a certificate has; --tls-name NAME gives the right "
                       "one",
                       rules->name);
    return err_set(err, ERR_USAGE,
                   *rules->name
                       ? N_("--tls-name: '%s' is no name that a certificate has; one is a host "
                            "without a port, or an address without brackets")
                       : N_("--tls-name: '%s' is empty, perhaps a variable that is not set; "
                            "without --tls-name the certificate has to be for HOST"),
                   rules->name);
}

static int expect_name(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    const char *name = rules->name;

    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return 0;
    if (!is_host_name(name))
        return refuse_name(rules, err);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 ? 0 : err_memory(err);
}

static int trust_authorities(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    X509_STORE *store;

    if (rules->pins || rules->insecure)
        return 0;
    if (rules->ca)
        return load(ctx, rules->opener, "--tls-ca", rules->ca, PEM_CERTIFICATE, err);
    store = authorities_of_system();
    if (store)
        SSL_CTX_set1_cert_store(ctx, store);
    return store ? 0 : err_memory(err);
}

static int verify_server(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    if (rules->name && expect_name(ctx, rules, err) < 0)
        return -1;
    SSL_CTX_set_verify(ctx, rules->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    return 0;
}

/* A client chooses its certificate by these names. */
static int name_authorities(SSL_CTX *ctx, struct err *err)
{
    STACK_OF(X509) *all = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(ctx));
    bool are_named = all;

    for (int i = 0; i < sk_X509_num(all) && are_named; i++)
        are_named = SSL_CTX_add_client_CA(ctx, sk_X509_value(all, i)) == 1;
    sk_X509_pop_free(all, X509_free);
    return are_named ? 0 : err_memory(err);
}

static int verify_clients(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    if (load(ctx, rules->opener, "--tls-client-ca", rules->client_ca, PEM_CERTIFICATE, err) < 0 ||
        name_authorities(ctx, err) < 0)
        return -1;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return 0;
}

int verify_set_up(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    if (pin_check_all(rules->pins, err) < 0 ||
        (!rules->listens && trust_authorities(ctx, rules, err) < 0) ||
        (rules->crl && load(ctx, rules->opener, "--tls-crl", rules->crl, PEM_CRL, err) < 0))
        return -1;
    SSL_CTX_set_cert_verify_callback(ctx, verify, (void *)rules);
    if (!rules->listens)
        return verify_server(ctx, rules, err);
    return rules->client_ca ? verify_clients(ctx, rules, err) : 0;
}
