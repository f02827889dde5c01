/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "net/proxy_handshake.h"

#define BYTES(text) (text), sizeof(text) - 1

static const struct proxy_request socks5 = {PROXY_SOCKS5, "example.org", 80, NULL, NULL};
static const struct proxy_request socks5_login = {PROXY_SOCKS5, "example.org", 80, "alice",
                                                  "pa:ss"};
static const struct proxy_request socks5_user = {PROXY_SOCKS5, "example.org", 80, "alice", ""};
static const struct proxy_request socks4 = {PROXY_SOCKS4A, "example.org", 80, NULL, NULL};
static const struct proxy_request http = {PROXY_HTTP, "example.org", 80, NULL, NULL};
static const struct proxy_request http_login = {PROXY_HTTP, "::1", 8080, "alice", "pa:ss"};

static struct proxy_exchange exchange;

/* Feeds byte by byte: each byte is taken until the handshake is over, and none after that. */
static enum proxy_progress feed(const struct proxy_request *request, const char *bytes, size_t n,
                                size_t *taken)
{
    enum proxy_progress progress = PROXY_ASKS;

    proxy_handshake_init(&exchange, request);
    for (*taken = 0; *taken < n && progress == PROXY_ASKS; ++*taken) {
        size_t used = 0;

        progress = proxy_handshake_feed(&exchange, bytes + *taken, 1, &used);
        assert_int_equal(used, 1);
    }
    return progress;
}

static void expect_done(const struct proxy_request *request, const char *bytes, size_t n)
{
    for (size_t rest = 0; rest < 3; rest++) {
        char longer[512];
        size_t taken, used;

        memcpy(longer, bytes, n);
        memcpy(longer + n, "xyz", 3);
        assert_int_equal(feed(request, longer, n + rest, &taken), PROXY_DONE);
        assert_int_equal(taken, n);
        proxy_handshake_init(&exchange, request);
        assert_int_equal(proxy_handshake_feed(&exchange, longer, n + rest, &used), PROXY_DONE);
        assert_int_equal(used, n);
    }
    for (size_t cut = 0; cut < n; cut++) {
        size_t taken;

        assert_int_equal(feed(request, bytes, cut, &taken), PROXY_ASKS);
        assert_int_equal(taken, cut);
    }
}

static void expect_failed(const struct proxy_request *request, const char *bytes, size_t n,
                          const char *reason)
{
    size_t taken;

    assert_int_equal(feed(request, bytes, n, &taken), PROXY_FAILED);
    assert_string_equal(exchange.reason, reason);
}

static void expect_out(const char *bytes, size_t n)
{
    assert_int_equal(exchange.out_length, n);
    assert_memory_equal(exchange.out, bytes, n);
}

static void socks5_asks_by_name(void **state)
{
    (void)state;
    expect_done(&socks5, BYTES("\5\0\5\0\0\1\1\2\3\4\0\120"));
    expect_out(BYTES("\5\1\0"
                     "\5\1\0\3\13example.org\0\120"));
}

static void socks5_asks_by_address(void **state)
{
    struct proxy_request request = socks5;

    (void)state;
    request.host = "192.0.2.1";
    expect_done(&request, BYTES("\5\0\5\0\0\1\1\2\3\4\0\120"));
    expect_out(BYTES("\5\1\0\5\1\0\1\300\0\2\1\0\120"));
    request.host = "::1";
    expect_done(&request, BYTES("\5\0\5\0\0\4abcdabcdabcdabcd\0\120"));
    expect_out(BYTES("\5\1\0\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\120"));
}

static void socks5_logs_in_if_asked(void **state)
{
    (void)state;
    expect_done(&socks5_login, BYTES("\5\2\1\0\5\0\0\1\1\2\3\4\0\120"));
    expect_out(BYTES("\5\2\0\2"
                     "\1\5alice\5pa:ss"
                     "\5\1\0\3\13example.org\0\120"));
    expect_done(&socks5_login, BYTES("\5\0\5\0\0\1\1\2\3\4\0\120"));
}

static void socks5_reply_may_have_a_name_of_any_length(void **state)
{
    (void)state;
    for (unsigned length = 0; length < 256; length++) {
        char bytes[2 + 5 + 255 + 2 + 3] = "\5\0\5\0\0\3";

        bytes[6] = (char)length;
        expect_done(&socks5, bytes, 2 + 5 + length + 2);
    }
}

static void socks5_replies_are_told(void **state)
{
    (void)state;
    for (unsigned code = 1; code < 256; code++) {
        char bytes[] = {5, 0, 5, (char)code};
        size_t taken;

        assert_int_equal(feed(&socks5, bytes, sizeof bytes, &taken), PROXY_FAILED);
        assert_true(*exchange.reason);
    }
    expect_failed(&socks5, BYTES("\5\0\5\5"), "the proxy answered 'Connection refused'");
    expect_failed(&socks5, BYTES("\5\0\5\11"), "the proxy answered with error 9");
    expect_failed(&socks5, BYTES("\5\0\4\0"), "the proxy's answer is not of SOCKS5");
    expect_failed(&socks5, BYTES("\5\0\5\0\0\2\0"),
                  "the proxy answered with an unknown kind of address, 2");
}

static void socks5_logins_are_told(void **state)
{
    (void)state;
    expect_failed(&socks5, BYTES("\5\377"), PROXY_WANTS_LOGIN);
    expect_failed(&socks5, BYTES("\5\2"), PROXY_WANTS_LOGIN);
    expect_failed(&socks5_login, BYTES("\5\2\1\1"), "the proxy refused the user or the password");
    expect_failed(&socks5_user, BYTES("\5\2\1\1"),
                  "the proxy refused the user, who was given no password; write USER:PASS");
    expect_failed(&socks5_login, BYTES("\5\377"),
                  "the proxy takes no login with user and password");
    expect_failed(&socks5, BYTES("\5\1"), "the proxy chose login method 1, which was not offered");
    expect_failed(&socks5, BYTES("HT"), "the proxy does not speak SOCKS5; is it http://HOST:PORT?");
}

static void socks4_asks_by_name_or_address(void **state)
{
    struct proxy_request request = socks4;

    (void)state;
    expect_done(&socks4, BYTES("\0\132abcdef"));
    expect_out(BYTES("\4\1\0\120\0\0\0\1\0example.org\0"));
    request.host = "192.0.2.1";
    request.user = "alice";
    request.password = "";
    expect_done(&request, BYTES("\0\132abcdef"));
    expect_out(BYTES("\4\1\0\120\300\0\2\1alice\0"));
}

static void socks4_replies_are_told(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        char bytes[] = {0, (char)code};
        size_t taken;

        assert_int_equal(feed(&socks4, bytes, sizeof bytes, &taken),
                         code == 90 ? PROXY_ASKS : PROXY_FAILED);
    }
    expect_failed(&socks4, BYTES("\0\133"), "the proxy answered 'request rejected or failed'");
    expect_failed(&socks4, BYTES("\5\0"), "the proxy does not speak SOCKS4a");
}

static void http_asks_by_connect(void **state)
{
    (void)state;
    expect_done(&http, BYTES("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n"));
    expect_out(BYTES("CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n"));
    expect_done(&http_login, BYTES("HTTP/1.0 299\n\n"));
    expect_out(BYTES("CONNECT [::1]:8080 HTTP/1.1\r\nHost: [::1]:8080\r\n"
                     "Proxy-Authorization: Basic YWxpY2U6cGE6c3M=\r\n\r\n"));
    expect_done(&http, BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\n\r\n"));
}

static void http_replies_are_told(void **state)
{
    (void)state;
    expect_failed(&http, BYTES("HTTP/1.1 403 Filtered\r\n\r\n"),
                  "the proxy answered '403 Filtered'");
    expect_failed(&http, BYTES("HTTP/1.1 502 \033[31m\0\377\r\n\r\n"),
                  "the proxy answered '502 ^[[31m?\\xFF'");
    expect_failed(&http_login, BYTES("HTTP/1.1 403 no alice:pa:ss\r\n\r\n"),
                  "the proxy answered '403'");
    expect_failed(&http,
                  BYTES("HTTP/1.1 503 Service Unavailable\r\nServer: squid/5.7\r\n"
                        "x-squid-error: ERR_CONNECT_FAIL 111\r\nVia: x\r\n\r\n"),
                  "the proxy answered '503 Service Unavailable' (ERR_CONNECT_FAIL 111)");
    expect_failed(&http, BYTES("HTTP/1.1 502 x\nProxy-Status: p; error=dns_timeout\x1b\n\n"),
                  "the proxy answered '502 x' (p; error=dns_timeout^[)");
    expect_failed(&http_login, BYTES("HTTP/1.1 403 x\r\nX-Squid-Error: pa:ss\r\n\r\n"),
                  "the proxy answered '403 x'");
    expect_failed(&http, BYTES("HTTP/1.1 403 x\r\nX-Squid-Error: \r\n\r\n"),
                  "the proxy answered '403 x'");
    expect_failed(&http, BYTES("HTTP/1.1 502Di\r\n\r\n"), "the proxy's answer is not of HTTP");
    expect_failed(&http, BYTES("HTTP/1.1 20 OK\r\n\r\n"), "the proxy's answer is not of HTTP");
    expect_failed(&http, BYTES("HTTP/1.1\r\n\r\n"), "the proxy's answer is not of HTTP");
    expect_failed(&http, BYTES("HTTP/1.1 2000\r\n\r\n"), "the proxy's answer is not of HTTP");
    expect_failed(&http, BYTES("SSH"), "the proxy does not speak HTTP");
    expect_failed(&http, BYTES("\5"), "the proxy does not speak HTTP; is it socks5://HOST:PORT?");
}

static void http_logins_are_told(void **state)
{
    (void)state;
    expect_failed(&http,
                  BYTES("HTTP/1.1 407 x\r\nProxy-Authenticate: Digest realm=\"Basic\"\r\n"
                        "proxy-authenticate:\tbasic realm=x\r\n\r\n"),
                  PROXY_WANTS_LOGIN);
    expect_failed(&http_login, BYTES("HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"),
                  "the proxy refused the user or the password");
    expect_failed(&http_login,
                  BYTES("HTTP/1.1 407 x\r\nProxy-Authenticate: Digest realm=x\r\n\r\n"),
                  "the proxy wants a login with Digest, of which tcpchat knows Basic alone; has it "
                  "a port for SOCKS5?");
    expect_failed(&http, BYTES("HTTP/1.1 407 x\r\nX: Basic\r\n\r\n"),
                  "the proxy wants a login with another scheme, of which tcpchat knows Basic "
                  "alone; has it a port for SOCKS5?");
}

static void http_head_has_an_end_within_8_kib(void **state)
{
    char head[PROXY_HEAD + 4] = "HTTP/1.1 200 OK\r\nX: ";
    size_t used;

    (void)state;
    memset(head + 20, 'x', sizeof head - 20);
    memcpy(head + PROXY_HEAD - 4, "\r\n\r\nmore", 8);
    proxy_handshake_init(&exchange, &http);
    assert_int_equal(proxy_handshake_feed(&exchange, head, sizeof head, &used), PROXY_DONE);
    assert_int_equal(used, PROXY_HEAD);
    memcpy(head + PROXY_HEAD - 4, "x\r\n\r\n", 5);
    proxy_handshake_init(&exchange, &http);
    assert_int_equal(proxy_handshake_feed(&exchange, head, sizeof head, &used), PROXY_FAILED);
    assert_string_equal(exchange.reason, "the proxy's answer has no end within 8192 bytes");
}

static void longest_request_fits(void **state)
{
    char part[PROXY_LOGIN_PART + 1];
    struct proxy_request request = {PROXY_HTTP, part, 65535, part, part};

    (void)state;
    memset(part, 'x', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    for (int kind = PROXY_HTTP; kind <= PROXY_SOCKS5; kind++) {
        size_t taken;

        request.kind = (enum proxy_kind)kind;
        assert_int_equal(proxy_request_check(&request, NULL), 0);
        feed(&request, BYTES("\5\2\1\0"), &taken);
        assert_in_range(exchange.out_length, 512, PROXY_OUT);
    }
}

static void requests_that_cannot_be_said_are_refused(void **state)
{
    static const struct {
        struct proxy_request request;
        const char *sentence;
    } rows[] = {
        {{PROXY_HTTP, "a b", 1, NULL, NULL}, "a proxy cannot be asked for 'a b'"},
        {{PROXY_HTTP, "a\r\nb", 1, NULL, NULL}, "a proxy cannot be asked for 'a\r\nb'"},
        {{PROXY_SOCKS5, "fe80::1%lo", 1, NULL, NULL},
         "a proxy cannot be asked for 'fe80::1%lo': an interface is of this machine alone"},
        {{PROXY_SOCKS4A, "::1", 1, NULL, NULL},
         "SOCKS4a has no IPv6, so it cannot be asked for '::1'; is it socks5://?"},
        {{PROXY_SOCKS4A, "a", 1, "alice", "secret"},
         "SOCKS4a knows a user but no password; is it socks5://?"},
        {{PROXY_SOCKS5, "a", 1, "", "secret"},
         "the user and the password for a proxy have 1 to 255 bytes each"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;

        assert_int_equal(proxy_request_check(&rows[i].request, &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_string_equal(err.sentence, rows[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socks5_asks_by_name),
        cmocka_unit_test(socks5_asks_by_address),
        cmocka_unit_test(socks5_logs_in_if_asked),
        cmocka_unit_test(socks5_reply_may_have_a_name_of_any_length),
        cmocka_unit_test(socks5_replies_are_told),
        cmocka_unit_test(socks5_logins_are_told),
        cmocka_unit_test(socks4_asks_by_name_or_address),
        cmocka_unit_test(socks4_replies_are_told),
        cmocka_unit_test(http_asks_by_connect),
        cmocka_unit_test(http_replies_are_told),
        cmocka_unit_test(http_logins_are_told),
        cmocka_unit_test(http_head_has_an_end_within_8_kib),
        cmocka_unit_test(longest_request_fits),
        cmocka_unit_test(requests_that_cannot_be_said_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
