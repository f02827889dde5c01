/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/verify.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tls/fault.h"
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
        fault = X509_V_ERR_APPLICATION_VERIFICATION;
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

static int refuse_file(const char *option, const char *path, struct err *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    if (access(path, R_OK) < 0)
        return err_errno(err, ERR_LOCAL, errno, "%s %s", option, path);
    return err_set(err, ERR_LOCAL, "%s %s: %s", option, path, reason ? reason : "it is unusable");
}

/* One certificate of the file is enough, also where it is no root. */
static int trust(SSL_CTX *ctx, const char *option, const char *path, struct err *err)
{
    if (SSL_CTX_load_verify_file(ctx, path) != 1)
        return refuse_file(option, path, err);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
    return 0;
}

static int load_crl(SSL_CTX *ctx, const char *path, struct err *err)
{
    X509_LOOKUP *lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(ctx), X509_LOOKUP_file());

    if (!lookup || X509_load_crl_file(lookup, path, X509_FILETYPE_PEM) <= 0)
        return refuse_file("--tls-crl", path, err);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx),
                                X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return 0;
}

/* OpenSSL would verify no name where it is empty, and take any name below one with a dot in front.
 */
static bool is_host_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.:%";

    return *name && *name != '.' && !name[strspn(name, letters)] && !strstr(name, "..");
}

static int expect_name(SSL_CTX *ctx, const char *name, struct err *err)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

    if (!is_host_name(name))
        return err_set(
            err, ERR_USAGE,
            "'%s' is no name that a certificate has; --tls-name NAME gives the right one", name);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return 0;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 ? 0 : err_memory(err);
}

/* The system's certificates take longer to read than a handshake takes. */
static int trust_authorities(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    if (rules->pins || rules->insecure)
        return 0;
    if (rules->ca)
        return trust(ctx, "--tls-ca", rules->ca, err);
    return SSL_CTX_set_default_verify_paths(ctx) == 1 ? 0 : err_memory(err);
}

static int verify_server(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    if (trust_authorities(ctx, rules, err) < 0)
        return -1;
    if (rules->name && expect_name(ctx, rules->name, err) < 0)
        return -1;
    SSL_CTX_set_verify(ctx, rules->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    return 0;
}

static int verify_clients(SSL_CTX *ctx, const char *path, struct err *err)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);

    if (!names || trust(ctx, "--tls-client-ca", path, err) < 0) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return names ? -1 : refuse_file("--tls-client-ca", path, err);
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return 0;
}

int verify_set_up(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    if (pin_check_all(rules->pins, err) < 0 || (rules->crl && load_crl(ctx, rules->crl, err) < 0))
        return -1;
    SSL_CTX_set_cert_verify_callback(ctx, verify, (void *)rules);
    if (!rules->listens)
        return verify_server(ctx, rules, err);
    return rules->client_ca ? verify_clients(ctx, rules->client_ca, err) : 0;
}
