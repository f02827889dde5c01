/* SPDX-License-Identifier: GPL-3.0-or-later */
/* module: all that the program calls of OpenSSL, in one table.
 *
 * tls/ is a module of its own, tcpchat-tls.so, which cli/modules loads for --tls and --sum. No
 * other file of the program names OpenSSL, and tls/ knows neither loop nor descriptor: it gets
 * bytes and gives bytes through struct tls_io. TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) only, without
 * renegotiation, compression, resumption and early data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "io/opener.h"

/* Answers of a session, equal to those of a stream. */
enum { TLS_AGAIN = -1, TLS_FAIL = -2 };

enum {
    TLS_PIN = sizeof "sha256//" + 44, /* of a public key, with its NUL */
    TLS_DIGEST = 2 * 32 + 1,          /* SHA-256 as text, with its NUL */
    TLS_NAME = 256,
    TLS_RECORD = 16384, /* most bytes of a record */
};

/* The demands of a side. The strings must outlive the context and its sessions. NULL: not given. */
struct tls_rules {
    bool listens;          /* this side is the server */
    const char *name;      /* the peer's, a host or an address; needed to verify a server */
    bool is_name_given;    /* --tls-name gave it, not the address that is called */
    const char *ca;        /* file of certificates that vouch for the server; NULL: the system's */
    const char *client_ca; /* likewise for clients, which need a certificate then */
    const char *crl;       /* file of revocation lists, one for each authority of the chain */
    const char *cert,
        *key;          /* files; without `key` the key is in `cert`. A server without makes one */
    const char *alpn;  /* protocols with commas between them, by preference (RFC 7301) */
    const char **pins; /* up to NULL. The server's key has one of them: nothing else counts */
    bool insecure;     /* any server will do */
    struct opener opener; /* of these files */
};

/* Certificates and rules of many sessions. */
struct tls_context {
    char pin[TLS_PIN]; /* of this side's key; "": it has none */
    bool is_made;      /* the certificate is made for this run */
    char warning[256]; /* "": nothing to say */
};

/* The other end of a session's bytes. */
struct tls_io {
    /* Up to n bytes (n > 0); 0 at the end, TLS_AGAIN, or TLS_FAIL. */
    ssize_t (*pull)(void *owner, void *bytes, size_t n);
    /* Takes all n bytes, now or never. */
    void (*push)(void *owner, const void *bytes, size_t n);
    void *owner;
};

struct tls_session;
struct tls_digest;

/* The outcome of a handshake. Names of the peer are as it wrote them, but for controls. */
struct tls_facts {
    const char *version, *cipher;
    char alpn[TLS_NAME]; /* "": none */
    char name[TLS_NAME]; /* of the peer's certificate; "": it has none */
    char pin[TLS_PIN];   /* likewise */
};

struct tls_module {
    /* Before all calls that follow. False: memory was short for what OpenSSL begins with, and it
     * would crash. */
    bool (*begin)(void);

    /* NULL and *err: ERR_USAGE or ERR_LOCAL. */
    struct tls_context *(*context_new)(const struct tls_rules *rules, struct err *err);
    /* Sessions may outlive their context. */
    void (*context_free)(struct tls_context *context);

    /* NULL and *err: memory was short. */
    struct tls_session *(*session_new)(const struct tls_context *context, const struct tls_io *io,
                                       struct err *err);
    /* 0: done; TLS_AGAIN: bytes of the peer are missing; TLS_FAIL and *err: ERR_SECURITY, without
     * the peer's name. An alert was pushed then, unless the peer had sent one. Likewise below; a
     * failure is kept, and given again. */
    int (*handshake)(struct tls_session *session, struct err *err);
    /* Up to n bytes (n > 0) of one record or more, 0 at the peer's close_notify, TLS_AGAIN, or
     * TLS_FAIL. After an end without close_notify writing goes on. */
    ssize_t (*read)(struct tls_session *session, void *bytes, size_t n, struct err *err);
    /* Pushes n bytes (n > 0) as records: 0 or TLS_FAIL. TLS_AGAIN, where the rest of a half message
     * of the peer has to come first: nothing was pushed. */
    int (*write)(struct tls_session *session, const void *bytes, size_t n, struct err *err);
    /* Pushes close_notify; reading goes on. */
    void (*finish)(struct tls_session *session);
    /* Whether a read may answer without a pull: bytes, the end, a failure. */
    bool (*holds)(const struct tls_session *session);
    /* After the handshake. */
    void (*describe)(const struct tls_session *session, struct tls_facts *facts);
    void (*session_free)(struct tls_session *session);

    /* SHA-256 (FIPS 180-4) of bytes that come in pieces, for --sum. NULL: memory was short. The end
     * frees it, and writes 64 hexadecimal digits and a NUL; NULL: it is only freed. */
    struct tls_digest *(*digest_new)(void);
    void (*digest_add)(struct tls_digest *digest, const void *bytes, size_t n);
    void (*digest_end)(struct tls_digest *digest, char text[TLS_DIGEST]);
};

extern const struct tls_module tls_module;
