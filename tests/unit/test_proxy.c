/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "net/proxy.h"

static void proxies_are_read_as_written(void **state)
{
    static const struct {
        const char *written;
        enum proxy_kind kind;
        const char *label;
    } rows[] = {
        {"proxy", PROXY_HTTP, "proxy:1080"},
        {"proxy:3128", PROXY_HTTP, "proxy:3128"},
        {"http://proxy:3128/", PROXY_HTTP, "proxy:3128"},
        {"HTTP://proxy", PROXY_HTTP, "proxy:1080"},
        {"http:3128", PROXY_HTTP, "http:3128"},
        {"socks5://::1", PROXY_SOCKS5, "[::1]:1080"},
        {"2001:db8::a:b", PROXY_HTTP, "[2001:db8::a:b]:1080"},
        {"socks5://[::1]", PROXY_SOCKS5, "[::1]:1080"},
        {"socks5://[::1]:99", PROXY_SOCKS5, "[::1]:99"},
        {"socks5h://****@127.0.0.1:99", PROXY_SOCKS5, "127.0.0.1:99"},
        {"socks4a://***@proxy", PROXY_SOCKS4A, "proxy:1080"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char label[ADDRESS_LABEL];
        struct proxy proxy;

        assert_int_equal(proxy_parse(&proxy, rows[i].written, NULL), 0);
        assert_int_equal(proxy.kind, rows[i].kind);
        address_label(&proxy.address, label);
        assert_string_equal(label, rows[i].label);
    }
}

static void mistakes_are_explained(void **state)
{
    static const char *const rows[][2] = {
        {"ftp://proxy", "'ftp' is no kind of proxy; these are http, socks5, socks5h and socks4a"},
        {"https://proxy",
         "https://: TLS to the proxy itself is not in this version; http:// asks without"},
        {"socks4://proxy", "socks4://: write socks4a://, where the proxy looks names up"},
        {"http://", "the host of the proxy is missing; write HOST:PORT"},
        {"", "the host of the proxy is missing; write HOST:PORT"},
        {"1080", "'1080' has no host; write HOST:1080"},
        {"socks5://:1080", "':1080' has no host; write HOST:1080"},
        {"http://proxy:80/path", "'proxy:80/path': a proxy has no path; write HOST:PORT"},
        {"http://proxy:80?x", "'proxy:80?x': a proxy has no path; write HOST:PORT"},
        {"socks5:proxy:1", "'socks5:proxy:1': a scheme has :// behind it; write socks5://proxy:1"},
        {"http:/proxy", "'http:/proxy': a scheme has :// behind it; write http://proxy"},
        {"HTTP//proxy:1", "'HTTP//proxy:1': a scheme has :// behind it; write http://proxy:1"},
        {"socks5://::1:1080",
         "'::1:1080' is an IPv6 address with or without a port; write [ADDRESS]:PORT"},
        {"proxy:0x1", "'0x1' is neither a port number nor a service that this system knows"},
        {"unix:x", "'unix:x': a proxy is reached at HOST:PORT"},
        {"unix:/x", "'unix:/x': a proxy is reached at HOST:PORT"},
        {"http://proxy:0", "'proxy:0': no proxy is reached at port 0"},
        {"http:// proxy:1", "' proxy:1' is no HOST:PORT of a proxy"},
        {"a b", "'a b' is no HOST:PORT of a proxy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proxy proxy;
        struct err err;

        assert_int_equal(proxy_parse(&proxy, rows[i][0], &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_string_equal(err.sentence, rows[i][1]);
    }
}

static void expect_login(const char *written, const char *masked, const char *user,
                         const char *password)
{
    struct proxy_login login;
    char copy[64], *taken;

    strcpy(copy, written);
    taken = proxy_take_login(copy);
    assert_string_equal(copy, masked);
    assert_int_equal(!taken, !user);
    if (!taken)
        return;
    assert_int_equal(proxy_read_login(&login, taken, true, NULL), 0);
    assert_string_equal(login.user, user);
    assert_string_equal(login.password, password);
    free(taken);
}

static void login_is_taken_out(void **state)
{
    (void)state;
    expect_login("socks5://al:pw@h:1", "socks5://*****@h:1", "al", "pw");
    expect_login("al@h", "**@h", "al", "");
    expect_login("al:p@w:x@h", "********@h", "al", "p@w:x");
    expect_login("http://a%3Al:%40%25@h", "http://************@h", "a:l", "@%");
    expect_login("http://h:1", "http://h:1", NULL, NULL);
}

static void broken_logins_are_refused_without_their_text(void **state)
{
    static const char *const encoded[] = {"a%00b:secret", "a:secret%zz", "a:secret%0", "%:secret",
                                          "a:secret%"};
    char written[600];
    struct proxy_login login;
    struct err err;

    (void)state;
    memset(written, 'x', sizeof written - 1);
    written[sizeof written - 1] = '\0';
    assert_int_equal(proxy_read_login(&login, written, false, &err), -1);
    assert_null(strstr(err.sentence, "xx"));
    written[100] = ':';
    assert_int_equal(proxy_read_login(&login, written, false, &err), -1);
    assert_int_equal(proxy_read_login(&login, ":secret", false, &err), -1);
    assert_null(strstr(err.sentence, "secret"));
    for (size_t i = 0; i < sizeof encoded / sizeof *encoded; i++) {
        assert_int_equal(proxy_read_login(&login, encoded[i], true, &err), -1);
        assert_null(strstr(err.sentence, "secret"));
        assert_int_equal(proxy_read_login(&login, encoded[i], false, &err), 0);
    }
    assert_int_equal(proxy_read_login(&login, "", false, &err), -1);
    assert_int_equal(proxy_read_login(&login, "a%00b:secret", false, &err), 0);
}

static void exempt_hosts_are_those_of_curl(void **state)
{
    static const struct {
        const char *list, *host;
        bool is_exempt;
    } rows[] = {
        {"*", "anything", true},
        {"", "a.org", false},
        {"a.org", "a.org", true},
        {"A.org", "www.a.ORG.", true},
        {".a.org", "a.org", true},
        {"a.org.", "b.a.org", true},
        {"a.org", "aa.org", false},
        {"b.org, a.org", "a.org", true},
        {"b.org a.org", "a.org", true},
        {"org", "a.org", true},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.0/8", "127.1.2.3", true},
        {"10.0.0.0/8,192.0.2.0/24", "192.0.3.1", false},
        {"::1", "::1", true},
        {"fe80::/10", "fe80::5", true},
        {"1", "0.0.0.1", false},
        {"0.1", "127.0.0.1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(proxy_is_exempt(rows[i].list, rows[i].host), rows[i].is_exempt);
}

static void words_that_fit_no_host_are_found(void **state)
{
    static const char *const rows[][2] = {
        {"*", NULL},
        {"", NULL},
        {"a.org, .b.org 10.0.0.0/8,::1,[fe80::]/10,c.org.", NULL},
        {"a.org,*.b.org", "*.b.org"},
        {"127.*", "127.*"},
        {"a.org:80,b.org", "a.org:80"},
        {"a.org;b.org", "a.org;b.org"},
        {"a.org,*", "*"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = 0;
        const char *word = proxy_find_odd(rows[i][0], &length);

        assert_int_equal(!word, !rows[i][1]);
        if (word) {
            assert_int_equal(length, strlen(rows[i][1]));
            assert_memory_equal(word, rows[i][1], length);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxies_are_read_as_written),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(login_is_taken_out),
        cmocka_unit_test(broken_logins_are_refused_without_their_text),
        cmocka_unit_test(exempt_hosts_are_those_of_curl),
        cmocka_unit_test(words_that_fit_no_host_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
