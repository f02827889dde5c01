/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/pin.h"
#include "tls/self_signed.h"

enum { TEXT = 64 * 1024, PATIENCE_MS = 2000 };

/* A file with a key, maybe: in memory of ours, so that no copy stays in a buffer elsewhere. */
struct text {
    const char *path;
    char bytes[TEXT];
    ssize_t length;
};

/* A passphrase that is asked for tells that the key is encrypted. */
static int note_passphrase(char *text, int size, int writes, void *owner)
{
    (void)text;
    (void)size;
    (void)writes;
    *(bool *)owner = true;
    return -1;
}

static EVP_PKEY *parse_key(const struct text *file, const struct tls_rules *rules, struct err *err)
{
    BIO *memory = BIO_new_mem_buf(file->bytes, (int)file->length);
    bool is_encrypted = false;
    EVP_PKEY *key =
        memory ? PEM_read_bio_PrivateKey(memory, NULL, note_passphrase, &is_encrypted) : NULL;

    BIO_free(memory);
    ERR_clear_error();
    if (!key && is_encrypted)
        err_set(err, ERR_LOCAL,
                "%s: the key is encrypted, and tcpchat asks for no passphrase; write a key without "
                "one: openssl pkey -in %s -out FILE",
                file->path, file->path);
    else if (!key)
        err_set(err, ERR_LOCAL, "%s: there is no private key in the form of PEM%s", file->path,
                rules->key ? "" : "; --tls-key FILE names another file");
    return key;
}

/* The first certificate is this side's, and the others lead to its authority. */
static int parse_chain(SSL_CTX *ctx, const struct text *file)
{
    BIO *memory = BIO_new_mem_buf(file->bytes, (int)file->length);
    X509 *certificate = memory ? PEM_read_bio_X509(memory, NULL, NULL, NULL) : NULL;
    bool is_used = certificate && SSL_CTX_use_certificate(ctx, certificate) == 1;

    X509_free(certificate);
    while (is_used && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL)))
        if (SSL_CTX_add0_chain_cert(ctx, certificate) != 1) {
            X509_free(certificate);
            is_used = false;
        }
    BIO_free(memory);
    return is_used ? 0 : -1;
}

/* A FIFO without a writer is at its end. One whose writer is slow has a while: on SIGHUP others
 * wait.
 */
static bool comes(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return errno == EAGAIN && poll(&one, 1, PATIENCE_MS) > 0;
}

static ssize_t read_file(int fd, char *text, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t got = read(fd, text + length, size - length);
        if (got < 0 && (errno == EINTR || comes(fd)))
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

/* To be wiped, also after a failure. */
static int read_text(struct text *file, const char *path, struct tls_context *context,
                     struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    file->path = path;
    file->length = 0;
    if (fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "%s", path);
    if (context)
        warn_of_readers(fd, path, context);
    file->length = read_file(fd, file->bytes, sizeof file->bytes);
    if (file->length < 0)
        err_errno(err, ERR_LOCAL, errno, "%s", path);
    close(fd);
    return file->length < 0 ? -1 : 0;
}

static int use_chain(SSL_CTX *ctx, const struct text *file, struct err *err)
{
    unsigned long error;
    const char *reason;

    ERR_clear_error();
    if (parse_chain(ctx, file) == 0) {
        ERR_clear_error();
        return 0;
    }
    error = ERR_peek_last_error();
    reason = ERR_reason_error_string(error);
    return err_set(err, ERR_LOCAL, "%s: there is no usable certificate in it (%s)", file->path,
                   reason ? reason : "no reason is known");
}

static int use_key(SSL_CTX *ctx, const struct text *file, const struct tls_rules *rules,
                   struct err *err)
{
    EVP_PKEY *key = parse_key(file, rules, err);
    bool fits = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

    EVP_PKEY_free(key);
    if (key && !fits)
        err_set(err, ERR_LOCAL, "the key of %s is not that of the certificate in %s", file->path,
                rules->cert);
    return fits ? 0 : -1;
}

static int use_files(SSL_CTX *ctx, const struct tls_rules *rules, struct tls_context *context,
                     struct err *err)
{
    const char *path = rules->key ? rules->key : rules->cert;
    struct text file;
    int result = read_text(&file, rules->cert, NULL, err);

    if (result == 0)
        result = use_chain(ctx, &file, err);
    if (result == 0)
        result = read_text(&file, path, context, err);
    if (result == 0)
        result = use_key(ctx, &file, rules, err);
    OPENSSL_cleanse(file.bytes, sizeof file.bytes);
    return result;
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
