/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http_connect.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/language.h"
#include "text/safetext.h"

enum {
    LOGIN = 407,
    LOGIN_OF_SERVERS = 401, /* tinyproxy says that of itself */
    CONTINUE_MAX = 199,
    SUCCESS_MAX = 299,
    STATUS = 9, /* its offset in "HTTP/1.1 200" */
    CODE = 3,   /* its digits */
    SOCKS_VERSION = 5,
};

static const char http_begin[] = "HTTP/1.";

/* Whether a field Proxy-Authenticate of the head names the scheme (RFC 9110, section 11.7.1). */
static bool offers(const struct proxy_exchange *exchange, const char *scheme)
{
    static const char field[] = "\nProxy-Authenticate:";
    const char *head = (const char *)exchange->in, *end = head + exchange->length;
    size_t length = strlen(scheme);
    bool is_field = false;

    for (const char *at = head; at + length < end; at++) {
        if (*at == '\n')
            is_field =
                (size_t)(end - at) >= sizeof field && !strncasecmp(at, field, sizeof field - 1);
        if (is_field && !strncasecmp(at, scheme, length) && strchr(" \t,:", at[-1]) &&
            strchr(" \t,\r\n", at[length]))
            return true;
    }
    return false;
}

/* The rest of a line of the head, made safe. False: it repeats the password. */
static bool copy_line(const struct proxy_exchange *exchange, const unsigned char *from, char *text,
                      size_t size)
{
    const char *password = exchange->request->password;
    char line[PROXY_REASON];
    size_t n = 0;

    for (; n < sizeof line - 1 && from[n] != '\r' && from[n] != '\n'; n++)
        line[n] = from[n] ? (char)from[n] : '?';
    line[n] = '\0';
    safetext_line(text, size, line);
    return !password || !*password || !strstr(text, password);
}

/* The reason of squid, or that of RFC 9209, which say more than a status. NULL: there is none. */
static const unsigned char *find_reason(const struct proxy_exchange *exchange)
{
    static const char *const fields[] = {"\nX-Squid-Error: ", "\nProxy-Status: "};
    const char *head = (const char *)exchange->in, *end = head + exchange->length;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t length = strlen(fields[i]);

        for (const char *at = head; at + length < end; at++)
            if (!strncasecmp(at, fields[i], length))
                return (const unsigned char *)at + length;
    }
    return NULL;
}

/* "403 Filtered" of the status line; the number alone where the proxy repeats the password. */
static void refuse_status(struct proxy_exchange *exchange)
{
    const unsigned char *more = find_reason(exchange);
    char status[PROXY_REASON / 2], reason[PROXY_REASON / 3];

    if (!copy_line(exchange, exchange->in + STATUS, status, sizeof status))
        status[CODE] = '\0';
    if (more && copy_line(exchange, more, reason, sizeof reason) && *reason)
        proxy_fail(exchange, "the proxy answered '%s' (%s)", status, reason);
    else
        proxy_fail(exchange, "the proxy answered '%s'", status);
}

static bool ends_code(char c)
{
    return c == ' ' || c == '\r' || c == '\n';
}

static void judge_login(struct proxy_exchange *exchange)
{
    if (exchange->request->user)
        proxy_refuse_login(exchange);
    else
        proxy_fail(exchange, PROXY_WANTS_LOGIN);
}

static void judge_http_login(struct proxy_exchange *exchange)
{
    if (offers(exchange, "Basic"))
        judge_login(exchange);
    else
        proxy_fail(exchange,
                   offers(exchange, "Digest")
                       ? N_("the proxy wants a login with Digest, of which tcpchat knows Basic "
                            "alone; has it a port for SOCKS5?")
                       : N_("the proxy wants a login with another scheme, of which tcpchat knows "
                            "Basic alone; has it a port for SOCKS5?"));
}

static void judge_head(struct proxy_exchange *exchange);

static void judge_status(struct proxy_exchange *exchange)
{
    const char *head = (const char *)exchange->in;
    char code[4] = {head[STATUS], head[STATUS + 1], head[STATUS + 2]};
    int number = exchange->length > STATUS + CODE ? ascii_number(code, CODE) : -1;

    if (number < 100 || head[STATUS - 1] != ' ' || !ends_code(head[STATUS + CODE])) {
        proxy_fail(exchange, "the proxy's answer is not of HTTP");
    } else if (number <= CONTINUE_MAX) {
        proxy_expect(exchange, 1, judge_head);
    } else if (number <= SUCCESS_MAX) {
        proxy_finish(exchange);
    } else if (number == LOGIN) {
        judge_http_login(exchange);
    } else if (number == LOGIN_OF_SERVERS) {
        judge_login(exchange);
    } else {
        refuse_status(exchange);
    }
}

/* An empty line ends the head; lines may end with LF alone (RFC 9112, section 2.2). */
static bool is_whole(const unsigned char *head, size_t n)
{
    return n > 1 && head[n - 1] == '\n' &&
           (head[n - 2] == '\n' || (n > 2 && head[n - 2] == '\r' && head[n - 3] == '\n'));
}

/* A server of another protocol is recognised at its first bytes, which may be its last. */
static void judge_head(struct proxy_exchange *exchange)
{
    size_t n = exchange->length, begin = sizeof http_begin - 1;

    if (memcmp(exchange->in, http_begin, n < begin ? n : begin) != 0)
        proxy_fail(exchange, exchange->in[0] == SOCKS_VERSION || !exchange->in[0]
                                 ? N_("the proxy does not speak HTTP; is it socks5://HOST:PORT?")
                                 : N_("the proxy does not speak HTTP"));
    else if (is_whole(exchange->in, n))
        judge_status(exchange);
    else if (n == sizeof exchange->in)
        proxy_fail(exchange, "the proxy's answer has no end within %d bytes", PROXY_HEAD);
    else
        proxy_await(exchange, n + 1, judge_head);
}

static void send_base64(struct proxy_exchange *exchange, const char *bytes, size_t n)
{
    char text[PROXY_OUT];
    struct base64 base64 = {0};

    *base64_end(&base64, base64_put(&base64, bytes, n, text)) = '\0';
    proxy_send_text(exchange, text);
    explicit_bzero(text, sizeof text);
}

void http_connect_begin(struct proxy_exchange *exchange)
{
    const struct proxy_request *request = exchange->request;
    bool has_colon = strchr(request->host, ':');
    char head[PROXY_OUT / 2], login[2 * PROXY_LOGIN_PART + 2];

    snprintf(head, sizeof head, "CONNECT %1$s%2$s%3$s:%4$u HTTP/1.1\r\nHost: %1$s%2$s%3$s:%4$u\r\n",
             has_colon ? "[" : "", request->host, has_colon ? "]" : "", request->port);
    proxy_send_text(exchange, head);
    if (request->user) {
        snprintf(login, sizeof login, "%s:%s", request->user, request->password);
        proxy_send_text(exchange, "Proxy-Authorization: Basic ");
        send_base64(exchange, login, strlen(login));
        proxy_send_text(exchange, "\r\n");
        explicit_bzero(login, sizeof login);
    }
    proxy_send_text(exchange, "\r\n");
    proxy_expect(exchange, 1, judge_head);
}
