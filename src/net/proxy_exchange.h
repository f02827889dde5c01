/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy_exchange: what is said to a proxy and what it answers, as bytes without a socket; for the
 * protocols of net/proxy_handshake.
 *
 * An answer is collected in `in` until judge() knows more: it fails, asks on, waits for more of the
 * same answer, or is done. */
#pragma once

#include <stddef.h>

#include "base/language.h"

enum proxy_kind { PROXY_HTTP, PROXY_SOCKS5, PROXY_SOCKS4A };

/* The connection that the proxy is asked for. The strings must outlive the exchange. */
struct proxy_request {
    enum proxy_kind kind;
    const char *host; /* a name, or a numeric address without brackets */
    unsigned port;
    const char *user, *password; /* NULL: no login; SOCKS4a has no password */
};

enum {
    PROXY_HEAD = 8192, /* bytes of an answer, at most */
    PROXY_OUT = 2048,
    PROXY_REASON = 256,
    PROXY_LOGIN_PART = 255, /* bytes of a user or a password (RFC 1929) */
};

enum proxy_progress { PROXY_ASKS, PROXY_DONE, PROXY_FAILED };

struct proxy_exchange {
    const struct proxy_request *request;
    enum proxy_progress progress;
    unsigned char in[PROXY_HEAD]; /* of the answer that is being read */
    size_t length, needed;        /* bytes of it, and how many judge() needs */
    void (*judge)(struct proxy_exchange *exchange);
    unsigned char out[PROXY_OUT]; /* to be sent; who sends it sets out_length to 0 */
    size_t out_length;
    char reason[PROXY_REASON]; /* why it failed, safe to show */
};

#define PROXY_WANTS_LOGIN \
    N_("the proxy wants a user and a password; --proxy-auth-file FILE gives them")

/* The two ends of an exchange. */
void proxy_finish(struct proxy_exchange *exchange);
__attribute__((format(printf, 2, 3))) void proxy_fail(struct proxy_exchange *exchange,
                                                      const char *format, ...);

/* Fails: the login of the request was not the right one. */
void proxy_refuse_login(struct proxy_exchange *exchange);

/* Goes on with the next answer, of which judge() looks at n bytes first. */
void proxy_expect(struct proxy_exchange *exchange, size_t n,
                  void (*judge)(struct proxy_exchange *exchange));

/* Goes on with the same answer: n bytes with those that are there. */
void proxy_await(struct proxy_exchange *exchange, size_t n,
                 void (*judge)(struct proxy_exchange *exchange));

/* Appends to `out`, which is large enough for all that one exchange says. */
void proxy_send(struct proxy_exchange *exchange, const void *bytes, size_t n);
void proxy_send_byte(struct proxy_exchange *exchange, unsigned byte);
void proxy_send_text(struct proxy_exchange *exchange, const char *text);
