/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "net/address.h"

/* ---- what a person writes ---- */

static struct address taken(const char *first, const char *second, bool host_optional)
{
    struct address address;
    struct err err = {0};

    memset(&address, 0xA5, sizeof address);
    if (address_parse(&address, first, second, host_optional, &err) < 0)
        fail_msg("'%s' '%s' was refused: %s", first, second ? second : "", err.sentence);
    return address;
}

static void assert_host_port(const char *first, const char *second, bool host_optional,
                             const char *host, const char *port)
{
    struct address address = taken(first, second, host_optional);

    assert_int_equal(address.kind, ADDRESS_TCP);
    assert_string_equal(address.host, host);
    assert_string_equal(address.port, port);
}

/* Refused, with a sentence that holds these words. */
static void assert_refused(const char *first, const char *second, bool host_optional,
                           const char *words)
{
    struct address address;
    struct err err = {0};

    if (address_parse(&address, first, second, host_optional, &err) == 0)
        fail_msg("'%s' '%s' was taken", first, second ? second : "");
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.sentence, words))
        fail_msg("'%s' does not say '%s'", err.sentence, words);
}

static void two_operands(void **state)
{
    (void)state;
    for (int listens = 0; listens < 2; listens++) {
        assert_host_port("example.org", "8080", listens, "example.org", "8080");
        assert_host_port("127.0.0.1", "1", listens, "127.0.0.1", "1");
        assert_host_port("::1", "8080", listens, "::1", "8080");
        assert_host_port("[::1]", "8080", listens, "::1", "8080");
        assert_host_port("fe80::1%eth0", "65535", listens, "fe80::1%eth0", "65535");
        assert_host_port("8080", "8081", listens, "8080", "8081");
    }
}

static void one_operand_with_a_port(void **state)
{
    (void)state;
    for (int listens = 0; listens < 2; listens++) {
        assert_host_port("example.org:8080", NULL, listens, "example.org", "8080");
        assert_host_port("127.0.0.1:8080", NULL, listens, "127.0.0.1", "8080");
        assert_host_port("[::1]:8080", NULL, listens, "::1", "8080");
        assert_host_port("[fe80::1%eth0]:8080", NULL, listens, "fe80::1%eth0", "8080");
        assert_host_port("[example.org]:8080", NULL, listens, "example.org", "8080");
    }
}

static void listen_takes_a_port_alone(void **state)
{
    (void)state;
    assert_host_port("8080", NULL, true, "", "8080");
    assert_host_port("0", NULL, true, "", "0");
    assert_refused("8080", NULL, false, "which host?");
}

static void listen_takes_a_colon_and_a_port(void **state)
{
    (void)state;
    assert_host_port(":8080", NULL, true, "", "8080");
    assert_host_port(":0", NULL, true, "", "0");
    assert_refused(":8080", NULL, false, "':8080' has no host");
    assert_refused(":", NULL, true, "port");
    assert_refused(":", NULL, false, "HOST PORT");
    assert_refused("::8080", NULL, true, "[ADDRESS]:PORT");
}

static void listen_takes_inherited_sockets(void **state)
{
    static const char *const wrong[] = {"fd:", "fd:x", "fd:-1", "fd:3:4", "fd:9999999999"};
    struct address address = taken("fd:3", NULL, true);
    char label[ADDRESS_LABEL];

    (void)state;
    assert_int_equal(address.kind, ADDRESS_INHERITED);
    assert_int_equal(address.fd, 3);
    assert_int_equal(address.fds, 1);
    address_label(&address, label);
    assert_string_equal(label, "fd:3");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(wrong[i], NULL, true, "write fd:N");
    assert_host_port("fd:3", NULL, false, "fd", "3"); /* a host of that name */
}

static void abstract_sockets_have_names(void **state)
{
    (void)state;
    for (int listens = 0; listens < 2; listens++) {
        struct address address = taken("unix:@a @b", NULL, listens);

        assert_int_equal(address.kind, ADDRESS_ABSTRACT);
        assert_string_equal(address.path, "a @b");
        address = taken("unix:./@a", NULL, listens);
        assert_int_equal(address.kind, ADDRESS_PATH);
        assert_string_equal(address.path, "./@a");
        assert_refused("unix:@", NULL, listens, "unix:@NAME");
    }
}

static void services_have_names(void **state)
{
    (void)state;
    if (!getservbyname("http", "tcp"))
        skip();
    assert_host_port("example.org", "http", false, "example.org", "http");
    assert_host_port("example.org:http", NULL, false, "example.org", "http");
    assert_host_port("http", NULL, true, "", "http");
}

static void unix_sockets_have_paths(void **state)
{
    static const char *const paths[] = {"/run/chat", "chat", "a:80", "[x]:1", " "};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (int listens = 0; listens < 2; listens++) {
            char word[64];
            struct address address;

            snprintf(word, sizeof word, "unix:%s", paths[i]);
            address = taken(word, NULL, listens);
            assert_int_equal(address.kind, ADDRESS_PATH);
            assert_string_equal(address.path, paths[i]);
        }
    assert_refused("unix:", NULL, true, "unix:PATH");
    assert_refused("unix:/run/chat", "80", false, "'80'");
}

/* As long as the system has it, and one byte more. */
static void too_long_paths_are_refused(void **state)
{
    enum { LONGEST = sizeof((struct sockaddr_un *)0)->sun_path - 1 };
    char word[5 + LONGEST + 2] = "unix:";

    (void)state;
    memset(word + 5, 'x', LONGEST);
    assert_int_equal(strlen(taken(word, NULL, true).path), LONGEST);
    word[5 + LONGEST] = 'x';
    assert_refused(word, NULL, true, "too long");
    word[5] = '@'; /* a NUL for the system, behind which the name has as much room */
    assert_int_equal(strlen(taken(word, NULL, true).path), LONGEST);
}

static void ports_go_up_to_65535(void **state)
{
    static const char *const wrong[] = {"65536", "99999", "123456", "4294967376",
                                        "18446744073709551696"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_refused("h", wrong[i], false, wrong[i]);
        assert_refused(wrong[i], NULL, true, wrong[i]);
    }
}

static void ports_are_numbers_or_services(void **state)
{
    static const char *const wrong[] = {"-1",  "+80",  "8 0",           " 80",
                                        "80x", "0x50", "nosuchservice", "8080/tcp"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused("h", wrong[i], false, wrong[i]);
    assert_refused("h", "", false, "port");
    assert_refused("h", "20-30", false, "'20-30' is a range");
    assert_refused("h", "20..30", false, "range");
    assert_refused("20-30", NULL, true, "range");
    assert_refused("80,443", NULL, true, "list");
    assert_refused("3-2.example.org", NULL, false, "which port?");
    assert_refused("10.0.0.1-10.0.0.9", NULL, false, "which port?");
}

static void missing_parts_are_named(void **state)
{
    (void)state;
    assert_refused("example.org", NULL, false, "which port?");
    assert_refused("example.org", NULL, true, "which port?");
    assert_refused("[::1]", NULL, false, "which port?");
    assert_refused("example.org:", NULL, false, "port");
    assert_refused(":8080", NULL, false, "host");
    assert_refused("[]:8080", NULL, false, "host");
    assert_refused("", "8080", false, "host");
    assert_refused("[]", "8080", true, "host");
    assert_refused("", NULL, false, "no host");
    assert_refused("", NULL, true, "no host");
}

static void ipv6_address_needs_brackets_before_a_port(void **state)
{
    (void)state;
    assert_refused("::1", NULL, false, "[ADDRESS]:PORT");
    assert_refused("fe80::1:8080", NULL, true, "[ADDRESS]:PORT");
    assert_refused("::", NULL, true, "[ADDRESS]:PORT");
}

static void colons_and_brackets_are_for_ipv6(void **state)
{
    (void)state;
    assert_refused("a:b", "80", false, "'a:b'");
    assert_refused("[::1", "80", false, "'[::1'");
    assert_refused("::1]", "80", false, "'::1]'");
    assert_refused("[[::1]]", "80", false, "'[[::1]]'");
    assert_refused("[a:b]:80", NULL, false, "[a:b]:80");
    assert_refused("1::2::3", "80", true, "'1::2::3'");
}

static void too_long_hosts_are_refused(void **state)
{
    char host[ADDRESS_HOST + 1];

    (void)state;
    memset(host, 'h', sizeof host);
    host[ADDRESS_HOST] = '\0';
    assert_refused(host, "80", false, "too long");
    host[ADDRESS_HOST - 1] = '\0';
    assert_host_port(host, "80", false, host, "80");
}

static void refusals_say_how_to_write_it(void **state)
{
    struct address address;

    (void)state;
    assert_int_equal(address_parse(&address, "8080", NULL, false, NULL), -1);
}

/* ---- labels ---- */

static void assert_label(const char *first, const char *second, const char *expected)
{
    struct address address = taken(first, second, true);
    char label[ADDRESS_LABEL];

    address_label(&address, label);
    assert_string_equal(label, expected);
}

static void addresses_are_shown_as_they_were_written(void **state)
{
    (void)state;
    assert_label("example.org", "8080", "example.org:8080");
    assert_label("127.0.0.1:8080", NULL, "127.0.0.1:8080");
    assert_label("::1", "8080", "[::1]:8080");
    assert_label("[::1]:8080", NULL, "[::1]:8080");
    assert_label("unix:/run/chat", NULL, "unix:/run/chat");
}

static struct endpoint v4(const char *host, uint16_t port)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.v4};

    endpoint.address.v4.sin_family = AF_INET;
    endpoint.address.v4.sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, host, &endpoint.address.v4.sin_addr), 1);
    return endpoint;
}

static struct endpoint v6(const char *host, uint16_t port)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.v6};

    endpoint.address.v6.sin6_family = AF_INET6;
    endpoint.address.v6.sin6_port = htons(port);
    assert_int_equal(inet_pton(AF_INET6, host, &endpoint.address.v6.sin6_addr), 1);
    return endpoint;
}

static void assert_endpoint_label(struct endpoint endpoint, const char *expected)
{
    char label[ADDRESS_LABEL];

    endpoint_label(&endpoint, label);
    assert_string_equal(label, expected);
}

static void endpoints_are_shown_in_numbers(void **state)
{
    struct endpoint scoped = v6("fe80::1", 8080);

    (void)state;
    assert_endpoint_label(v4("127.0.0.1", 8080), "127.0.0.1:8080");
    assert_endpoint_label(v4("0.0.0.0", 80), "0.0.0.0:80");
    assert_endpoint_label(v6("::1", 65535), "[::1]:65535");
    assert_endpoint_label(v6("::", 0), "[::]:0");
    scoped.address.v6.sin6_scope_id = 4000000000u;
    assert_endpoint_label(scoped, "[fe80::1%4000000000]:8080");
}

static void endpoints_of_paths(void **state)
{
    struct address address = taken("unix:/run/chat", NULL, true);
    struct endpoint endpoint;

    (void)state;
    address_unix_endpoint(&address, &endpoint);
    assert_int_equal(endpoint.address.any.sa_family, AF_UNIX);
    assert_string_equal(endpoint.address.local.sun_path, "/run/chat");
    assert_int_equal(endpoint_port(&endpoint), 0);
    endpoint_set_port(&endpoint, 80);
    assert_endpoint_label(endpoint, "unix:/run/chat");
}

static void endpoints_of_abstract_names(void **state)
{
    struct address address = taken("unix:@房间", NULL, true);
    struct endpoint endpoint;

    (void)state;
    address_unix_endpoint(&address, &endpoint);
    assert_int_equal(endpoint.length, offsetof(struct sockaddr_un, sun_path) + 1 + strlen("房间"));
    assert_int_equal(endpoint.address.local.sun_path[0], 0);
    assert_endpoint_label(endpoint, "unix:@房间");
    address = taken("unix:@a\x1b\x7f\xff\xc2\x9b", NULL, true);
    address_unix_endpoint(&address, &endpoint);
    assert_endpoint_label(endpoint, "unix:@a\\x1B\\x7F\\xFF\\xC2\\x9B");
}

static void longest_abstract_name_has_room_as_a_label(void **state)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.local};
    char label[ADDRESS_LABEL];

    (void)state;
    endpoint.address.local.sun_family = AF_UNIX; /* and NULs, which a name of others may hold */
    endpoint_label(&endpoint, label);
    assert_int_equal(strlen(label),
                     strlen("unix:@") + 4 * (sizeof endpoint.address.local.sun_path - 1));
}

/* The system lets a path fill its room without a NUL. */
static void endpoint_path_may_lack_its_end(void **state)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.local};
    char label[ADDRESS_LABEL];

    (void)state;
    endpoint.address.local.sun_family = AF_UNIX;
    memset(endpoint.address.local.sun_path, 'p', sizeof endpoint.address.local.sun_path);
    endpoint_label(&endpoint, label);
    assert_int_equal(strlen(label), 5 + sizeof endpoint.address.local.sun_path);
}

static void unknown_families_have_a_label_too(void **state)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.any};
    char label[ADDRESS_LABEL] = "";

    (void)state;
    endpoint.address.any.sa_family = AF_UNSPEC;
    endpoint_label(&endpoint, label);
    assert_true(*label);
    assert_int_equal(endpoint_port(&endpoint), 0);
}

static void ports_are_in_host_order(void **state)
{
    struct endpoint four = v4("127.0.0.1", 0), six = v6("::1", 0);

    (void)state;
    endpoint_set_port(&four, 40000);
    endpoint_set_port(&six, 513);
    assert_int_equal(endpoint_port(&four), 40000);
    assert_int_equal(endpoint_port(&six), 513);
    assert_int_equal(four.address.v4.sin_port, htons(40000));
    assert_int_equal(six.address.v6.sin6_port, htons(513));
}

static void assert_ipv6(const struct endpoint *endpoint, const char *expected)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr ipv6;

    assert_true(endpoint_ipv6(endpoint, &ipv6));
    inet_ntop(AF_INET6, &ipv6, text, sizeof text);
    assert_string_equal(text, expected);
}

static void every_address_is_known(void **state)
{
    struct endpoint four = {.address.v4.sin_family = AF_INET},
                    six = {.address.v6.sin6_family = AF_INET6},
                    local = {.address.local.sun_family = AF_UNIX};

    (void)state;
    assert_true(endpoint_is_every(&four));
    assert_true(endpoint_is_every(&six));
    assert_false(endpoint_is_every(&local));
    four.address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    six.address.v6.sin6_addr = in6addr_loopback;
    assert_false(endpoint_is_every(&four));
    assert_false(endpoint_is_every(&six));
}

static void every_address_has_a_form_of_ipv6(void **state)
{
    struct endpoint four = peer_of("192.0.2.1"), six = peer_of("2001:db8::1");
    struct endpoint mapped = peer_of("::ffff:192.0.2.1"), local = peer_of("unix:");

    (void)state;
    assert_ipv6(&four, "::ffff:192.0.2.1");
    assert_ipv6(&mapped, "::ffff:192.0.2.1");
    assert_ipv6(&six, "2001:db8::1");
    assert_false(endpoint_ipv6(&local, &(struct in6_addr){0}));
}

static bool are_of_one_host(const char *one, const char *other)
{
    struct endpoint peers[] = {peer_of(one), peer_of(other)};
    struct host_key keys[2];

    for (int i = 0; i < 2; i++)
        endpoint_host(&peers[i], &keys[i]);
    return !memcmp(&keys[0], &keys[1], sizeof keys[0]);
}

static void host_key_is_an_ipv4_address_a_64_or_all_of_unix(void **state)
{
    (void)state;
    assert_true(are_of_one_host("192.0.2.1", "192.0.2.1"));
    assert_false(are_of_one_host("192.0.2.1", "192.0.2.2"));
    assert_true(are_of_one_host("192.0.2.1", "::ffff:192.0.2.1"));
    assert_true(are_of_one_host("2001:db8::1", "2001:db8::ffff:1"));
    assert_false(are_of_one_host("2001:db8::1", "2001:db8:0:1::1"));
    assert_true(are_of_one_host("unix:", "unix:"));
    assert_false(are_of_one_host("unix:", "::1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_key_is_an_ipv4_address_a_64_or_all_of_unix),
        cmocka_unit_test(two_operands),
        cmocka_unit_test(one_operand_with_a_port),
        cmocka_unit_test(listen_takes_a_port_alone),
        cmocka_unit_test(listen_takes_a_colon_and_a_port),
        cmocka_unit_test(listen_takes_inherited_sockets),
        cmocka_unit_test(abstract_sockets_have_names),
        cmocka_unit_test(services_have_names),
        cmocka_unit_test(unix_sockets_have_paths),
        cmocka_unit_test(too_long_paths_are_refused),
        cmocka_unit_test(ports_go_up_to_65535),
        cmocka_unit_test(ports_are_numbers_or_services),
        cmocka_unit_test(missing_parts_are_named),
        cmocka_unit_test(ipv6_address_needs_brackets_before_a_port),
        cmocka_unit_test(colons_and_brackets_are_for_ipv6),
        cmocka_unit_test(too_long_hosts_are_refused),
        cmocka_unit_test(refusals_say_how_to_write_it),
        cmocka_unit_test(addresses_are_shown_as_they_were_written),
        cmocka_unit_test(endpoints_are_shown_in_numbers),
        cmocka_unit_test(endpoints_of_paths),
        cmocka_unit_test(endpoints_of_abstract_names),
        cmocka_unit_test(longest_abstract_name_has_room_as_a_label),
        cmocka_unit_test(endpoint_path_may_lack_its_end),
        cmocka_unit_test(unknown_families_have_a_label_too),
        cmocka_unit_test(ports_are_in_host_order),
        cmocka_unit_test(every_address_is_known),
        cmocka_unit_test(every_address_has_a_form_of_ipv6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
