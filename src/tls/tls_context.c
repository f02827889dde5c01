/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/tls_context.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/language.h"
#include "tls/credentials.h"
#include "tls/verify.h"

enum {
    SECURITY_LEVEL = 2,
    PROTOCOL = 255,
    READ_AHEAD = 4 * (TLS_RECORD + 256), /* records of bulk that one read may bring */
};

struct context {
    struct tls_context shown;
    SSL_CTX *ssl;
    const struct tls_rules *rules;
};

static const struct context *tls_context_of(const struct tls_context *context)
{
    return (const struct context *)context;
}

SSL_CTX *tls_context_ssl(const struct tls_context *context)
{
    return tls_context_of(context)->ssl;
}

const struct tls_rules *tls_context_rules(const struct tls_context *context)
{
    return tls_context_of(context)->rules;
}

/* ---- ALPN ---- */

static const char *fault_of_protocol(const char *protocol, size_t length)
{
    if (!length)
        return N_("--tls-alpn '%.128s': a protocol is empty; a list is h2,http/1.1");
    if (length > PROTOCOL)
        return N_("--tls-alpn '%.128s': a protocol has at most 255 bytes; a list is h2,http/1.1");
    return memchr(protocol, ' ', length)
               ? N_("--tls-alpn '%.128s': a protocol has no blank; a list is h2,http/1.1")
               : NULL;
}

/* RFC 7301: each protocol has a length of one byte in front, where the list has its comma. */
static int write_protocols(const char *list, unsigned char *wire, struct err *err)
{
    const char *next = list;

    while (true) {
        size_t length = strcspn(next, ",");
        const char *fault = fault_of_protocol(next, length);

        if (fault)
            return err_set(err, ERR_USAGE, fault, list);
        *wire++ = (unsigned char)length;
        memcpy(wire, next, length);
        wire += length;
        next += length;
        if (!*next++)
            return 0;
    }
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                  const unsigned char *offered, unsigned offered_length, void *owner)
{
    const unsigned char *wire = owner;
    unsigned char *found;

    (void)ssl;
    /* The list ends at its first length of 0. */
    if (SSL_select_next_proto(&found, out_length, wire, (unsigned)strlen((const char *)wire),
                              offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = found;
    return SSL_TLSEXT_ERR_OK;
}

/* A session reads the list after its context may be gone, so the list belongs to the SSL_CTX. */
static void free_protocols(void *parent, void *list, CRYPTO_EX_DATA *data, int index, long number,
                           void *pointer)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)number;
    (void)pointer;
    free(list);
}

static int offer_protocols(SSL_CTX *ssl, const struct tls_rules *rules, struct err *err)
{
    static int index = -1;
    unsigned char *wire;

    if (!rules->alpn)
        return 0;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_protocols);
    wire = calloc(1, strlen(rules->alpn) + 2);
    if (!wire || !SSL_CTX_set_ex_data(ssl, index, wire)) {
        free(wire);
        return err_memory(err);
    }
    if (write_protocols(rules->alpn, wire, err) < 0)
        return -1;
    if (rules->listens)
        SSL_CTX_set_alpn_select_cb(ssl, choose, wire);
    else if (SSL_CTX_set_alpn_protos(ssl, wire, (unsigned)strlen((char *)wire)) != 0)
        return err_memory(err);
    return 0;
}

/* ---- the context ---- */

/* Tickets and sessions would only help those who come again. An idle session gives its buffers
 * back. */
static int set_up(SSL_CTX *ssl)
{
    int level = SSL_CTX_get_security_level(ssl);

    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_security_level(ssl, level > SECURITY_LEVEL ? level : SECURITY_LEVEL);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ssl, READ_AHEAD);
    return SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
                   SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1
               ? 0
               : -1;
}

struct tls_context *tls_context_new(const struct tls_rules *rules, struct err *err)
{
    struct context *context = calloc(1, sizeof *context);

    prctl(PR_SET_DUMPABLE, 0); /* a core file would hold the keys of sessions, and of this side */
    ERR_clear_error();
    if (context)
        context->ssl = SSL_CTX_new(rules->listens ? TLS_server_method() : TLS_client_method());
    if (!context || !context->ssl || set_up(context->ssl) < 0)
        err_set(err, ERR_LOCAL, "OpenSSL cannot start");
    else if (offer_protocols(context->ssl, rules, err) == 0 &&
             verify_set_up(context->ssl, rules, err) == 0 &&
             credentials_use(context->ssl, rules, &context->shown, err) == 0) {
        context->rules = rules;
        return &context->shown;
    }
    ERR_clear_error();
    if (context)
        tls_context_free(&context->shown);
    return NULL;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(tls_context_ssl(context));
    free(context);
}
