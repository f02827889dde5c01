/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/tls_session.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/fault.h"
#include "tls/pin.h"
#include "tls/tls_context.h"

/* A session never waits for room: push takes all. So OpenSSL only ever wants to read, and a read
 * that has to write (an alert, the answer to a key update) goes on at once. */

enum { MESSAGES_MAX = 32 /* of the handshake, after it, in one read */ };

struct tls_session {
    SSL *ssl;
    struct tls_io io;
    unsigned messages; /* of the handshake, after it, in this read */
    bool is_flooded;   /* by such messages */
    bool has_pulled;   /* at least one byte */
    bool is_foreign;   /* the first byte begins no record of TLS */
    bool has_ended;    /* the peer's bytes have an end */
    bool is_open;      /* the handshake is done */
    bool is_cut;       /* a read has met the end of the peer's bytes, without close_notify */
    bool has_failed;   /* `fault` says why: OpenSSL may show a clean end after that */
    char fault[FAULT]; /* about the peer's certificate; "": nothing is wrong with it */
};

/* ---- the bytes ---- */

/* The types of a record go from change_cipher_spec to application_data. */
static void look_at_first(struct tls_session *session, unsigned char byte)
{
    session->is_foreign |= !session->has_pulled && (byte < 20 || byte > 23);
    session->has_pulled = true;
}

/* The end of an open conversation is kept from OpenSSL, which would write no more after it. */
static int bio_read(BIO *bio, char *bytes, size_t n, size_t *got)
{
    struct tls_session *session = BIO_get_data(bio);
    ssize_t pulled = session->io.pull(session->io.owner, bytes, n);

    BIO_clear_retry_flags(bio);
    *got = pulled > 0 ? (size_t)pulled : 0;
    if (pulled == 0)
        session->has_ended = true;
    if (pulled == TLS_AGAIN || (pulled == 0 && session->is_open))
        BIO_set_retry_read(bio);
    if (pulled > 0)
        look_at_first(session, (unsigned char)*bytes);
    return pulled > 0;
}

static int bio_write(BIO *bio, const char *bytes, size_t n, size_t *put)
{
    struct tls_session *session = BIO_get_data(bio);

    session->io.push(session->io.owner, bytes, n);
    *put = n;
    return 1;
}

static long bio_ctrl(BIO *bio, int what, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (what == BIO_CTRL_EOF)
        return ((struct tls_session *)BIO_get_data(bio))->has_ended;
    return what == BIO_CTRL_FLUSH;
}

/* Changes of keys (RFC 8446, 4.6.3), tickets, wishes to renegotiate: each costs work, and OpenSSL
 * goes on until there is something to read. So one peer could hold the loop. A shutdown that
 * OpenSSL takes for the peer's stops that at once. */
static void on_message(int is_ours, int version, int type, const void *bytes, size_t n, SSL *ssl,
                       void *owner)
{
    struct tls_session *session = owner;

    (void)version, (void)bytes, (void)n;
    if (is_ours || type != SSL3_RT_HANDSHAKE || !session->is_open)
        return;
    session->is_flooded |= ++session->messages > MESSAGES_MAX;
    if (session->is_flooded)
        SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

static BIO_METHOD *bio_method(void)
{
    static BIO_METHOD *method;

    if (method)
        return method;
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tcpchat");
    if (method) {
        BIO_meth_set_read_ex(method, bio_read);
        BIO_meth_set_write_ex(method, bio_write);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

/* ---- begin and end ---- */

/* RFC 6066: an address is no server name. */
static bool set_side(SSL *ssl, const struct tls_rules *rules)
{
    if (rules->listens) {
        SSL_set_accept_state(ssl);
        return true;
    }
    SSL_set_connect_state(ssl);
    return !rules->name || fault_is_address(rules->name) ||
           SSL_set_tlsext_host_name(ssl, rules->name) == 1;
}

struct tls_session *tls_session_new(const struct tls_context *context, const struct tls_io *io,
                                    struct err *err)
{
    struct tls_session *session = calloc(1, sizeof *session);
    BIO *bio = bio_method() ? BIO_new(bio_method()) : NULL;

    if (session)
        session->ssl = SSL_new(tls_context_ssl(context));
    if (!session || !bio || !session->ssl || !SSL_set_app_data(session->ssl, session->fault) ||
        !set_side(session->ssl, tls_context_rules(context))) {
        ERR_clear_error();
        BIO_free(bio);
        tls_session_free(session);
        err_memory(err);
        return NULL;
    }
    session->io = *io;
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_msg_callback(session->ssl, on_message);
    SSL_set_msg_callback_arg(session->ssl, session);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    free(session);
}

/* ---- answers ---- */

/* The first failure is kept. */
static int fail(struct tls_session *session, struct err *err)
{
    if (*session->fault)
        err_set(err, ERR_SECURITY, "%s", session->fault);
    else if (session->is_flooded)
        err_set(err, ERR_SECURITY, "too many messages of TLS itself came at once");
    else if (session->is_foreign)
        err_set(err, ERR_SECURITY, "the other side does not speak TLS");
    else if (session->has_ended && !session->is_open)
        err_set(err, ERR_SECURITY, "the other side hung up during the handshake of TLS");
    else
        fault_of_queue(err);
    ERR_clear_error();
    session->has_failed = true;
    snprintf(session->fault, sizeof session->fault, "%.*s", FAULT - 1, err->sentence);
    return TLS_FAIL;
}

/* The session is as good as before for what this side still sends. */
static int cut(struct tls_session *session, struct err *err)
{
    session->is_cut = true;
    err_set(err, ERR_SECURITY, "the conversation was cut off: it ended without TLS's close_notify");
    return TLS_FAIL;
}

/* After a call of OpenSSL that gave `result`. */
static int answer(struct tls_session *session, int result, struct err *err)
{
    if (session->is_flooded)
        return result > 0 ? 1 : fail(session, err);
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_NONE: return 1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_WANT_READ:
        return session->has_ended && session->is_open ? cut(session, err) : TLS_AGAIN;
    default: return fail(session, err);
    }
}

int tls_session_handshake(struct tls_session *session, struct err *err)
{
    int result;

    if (session->has_failed)
        return fail(session, err);
    ERR_clear_error();
    result = answer(session, SSL_do_handshake(session->ssl), err);
    session->is_open = result > 0;
    if (result)
        return result > 0 ? 0 : result;
    err_set(err, ERR_SECURITY, "the other side hung up during the handshake of TLS");
    return TLS_FAIL;
}

ssize_t tls_session_read(struct tls_session *session, void *bytes, size_t n, struct err *err)
{
    size_t sum = 0, got;
    int result;

    if (session->has_failed)
        return fail(session, err);
    if (session->is_cut)
        return cut(session, err);
    session->messages = 0;
    do {
        got = 0;
        ERR_clear_error();
        result =
            answer(session, SSL_read_ex(session->ssl, (char *)bytes + sum, n - sum, &got), err);
        sum += got;
    } while (result > 0 && sum < n && (got == TLS_RECORD || SSL_has_pending(session->ssl)));
    return sum ? (ssize_t)sum : result;
}

int tls_session_write(struct tls_session *session, const void *bytes, size_t n, struct err *err)
{
    size_t put;
    int result;

    if (session->has_failed)
        return fail(session, err);
    ERR_clear_error();
    result = answer(session, SSL_write_ex(session->ssl, bytes, n, &put), err);
    if (result == 0)
        err_set(err, ERR_SECURITY, "TLS takes no more bytes");
    return result > 0 ? 0 : result == 0 ? TLS_FAIL : result;
}

void tls_session_finish(struct tls_session *session)
{
    SSL_shutdown(session->ssl);
    ERR_clear_error();
}

bool tls_session_holds(const struct tls_session *session)
{
    return session->has_failed || session->is_cut || SSL_has_pending(session->ssl) ||
           SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN;
}

void tls_session_describe(const struct tls_session *session, struct tls_facts *facts)
{
    X509 *certificate = SSL_get0_peer_certificate(session->ssl);
    const unsigned char *alpn;
    unsigned length;

    *facts = (struct tls_facts){
        .version = SSL_get_version(session->ssl),
        .cipher = SSL_get_cipher_name(session->ssl),
    };
    SSL_get0_alpn_selected(session->ssl, &alpn, &length);
    snprintf(facts->alpn, sizeof facts->alpn, "%.*s", (int)length, (const char *)alpn);
    if (!certificate)
        return;
    fault_name(certificate, facts->name);
    if (pin_of(certificate, facts->pin) < 0)
        *facts->pin = '\0';
}
