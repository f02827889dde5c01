/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/credentials.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/language.h"
#include "base/quote.h"
#include "tls/pem_file.h"
#include "tls/pin.h"
#include "tls/self_signed.h"

enum { QUOTED = 160 };

/* ---- the key ---- */

/* A passphrase that is asked for tells that the key is encrypted. */
static int note_passphrase(char *text, int size, int writes, void *owner)
{
    (void)text;
    (void)size;
    (void)writes;
    *(bool *)owner = true;
    return -1;
}

static int refuse_encrypted(const struct pem_file *file, struct err *err)
{
    char quoted[QUOTED];

    quote_write(file->path, quoted, sizeof quoted);
    return err_set(err, ERR_LOCAL,
                   "%s %s: the key is encrypted, and tcpchat asks for no passphrase; write a key "
                   "without one: openssl pkey -in %s -out FILE",
                   file->option, file->path, quoted);
}

/* NULL and *err: there is none. */
static EVP_PKEY *parse_key(const struct pem_file *file, struct err *err)
{
    BIO *memory = pem_file_open(file);
    bool is_encrypted = false;
    EVP_PKEY *key =
        memory ? PEM_read_bio_PrivateKey(memory, NULL, note_passphrase, &is_encrypted) : NULL;

    BIO_free(memory);
    if (!key && is_encrypted)
        refuse_encrypted(file, err);
    else if (!key)
        pem_file_end(file, PEM_KEY, 0, err);
    return key;
}

/* ---- the certificate ---- */

static int refuse_certificate(const struct pem_file *file, struct err *err)
{
    unsigned long error = ERR_peek_error();
    const char *words = ERR_reason_error_string(error);

    ERR_clear_error();
    switch (ERR_GET_REASON(error)) {
    case SSL_R_EE_KEY_TOO_SMALL:
        words = language_text(N_("its key is too short to be safe"));
        break;
    case SSL_R_CA_KEY_TOO_SMALL:
        words = language_text(N_("the key of an authority is too short to be safe"));
        break;
    case SSL_R_CA_MD_TOO_WEAK:
        words = language_text(N_("it is signed with a hash that is too weak"));
        break;
    }
    return err_set(err, ERR_LOCAL, "%s %s: this certificate cannot be used: %s", file->option,
                   file->path, words ? words : language_text(N_("OpenSSL gives no reason")));
}

/* The first certificate is this side's, and the others lead to its authority. */
static int use_one(SSL_CTX *ctx, X509 *certificate, bool is_first)
{
    return is_first ? SSL_CTX_use_certificate(ctx, certificate)
                    : (int)SSL_CTX_add1_chain_cert(ctx, certificate);
}

static int use_chain(SSL_CTX *ctx, const struct pem_file *file, struct err *err)
{
    BIO *memory = pem_file_open(file);
    X509 *certificate;
    unsigned count = 0;
    int is_used = 1;

    if (!memory)
        return err_memory(err);
    while (is_used == 1 && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL))) {
        is_used = use_one(ctx, certificate, count++ == 0);
        X509_free(certificate);
    }
    BIO_free(memory);
    return is_used == 1 ? pem_file_end(file, PEM_CERTIFICATE, count, err)
                        : refuse_certificate(file, err);
}

/* ---- both ---- */

static int use_key(SSL_CTX *ctx, const struct pem_file *file, const char *cert, struct err *err)
{
    EVP_PKEY *key = parse_key(file, err);
    bool fits = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

    EVP_PKEY_free(key);
    if (key && !fits)
        err_set(err, ERR_LOCAL, "%s %s: this key is not that of the certificate in %s",
                file->option, file->path, cert);
    return fits ? 0 : -1;
}

static void warn_of_readers(const struct pem_file *file, struct tls_context *context)
{
    if (file->is_open_to_others)
        snprintf(
            context->warning, sizeof context->warning,
            language_text(N_("%s %.128s: others may read this key; chmod 600 keeps it secret")),
            file->option, file->path);
}

static int use_certificate_file(SSL_CTX *ctx, const struct tls_rules *rules, struct err *err)
{
    struct pem_file file;
    int result = pem_file_read(&file, rules->opener, "--tls-cert", rules->cert, err);

    if (result == 0)
        result = use_chain(ctx, &file, err);
    pem_file_fini(&file);
    return result;
}

static int use_key_file(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                        struct err *err)
{
    struct pem_file file;
    int result = pem_file_read(&file, rules->opener, rules->key ? "--tls-key" : "--tls-cert",
                               rules->key ? rules->key : rules->cert, err);

    if (result == 0)
        result = use_key(ctx, &file, rules->cert, err);
    if (result == 0)
        warn_of_readers(&file, context);
    pem_file_fini(&file);
    return result;
}

static int use_files(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                     struct err *err)
{
    return use_certificate_file(ctx, rules, err) < 0 ? -1 : use_key_file(ctx, rules, context, err);
}

int credentials_use(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                    struct err *err)
{
    if (!rules->cert && !rules->listens)
        return 0;
    context->is_made = !rules->cert;
    if (rules->cert ? use_files(ctx, rules, context, err) < 0 : self_signed_use(ctx, err) < 0)
        return -1;
    return pin_of(SSL_CTX_get0_certificate(ctx), context->pin) < 0 ? err_memory(err) : 0;
}
