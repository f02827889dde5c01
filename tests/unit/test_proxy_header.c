/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "net/proxy_header.h"

#define BYTES(text) (text), sizeof(text) - 1
#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define IPV4 "\300\0\2\1\300\0\2\2\317\202\0\120"

static struct proxy_header header;

/* Byte by byte, each is taken until there is an answer, which the same bytes at once have, too. */
static enum proxy_header_answer feed(const char *bytes, size_t n, size_t *taken)
{
    enum proxy_header_answer answer = PROXY_HEADER_MORE;
    struct proxy_header whole = {.length = 0};
    size_t used;

    header = (struct proxy_header){.length = 0};
    for (*taken = 0; *taken < n && answer == PROXY_HEADER_MORE; ++*taken) {
        answer = proxy_header_feed(&header, bytes + *taken, 1, &used);
        assert_int_equal(used, 1);
    }
    assert_int_equal(proxy_header_feed(&whole, bytes, n, &used), answer);
    assert_int_equal(used, *taken);
    return answer;
}

/* A header that names this peer; NULL: nobody. Bytes behind it are not taken. */
static void expect_peer(const char *bytes, size_t n, const char *name)
{
    char longer[1024], label[ADDRESS_LABEL];
    size_t taken;

    memcpy(longer, bytes, n);
    memcpy(longer + n, "PROXY \r\n", 8);
    assert_int_equal(feed(longer, n + 8, &taken), PROXY_HEADER_DONE);
    assert_int_equal(taken, n);
    assert_int_equal(header.has_peer, name != NULL);
    if (name) {
        endpoint_label(&header.peer, label);
        assert_string_equal(label, name);
    }
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(feed(bytes, cut, &taken), PROXY_HEADER_MORE);
}

static void expect_broken(const char *bytes, size_t n, const char *fault)
{
    size_t taken;

    assert_int_equal(feed(bytes, n, &taken), PROXY_HEADER_BROKEN);
    assert_string_equal(header.fault, fault);
}

static void lines_name_the_peer(void **state)
{
    (void)state;
    expect_peer(BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 53122 80\r\n"), "192.0.2.1:53122");
    expect_peer(BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
                "255.255.255.255:65535");
    expect_peer(BYTES("PROXY TCP6 2001:db8::1 ::1 1 0\r\n"), "[2001:db8::1]:1");
    expect_peer(BYTES("PROXY UNKNOWN\r\n"), NULL);
    expect_peer(BYTES("PROXY UNKNOWN ffff::1 whatever\r\n"), NULL);
}

static void broken_lines_are_refused(void **state)
{
    static const char *const wrong[] = {
        "PROXY \r\n",
        "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n",
        "PROXY unknown\r\n",
    };
    char longest[PROXY_HEADER_LINE + 1] = "PROXY UNKNOWN ";

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_broken(wrong[i], strlen(wrong[i]),
                      "its header of the PROXY protocol has no right addresses");
    expect_broken(BYTES("GET / HTTP/1.1\r\n"), "it began without a header of the PROXY protocol");
    expect_broken(BYTES("PROXX"), "it began without a header of the PROXY protocol");
    expect_broken(BYTES("PROXY UNKNOWN\n"),
                  "its header of the PROXY protocol ends with LF alone; the end of version 1 is "
                  "CR LF");
    expect_broken(BYTES("PROXY UNKNOWN\0\r\n"), "its header of the PROXY protocol has a NUL");
    memset(longest + 14, 'x', PROXY_HEADER_LINE - 14);
    expect_broken(longest, PROXY_HEADER_LINE,
                  "its header of the PROXY protocol has no end in 107 bytes");
    memcpy(longest + PROXY_HEADER_LINE - 2, "\r\n", 2);
    expect_peer(longest, PROXY_HEADER_LINE, NULL);
}

static void binary_headers_name_the_peer(void **state)
{
    char path[PROXY_HEADER_KEPT] = V2 "\x21\x31\0\xD8/run/peer";

    (void)state;
    expect_peer(BYTES(V2 "\x21\x11\0\x0C" IPV4), "192.0.2.1:53122");
    expect_peer(BYTES(V2 "\x21\x21\0\x24 \1\15\270\0\0\0\0\0\0\0\0\0\0\0\1"
                         "ABCDABCDABCDABCD\317\202\0\120"),
                "[2001:db8::1]:53122");
    expect_peer(path, sizeof path, "unix:/run/peer");
    memset(path + PROXY_HEADER_V2, 'x', PROXY_HEADER_UNIX);
    expect_peer(
        path, sizeof path,
        "unix:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void further_fields_are_skipped(void **state)
{
    char many[PROXY_HEADER_V2 + 700] = V2 "\x21\x11\2\xBC" IPV4;

    (void)state;
    expect_peer(BYTES(V2 "\x21\x11\0\x10" IPV4 "\4\0\1x"), "192.0.2.1:53122");
    expect_peer(many, sizeof many, "192.0.2.1:53122");
}

static void binary_headers_may_name_nobody(void **state)
{
    (void)state;
    expect_peer(BYTES(V2 "\x20\0\0\0"), NULL);
    expect_peer(BYTES(V2 "\x20\x11\0\x0C" IPV4), NULL);
    expect_peer(BYTES(V2 "\x21\0\0\3xyz"), NULL);
    expect_peer(BYTES(V2 "\x21\x12\0\x0C" IPV4), NULL);
}

static void broken_binary_headers_are_refused(void **state)
{
    (void)state;
    expect_broken(BYTES("\r\n\r\n\0\r\nQUIX"), "it began without a header of the PROXY protocol");
    expect_broken(BYTES(V2 "\x11"), "its header of the PROXY protocol has an unknown version");
    expect_broken(BYTES(V2 "\x22"), "its header of the PROXY protocol has an unknown command");
    expect_broken(BYTES(V2 "\x21\x11\0\x0B" IPV4),
                  "its header of the PROXY protocol is too short for its addresses");
    expect_broken(BYTES(V2 "\x21\x21\0\x0C" IPV4),
                  "its header of the PROXY protocol is too short for its addresses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_name_the_peer),
        cmocka_unit_test(broken_lines_are_refused),
        cmocka_unit_test(binary_headers_name_the_peer),
        cmocka_unit_test(further_fields_are_skipped),
        cmocka_unit_test(binary_headers_may_name_nobody),
        cmocka_unit_test(broken_binary_headers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
