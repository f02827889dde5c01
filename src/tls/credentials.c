/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/pin.h"
#include "tls/self_signed.h"

enum { KEY_FILE = 64 * 1024 };

/* A passphrase that is asked for tells that the key is encrypted. */
static int note_passphrase(char *text, int size, int writes, void *owner)
{
    (void)text;
    (void)size;
    (void)writes;
    *(bool *)owner = true;
    return -1;
}

static EVP_PKEY *parse_key(const char *text, size_t n, const char *path, struct err *err)
{
    BIO *memory = BIO_new_mem_buf(text, (int)n);
    bool is_encrypted = false;
    EVP_PKEY *key =
        memory ? PEM_read_bio_PrivateKey(memory, NULL, note_passphrase, &is_encrypted) : NULL;

    BIO_free(memory);
    ERR_clear_error();
    if (!key && is_encrypted)
        err_set(err, ERR_LOCAL,
                "%s: the key is encrypted, and tcpchat asks for no passphrase; write a key without "
                "one: openssl pkey -in %s -out FILE",
                path, path);
    else if (!key)
        err_set(err, ERR_LOCAL, "%s: there is no private key in the form of PEM", path);
    return key;
}

/* Into memory of ours, so that no copy stays in a buffer of the C library. */
static ssize_t read_file(int fd, char *text, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t got = read(fd, text + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -1 : (ssize_t)length;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static void warn_of_readers(int fd, const char *path, struct tls_context *context)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & 0077)
        snprintf(context->warning, sizeof context->warning,
                 "%.128s: others may read this key; write chmod 600 %.64s", path, path);
}

static EVP_PKEY *read_key(const char *path, struct tls_context *context, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char text[KEY_FILE];
    EVP_PKEY *key = NULL;
    ssize_t length;

    if (fd < 0) {
        err_errno(err, ERR_LOCAL, errno, "%s", path);
        return NULL;
    }
    warn_of_readers(fd, path, context);
    length = read_file(fd, text, sizeof text);
    if (length < 0)
        err_errno(err, ERR_LOCAL, errno, "%s", path);
    else
        key = parse_key(text, (size_t)length, path, err);
    OPENSSL_cleanse(text, sizeof text);
    close(fd);
    return key;
}

static int use_files(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                     struct err *err)
{
    const char *path = rules->key ? rules->key : rules->cert;
    EVP_PKEY *key;
    int fits;

    if (access(rules->cert, R_OK) < 0)
        return err_errno(err, ERR_LOCAL, errno, "%s", rules->cert);
    if (SSL_CTX_use_certificate_chain_file(ctx, rules->cert) != 1) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        return err_set(err, ERR_LOCAL, "%s: there is no usable certificate in it (%s)", rules->cert,
                       reason ? reason : "no reason is known");
    }
    key = read_key(path, context, err);
    if (!key)
        return -1;
    fits = SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
    EVP_PKEY_free(key);
    return fits ? 0
                : err_set(err, ERR_LOCAL, "the key of %s is not that of the certificate in %s",
                          path, rules->cert);
}

int credentials_use(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                    struct err *err)
{
    if (!rules->cert && !rules->listens)
        return 0;
    prctl(PR_SET_DUMPABLE, 0);
    context->is_made = !rules->cert;
    if (rules->cert ? use_files(ctx, rules, context, err) < 0 : self_signed_use(ctx, err) < 0)
        return -1;
    return pin_of(SSL_CTX_get0_certificate(ctx), context->pin) < 0 ? err_memory(err) : 0;
}
