/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socks.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "base/language.h"

/*     answers, in order             bytes that are judged
 *     ----------------------------  -----------------------------------------
 *     SOCKS5: method, login, reply  2; 2; 2, then 5, then 7 to 262
 *     SOCKS4a: reply                2, then 8
 */

enum {
    SOCKS5 = 5,
    NO_LOGIN = 0,
    BY_PASSWORD = 2,
    NO_METHOD = 0xFF,
    LOGIN_VERSION = 1,
    CONNECT = 1,
    BY_IPV4 = 1,
    BY_NAME = 3,
    BY_IPV6 = 4,
    SOCKS4 = 4,
    SOCKS4_GRANTED = 90,
};

/* Behind its length in one byte, which proxy_request_check has seen to. */
static void send_counted(struct proxy_exchange *exchange, const char *text)
{
    proxy_send_byte(exchange, (unsigned)strlen(text));
    proxy_send_text(exchange, text);
}

static void send_port(struct proxy_exchange *exchange)
{
    proxy_send_byte(exchange, exchange->request->port >> 8);
    proxy_send_byte(exchange, exchange->request->port & 0xFF);
}

/* ---- SOCKS5 (RFC 1928, RFC 1929) ---- */

static const char *const socks5_replies[] = {
    NULL,
    N_("general failure"),
    N_("not allowed by its rules"),
    N_("Network unreachable"),
    N_("Host unreachable"),
    N_("Connection refused"),
    N_("TTL expired"),
    N_("CONNECT is not supported"),
    N_("this kind of address is not supported"),
};

static void judge_address(struct proxy_exchange *exchange)
{
    switch (exchange->in[3]) {
    case BY_IPV4: proxy_await(exchange, 4 + 4 + 2, proxy_finish); break;
    case BY_IPV6: proxy_await(exchange, 4 + 16 + 2, proxy_finish); break;
    case BY_NAME: proxy_await(exchange, 4 + 1 + exchange->in[4] + 2, proxy_finish); break;
    default:
        proxy_fail(exchange, "the proxy answered with an unknown kind of address, %u",
                   exchange->in[3]);
    }
}

/* A failure may be shorter than a success. */
static void judge_reply(struct proxy_exchange *exchange)
{
    unsigned code = exchange->in[1];

    if (exchange->in[0] != SOCKS5)
        proxy_fail(exchange, "the proxy's answer is not of SOCKS5");
    else if (!code)
        proxy_await(exchange, 5, judge_address);
    else if (code < sizeof socks5_replies / sizeof *socks5_replies)
        proxy_fail(exchange, "the proxy answered '%s'", language_text(socks5_replies[code]));
    else
        proxy_fail(exchange, "the proxy answered with error %u", code);
}

static void ask_socks5(struct proxy_exchange *exchange)
{
    static const unsigned char head[] = {SOCKS5, CONNECT, 0};
    const char *host = exchange->request->host;
    unsigned char address[sizeof(struct in6_addr)];

    proxy_send(exchange, head, sizeof head);
    if (inet_pton(AF_INET, host, address) == 1) {
        proxy_send_byte(exchange, BY_IPV4);
        proxy_send(exchange, address, sizeof(struct in_addr));
    } else if (inet_pton(AF_INET6, host, address) == 1) {
        proxy_send_byte(exchange, BY_IPV6);
        proxy_send(exchange, address, sizeof address);
    } else {
        proxy_send_byte(exchange, BY_NAME);
        send_counted(exchange, host);
    }
    send_port(exchange);
    proxy_expect(exchange, 2, judge_reply);
}

/* Some servers answer with the version of SOCKS instead of the login's, so only the status counts.
 */
static void judge_login(struct proxy_exchange *exchange)
{
    if (exchange->in[1])
        proxy_refuse_login(exchange);
    else
        ask_socks5(exchange);
}

static void log_in(struct proxy_exchange *exchange)
{
    proxy_send_byte(exchange, LOGIN_VERSION);
    send_counted(exchange, exchange->request->user);
    send_counted(exchange, exchange->request->password);
    proxy_expect(exchange, 2, judge_login);
}

static void judge_method(struct proxy_exchange *exchange)
{
    unsigned method = exchange->in[1];
    bool has_login = exchange->request->user != NULL;

    if (exchange->in[0] != SOCKS5)
        proxy_fail(exchange, exchange->in[0] == 'H'
                                 ? N_("the proxy does not speak SOCKS5; is it http://HOST:PORT?")
                                 : N_("the proxy does not speak SOCKS5"));
    else if (method == NO_LOGIN)
        ask_socks5(exchange);
    else if (method == BY_PASSWORD && has_login)
        log_in(exchange);
    else if (!has_login && (method == NO_METHOD || method == BY_PASSWORD))
        proxy_fail(exchange, PROXY_WANTS_LOGIN);
    else if (method == NO_METHOD)
        proxy_fail(exchange, "the proxy takes no login with user and password");
    else
        proxy_fail(exchange, "the proxy chose login method %u, which was not offered", method);
}

void socks5_begin(struct proxy_exchange *exchange)
{
    bool has_login = exchange->request->user != NULL;

    proxy_send_byte(exchange, SOCKS5);
    proxy_send_byte(exchange, 1 + has_login);
    proxy_send_byte(exchange, NO_LOGIN);
    if (has_login)
        proxy_send_byte(exchange, BY_PASSWORD);
    proxy_expect(exchange, 2, judge_method);
}

/* ---- SOCKS4a (its description by Ying-Da Lee, without an RFC) ---- */

static void judge_socks4(struct proxy_exchange *exchange)
{
    static const char *const replies[] = {N_("request rejected or failed"),
                                          N_("no identd answers on this machine"),
                                          N_("identd names another user")};
    unsigned code = exchange->in[1];

    if (exchange->in[0])
        proxy_fail(exchange, "the proxy does not speak SOCKS4a");
    else if (code == SOCKS4_GRANTED)
        proxy_await(exchange, 8, proxy_finish);
    else if (code > SOCKS4_GRANTED && code - SOCKS4_GRANTED - 1 < sizeof replies / sizeof *replies)
        proxy_fail(exchange, "the proxy answered '%s'",
                   language_text(replies[code - SOCKS4_GRANTED - 1]));
    else
        proxy_fail(exchange, "the proxy answered with error %u", code);
}

/* 0.0.0.1 says that a name follows. */
void socks4_begin(struct proxy_exchange *exchange)
{
    static const unsigned char by_name[] = {0, 0, 0, 1};
    const struct proxy_request *request = exchange->request;
    unsigned char address[sizeof(struct in_addr)];
    bool is_name = inet_pton(AF_INET, request->host, address) != 1;

    proxy_send_byte(exchange, SOCKS4);
    proxy_send_byte(exchange, CONNECT);
    send_port(exchange);
    proxy_send(exchange, is_name ? by_name : address, sizeof address);
    if (request->user)
        proxy_send_text(exchange, request->user);
    proxy_send_byte(exchange, 0);
    if (is_name)
        proxy_send(exchange, request->host, strlen(request->host) + 1);
    proxy_expect(exchange, 2, judge_socks4);
}
