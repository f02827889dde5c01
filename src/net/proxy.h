/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proxy: a proxy as written: [SCHEME://][USER[:PASS]@]HOST[:PORT][/], as curl(1) reads it. The
 * scheme is http, socks5, socks5h or socks4a, and http where it is missing; the port is 1080 where
 * it is missing. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/must_check.h"
#include "net/address.h"
#include "net/proxy_exchange.h"

struct proxy {
    enum proxy_kind kind;
    struct address address;
};

/* The user and the password for a proxy. */
struct proxy_login {
    char user[PROXY_LOGIN_PART + 1], password[PROXY_LOGIN_PART + 1];
};

/* Overwrites the USER:PASS of a proxy as written by asterisks. NULL: it has none, or memory was
 * short. The caller frees the copy. */
char *proxy_take_login(char *written);

/* Reads all but the login. ERR_USAGE, with a sentence that has no login. */
MUST_CHECK int proxy_parse(struct proxy *proxy, const char *written, struct err *err);

/* Reads "USER:PASS", where %HH may stand for a byte if `is_encoded`. ERR_USAGE, likewise. */
MUST_CHECK int proxy_read_login(struct proxy_login *login, const char *written, bool is_encoded,
                                struct err *err);

/* Whether the list of NO_PROXY, as curl(1) reads it, has the host: names with all below them,
 * addresses and CIDR ranges, with commas or blanks between them; or "*". */
bool proxy_is_exempt(const char *list, const char *host);

/* The first word of such a list that no host ever fits: "*.org", "127.*", "a.org:80",
 * "a.org;b.org". NULL: there is none. */
const char *proxy_find_odd(const char *list, size_t *length);
