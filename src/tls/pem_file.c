/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/pem_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/quote.h"
#include "base/status.h"

enum { FIRST = 16 * 1024, MAX = 64 * 1024 * 1024, PATIENCE_MS = 2000, QUOTED = 160, NAME = 64 };

static int refuse(const struct pem_file *file, const char *why, struct err *err)
{
    return err_set(err, ERR_LOCAL, "%s %s: %s", file->option, file->path, language_text(why));
}

/* ---- reading ---- */

/* On SIGHUP others wait. */
static bool comes(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return errno == EAGAIN && (poll(&one, 1, PATIENCE_MS) > 0 || errno == EINTR);
}

/* The old bytes are wiped. */
static int grow(struct pem_file *file, size_t *size, struct err *err)
{
    size_t wanted = *size ? *size * 2 : FIRST;
    unsigned char *bytes;

    if (wanted > MAX)
        return refuse(file, N_("it is too large"), err);
    bytes = OPENSSL_clear_realloc(file->bytes, *size, wanted);
    if (!bytes)
        return err_memory(err);
    file->bytes = bytes;
    *size = wanted;
    return 0;
}

static int read_all(struct pem_file *file, int fd, struct err *err)
{
    size_t size = 0;

    while (true) {
        ssize_t got;

        if (file->length == size && grow(file, &size, err) < 0)
            return -1;
        got = read(fd, file->bytes + file->length, size - file->length);
        if (got < 0 && (errno == EINTR || comes(fd)))
            continue;
        if (got < 0 && errno == EAGAIN)
            return refuse(file, N_("nothing came from it for 2 s"), err);
        if (got < 0)
            return err_errno(err, ERR_LOCAL, errno, "%s %s", file->option, file->path);
        if (got == 0)
            return file->length ? 0 : refuse(file, N_("it is empty"), err);
        file->length += (size_t)got;
    }
}

static bool is_open_to_others(int fd)
{
    struct stat status;

    return status_of(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & 0077;
}

int pem_file_read(struct pem_file *file, struct opener opener, const char *option, const char *path,
                  struct err *err)
{
    int fd = opener_open(opener, path, OPENER_READ);
    int result;

    *file = (struct pem_file){.option = option, .path = path};
    if (fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "%s %s", option, path);
    file->is_open_to_others = is_open_to_others(fd);
    result = read_all(file, fd, err);
    close(fd);
    if (result < 0)
        pem_file_fini(file);
    return result;
}

void pem_file_fini(struct pem_file *file)
{
    OPENSSL_clear_free(file->bytes, file->length);
    file->bytes = NULL;
    file->length = 0;
}

BIO *pem_file_open(const struct pem_file *file)
{
    return BIO_new_mem_buf(file->bytes, (int)file->length);
}

/* ---- what it has instead ---- */

static const char *const nouns[] = {N_("certificate"), N_("private key"), N_("revocation list")};

/* The names of PEM end so; more special ones come first. */
static const struct {
    const char *end;
    enum pem_kind kind; /* if has_kind */
    bool has_kind;
    const char *noun, *refusal; /* NULL: without a hint */
} contents[] = {
    {"CERTIFICATE REQUEST", 0, false,
     N_("a request for a certificate, which an authority answers by one"), NULL},
    {"OPENSSH PRIVATE KEY", 0, false, N_("a key of OpenSSH, which TLS does not know"), NULL},
    {"PRIVATE KEY", PEM_KEY, true, N_("a private key"),
     N_("%s %s: there is no %s in it, it has %s; is it the file of --tls-key?")},
    {"PUBLIC KEY", 0, false, N_("a public key"), NULL},
    {"PKCS7", 0, false, N_("PKCS #7; write its certificates: openssl pkcs7 -print_certs"), NULL},
    {"CERTIFICATE", PEM_CERTIFICATE, true, N_("a certificate"), NULL},
    {"X509 CRL", PEM_CRL, true, N_("a revocation list"),
     N_("%s %s: there is no %s in it, it has %s; is it the file of --tls-crl?")},
};

static const size_t no_content = sizeof contents / sizeof *contents;

static size_t find_content(const char *name, size_t length)
{
    size_t i = 0;

    for (; i < no_content; i++) {
        size_t n = strlen(contents[i].end);

        if (length >= n && !memcmp(name + length - n, contents[i].end, n))
            break;
    }
    return i;
}

/* The first known content, and the one that is wanted before all others. */
static size_t find_first(const struct pem_file *file, enum pem_kind wanted)
{
    static const char begin[] = "-----BEGIN ";
    const char *at = (const char *)file->bytes, *end = at + file->length;
    size_t found = no_content, length = sizeof begin - 1;

    while ((at = memmem(at, (size_t)(end - at), begin, length))) {
        size_t left, i;
        const char *dash;

        at += length;
        left = (size_t)(end - at);
        dash = memchr(at, '-', left < NAME ? left : NAME);
        i = dash ? find_content(at, (size_t)(dash - at)) : no_content;
        if (i < no_content &&
            (found == no_content || (contents[i].has_kind && contents[i].kind == wanted)))
            found = i;
    }
    return found;
}

static const char *refusal_of(const struct pem_file *file, enum pem_kind wanted, size_t content)
{
    const char *refusal = contents[content].refusal;

    if (wanted == PEM_KEY && contents[content].has_kind)
        return strcmp(file->option, "--tls-cert")
                   ? N_("%s %s: there is no %s in it, it has %s; is it the file of --tls-cert?")
                   : N_("%s %s: there is no %s in it, it has %s; --tls-key FILE names the file of "
                        "its key");
    return refusal ? refusal : N_("%s %s: there is no %s in it, it has %s");
}

static int refuse_content(const struct pem_file *file, enum pem_kind wanted, size_t content,
                          struct err *err)
{
    if (contents[content].has_kind && contents[content].kind == wanted)
        return err_set(err, ERR_LOCAL, "%s %s: the %s in it is damaged", file->option, file->path,
                       language_text(nouns[wanted]));
    return err_set(err, ERR_LOCAL, refusal_of(file, wanted, content), file->option, file->path,
                   language_text(nouns[wanted]), language_text(contents[content].noun));
}

/* ---- DER ---- */

static bool is_key(const unsigned char *bytes, long length)
{
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &bytes, length);

    EVP_PKEY_free(key);
    return key;
}

static bool is_of(const ASN1_ITEM *item, const unsigned char *bytes, long length)
{
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &bytes, length, item);

    ASN1_item_free(value, item);
    return value;
}

static const struct {
    const ASN1_ITEM *(*item)(void); /* NULL: a key of any kind */
    const char *noun, *command;
} binaries[] = {
    {X509_it, N_("a certificate in DER"), "x509 -inform DER"},
    {NULL, N_("a private key in DER"), "pkey -inform DER"},
    {X509_SIG_it, N_("an encrypted key in DER"), "pkey -inform DER"},
    {X509_CRL_it, N_("a revocation list in DER"), "crl -inform DER"},
    {PKCS12_it, N_("a file of PKCS #12"), "pkcs12 -noenc"},
    {PKCS7_it, N_("a file of PKCS #7"), "pkcs7 -inform DER -print_certs"},
};

static bool is_binary(const struct pem_file *file, size_t kind)
{
    long length = (long)file->length;

    return binaries[kind].item ? is_of(binaries[kind].item(), file->bytes, length)
                               : is_key(file->bytes, length);
}

static int refuse_binary(const struct pem_file *file, enum pem_kind wanted, struct err *err)
{
    char quoted[QUOTED];

    quote_write(file->path, quoted, sizeof quoted);
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
        if (is_binary(file, i))
            return err_set(err, ERR_LOCAL,
                           "%s %s: it is %s, not PEM; write it as PEM: openssl %s -in %s -out FILE",
                           file->option, file->path, language_text(binaries[i].noun),
                           binaries[i].command, quoted);
    return err_set(err, ERR_LOCAL, "%s %s: there is no %s in the form of PEM in it", file->option,
                   file->path, language_text(nouns[wanted]));
}

int pem_file_end(const struct pem_file *file, enum pem_kind wanted, unsigned count, struct err *err)
{
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    size_t content;
    int result;

    ERR_clear_error();
    if (count && is_end)
        return 0;
    if (count)
        return err_set(err, ERR_LOCAL, "%s %s: the %s no. %u in it is damaged", file->option,
                       file->path, language_text(nouns[wanted]), count + 1);
    content = find_first(file, wanted);
    result = content < no_content ? refuse_content(file, wanted, content, err)
                                  : refuse_binary(file, wanted, err);
    ERR_clear_error();
    return result;
}
