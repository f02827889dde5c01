/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/cidr.h"

static int add(struct cidr_set *set, const char *word, struct err *err)
{
    return cidr_add(set, word, strlen(word), err);
}

/* A set of words between blanks. */
static struct cidr_set of(const char *words)
{
    char *copy = strdup(words), *rest = copy, *word;
    struct cidr_set set = {0};
    struct err err = {0};

    while ((word = strsep(&rest, " ")))
        if (add(&set, word, &err) < 0)
            fail_msg("refused: %s", err.sentence);
    free(copy);
    cidr_settle(&set);
    return set;
}

static struct in6_addr address_of(const char *host)
{
    struct endpoint peer = peer_of(host);
    struct in6_addr address;

    assert_true(endpoint_ipv6(&peer, &address));
    return address;
}

static void assert_held(const struct cidr_set *set, const char *host, bool expected)
{
    struct in6_addr address = address_of(host);

    if (cidr_hold(set, &address) != expected)
        fail_msg("%s is %s", host, expected ? "not held" : "held");
}

/* The addresses that are held and not held; both lists end in NULL. */
static void assert_hold(const char *words, const char *const *in, const char *const *out)
{
    struct cidr_set set = of(words);

    for (; *in; in++)
        assert_held(&set, *in, true);
    for (; *out; out++)
        assert_held(&set, *out, false);
    cidr_fini(&set);
}

/* Ends in NULL. */
#define HOSTS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* The word is refused with a sentence that holds this, and the set stays as it was. */
static void assert_refused(const char *word, const char *says)
{
    struct cidr_set set = {0};
    struct err err = {0};

    if (add(&set, word, &err) == 0)
        fail_msg("'%s' was taken, but should say '%s'", word, says);
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.sentence, says))
        fail_msg("'%s' does not say '%s'", err.sentence, says);
    assert_int_equal(set.ipv4.count + set.ipv6.count, 0);
    cidr_fini(&set);
}

/* ---- ranges ---- */

static void empty_set_holds_no_address(void **state)
{
    struct cidr_set set = {0};

    (void)state;
    assert_held(&set, "0.0.0.0", false);
    assert_held(&set, "::", false);
    cidr_settle(&set);
    assert_held(&set, "0.0.0.0", false);
    cidr_fini(&set);
}

static void address_is_a_range(void **state)
{
    (void)state;
    assert_hold("192.0.2.1", HOSTS("192.0.2.1"),
                HOSTS("192.0.2.0", "192.0.2.2", "0.0.0.0", "::1", "::"));
    assert_hold("2001:db8::1", HOSTS("2001:db8::1"),
                HOSTS("2001:db8::", "2001:db8::2", "192.0.2.1"));
}

static void ipv6_may_have_brackets(void **state)
{
    (void)state;
    assert_hold("[::1] [2001:DB8::]/32", HOSTS("::1", "2001:db8::7"), HOSTS("::2", "2001:db9::"));
}

static bool holds(const struct cidr_set *set, uint32_t ipv4)
{
    struct in6_addr address = ipv6_of_ipv4((struct in_addr){htonl(ipv4)});

    return cidr_hold(set, &address);
}

static void every_length_of_prefix_ends_where_it_should(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 32; bits++) {
        uint32_t first = UINT32_MAX << (32 - bits);
        struct cidr_set set;
        char word[64];

        inet_ntop(AF_INET, &(struct in_addr){htonl(first)}, word, sizeof word);
        snprintf(word + strlen(word), 8, "/%u", bits);
        set = of(word);
        assert_true(holds(&set, first));
        assert_false(holds(&set, first - 1));
        assert_true(holds(&set, UINT32_MAX));
        cidr_fini(&set);
    }
}

static void every_length_of_an_ipv6_prefix_ends_where_it_should(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 128; bits++) {
        struct in6_addr address = {0};
        uint8_t *bytes = address.s6_addr;
        struct cidr_set set;
        char word[64];

        bytes[0] = bits > 8 ? 0x20 : 0; /* elsewhere than IPv4 in IPv6 */
        bytes[(bits - 1) / 8] |= (uint8_t)(0x80 >> (bits - 1) % 8);
        inet_ntop(AF_INET6, bytes, word, sizeof word);
        snprintf(word + strlen(word), 8, "/%u", bits);
        set = of(word);
        assert_true(cidr_hold(&set, &address));
        assert_held(&set, "::", false);
        for (unsigned i = bits; i < 128; i++)
            bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
        assert_true(cidr_hold(&set, &address));
        bytes[(bits - 1) / 8] ^= (uint8_t)(0x80 >> (bits - 1) % 8);
        assert_false(cidr_hold(&set, &address));
        cidr_fini(&set);
    }
}

static void prefix_0_holds_a_whole_family(void **state)
{
    (void)state;
    assert_hold("0.0.0.0/0", HOSTS("0.0.0.0", "255.255.255.255", "::ffff:10.0.0.1"),
                HOSTS("::1", "::", "2001:db8::1"));
    assert_hold("::/0", HOSTS("::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::10.0.0.1"),
                HOSTS("10.0.0.1", "::ffff:10.0.0.1"));
    assert_hold("0.0.0.0/0 ::/0", HOSTS("10.0.0.1", "::1", "::ffff:10.0.0.1"), HOSTS());
}

static void ipv4_in_ipv6_is_ipv4(void **state)
{
    (void)state;
    assert_hold("10.0.0.0/8", HOSTS("10.0.0.1", "::ffff:10.0.0.1"),
                HOSTS("::ffff:11.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1"));
    assert_hold("::ffff:10.0.0.0/104 ::ffff:c000:201",
                HOSTS("10.255.0.1", "::ffff:10.0.0.1", "192.0.2.1", "::ffff:192.0.2.1"),
                HOSTS("11.0.0.1", "192.0.2.2", "::10.0.0.1"));
    assert_hold("::ffff:0:0/96", HOSTS("10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0", "255.255.255.255"),
                HOSTS("::1", "::fffe:0:0"));
    assert_hold("::/64 ::8000:0:0/81 ::fffe:0:0/96", HOSTS("::1", "::fffe:0:0", "::8000:0:1"),
                HOSTS("10.0.0.1", "::ffff:10.0.0.1"));
}

/* ---- broken ranges ---- */

static void names_are_refused(void **state)
{
    static const char *const names[] = {"example.org", "localhost", "10.0.0.1x", "peer",
                                        "10.0.0.1#x",  "*.org",     "北京",      "0x0a000001"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_refused(names[i], "is a name; names are not looked up");
    assert_refused("example.org", "'example.org'");
    assert_refused("example.org/24", "'example.org/24' is a name");
}

static void broken_addresses_are_refused(void **state)
{
    static const char *const ipv4[] = {"10.0.0.256", "10.0.0",    "10",         "167772161",
                                       "10.0.0.",    "10.0.0.*",  "[10.0.0.1]", "10.0.0.1-10.0.0.9",
                                       "/8",         "010.0.0.1", "[]",         "10.0.0.1.1"};
    static const char *const ipv6[] = {"::1::", ":",       "1:2:3:4:5:6:7", "12345::", "[::1",
                                       "::1]",  "[[::1]]", "[::/8]",        "g::1"};

    (void)state;
    for (size_t i = 0; i < sizeof ipv4 / sizeof *ipv4; i++) {
        assert_refused(ipv4[i], "no IPv4 address or range");
        assert_refused(ipv4[i], ipv4[i]);
    }
    for (size_t i = 0; i < sizeof ipv6 / sizeof *ipv6; i++) {
        assert_refused(ipv6[i], "no IPv6 address or range");
        assert_refused(ipv6[i], ipv6[i]);
    }
}

static void ports_have_no_place(void **state)
{
    (void)state;
    assert_refused("10.0.0.1:80",
                   "'10.0.0.1:80' has a port, which has no place here; write 10.0.0.1");
    assert_refused("10.0.0.0/8:80", "write 10.0.0.0/8");
    assert_refused("[::1]:80", "write [::1]");
    assert_refused("localhost:80", "is a name");
    assert_refused("http://10.0.0.1:80/", "is a URL");
    assert_refused("10.0.0.256:80", "no IPv4 address or range");
}

static void zones_are_refused(void **state)
{
    (void)state;
    assert_refused("fe80::1%eth0", "leave out '%eth0'");
    assert_refused("[fe80::1%1]", "zone");
    assert_refused("fe80::%eth0/64", "zone");
}

static void prefixes_that_are_no_number_of_bits_are_refused(void **state)
{
    static const char *const ipv4[] = {"10.0.0.0/33",        "10.0.0.0/",   "10.0.0.0/-1",
                                       "10.0.0.0/8/8",       "10.0.0.0/+8", "10.0.0.0/0x8",
                                       "10.0.0.0/4294967304"};
    static const char *const ipv6[] = {"::/129", "::/", "::/x", "[::]/999", "::/64:"};

    (void)state;
    for (size_t i = 0; i < sizeof ipv4 / sizeof *ipv4; i++)
        assert_refused(ipv4[i], "a number from 0 to 32");
    for (size_t i = 0; i < sizeof ipv6 / sizeof *ipv6; i++)
        assert_refused(ipv6[i], "a number from 0 to 128");
}

static void netmasks_get_the_number_of_bits(void **state)
{
    (void)state;
    assert_refused("127.0.0.0:255.255.0.0", "has a netmask; write 127.0.0.0/16");
    assert_refused("10.1.2.3/255.0.0.0", "has a netmask; write 10.0.0.0/8");
    assert_refused("10.1.2.3/0.0.0.255", "has an inverted netmask; write 10.1.2.0/24");
    assert_refused("10.0.0.0:255.0.255.0", "'10.0.0.0:255.0.255.0' has a netmask with holes");
    assert_refused("10.0.0.0/0.255.0.255", "has a netmask with holes");
    assert_refused("192.0.2.1/255.255.255.255", "write 192.0.2.1/32");
    assert_refused("192.0.2.1/0.0.0.0", "write 0.0.0.0/0");
    assert_refused("10.0.0.0:0.255.255.255", "has an inverted netmask; write 10.0.0.0/8");
}

static void ranges_with_host_bits_are_refused(void **state)
{
    (void)state;
    assert_refused("10.0.0.1/8", "'10.0.0.1/8'");
    assert_refused("10.0.0.1/8", "write 10.0.0.0/8, or 10.0.0.1 for");
    assert_refused("192.0.2.129/25", "write 192.0.2.128/25,");
    assert_refused("192.0.2.3/31", "write 192.0.2.2/31,");
    assert_refused("128.0.0.0/0", "write 0.0.0.0/0,");
    assert_refused("2001:db8::1/32", "write 2001:db8::/32, or 2001:db8::1 for");
    assert_refused("[2001:db8::1]/127", "write 2001:db8::/127, or [2001:db8::1] for");
    assert_refused("::ffff:10.0.0.1/104", "write ::ffff:10.0.0.0/104,");
    assert_refused("::ffff:0:0/95", "write ::fffe:0:0/95,");
    assert_refused("::ffff:10.0.0.0/8", "write ::/8,");
}

static void long_words_are_cut_in_the_sentence(void **state)
{
    char word[4096];

    (void)state;
    memset(word, '1', sizeof word);
    word[sizeof word - 1] = '\0';
    assert_refused(word, "...' is too long for an address");
    word[64] = '\0';
    assert_refused(word, "too long");
    word[63] = '\0';
    assert_refused(word, "no IPv4 address");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    struct cidr_set set = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(cidr_add(&set, "10.0.0.1\0", 9, &err), -1);
    assert_non_null(strstr(err.sentence, "NUL byte"));
    assert_int_equal(cidr_add(&set, "", 0, &err), -1);
    assert_int_equal(cidr_add(&set, "10.0.0.12", 8, NULL), 0);
    cidr_settle(&set);
    assert_held(&set, "10.0.0.1", true);
    assert_held(&set, "10.0.0.12", false);
    cidr_fini(&set);
}

/* ---- many ---- */

static void ranges_inside_others_change_nothing(void **state)
{
    static const char *const lists[] = {
        "10.0.0.0/8 10.0.0.0/9 10.0.0.0 10.128.0.0/9 10.255.255.255 10.7.0.0/16 12.0.0.0/8",
        "12.0.0.0/8 10.7.0.0/16 10.255.255.255 10.128.0.0/9 10.0.0.0 10.0.0.0/9 10.0.0.0/8",
        "10.0.0.0/8 10.0.0.0/8 10.0.0.0/8 12.0.0.0/8 12.0.0.0/8",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct cidr_set set = of(lists[i]);

        assert_int_equal(set.ipv4.count, 2);
        assert_int_equal(set.ipv6.count, 0);
        cidr_fini(&set);
        assert_hold(lists[i], HOSTS("10.0.0.0", "10.255.255.255", "10.8.0.0", "12.3.4.5"),
                    HOSTS("9.255.255.255", "11.0.0.0", "13.0.0.0"));
    }
}

struct naive_range {
    uint32_t first, last;
};

static bool naively_holds(const struct naive_range *set, size_t count, uint32_t address)
{
    for (size_t i = 0; i < count; i++)
        if (set[i].first <= address && address <= set[i].last)
            return true;
    return false;
}

static struct naive_range roll_range(struct dice *dice, char word[32])
{
    unsigned bits = 20 + dice_roll(dice, 13);
    uint32_t mask = UINT32_MAX << (32 - bits);
    uint32_t first = (UINT32_C(0x0A000000) | dice_roll(dice, 1 << 16)) & mask;

    snprintf(word, 32, "%s/%u", inet_ntoa((struct in_addr){htonl(first)}), bits);
    return (struct naive_range){first, first | ~mask};
}

static void set_agrees_with_each_range(void **state)
{
    enum { MOST = 100 };
    struct dice dice = {.state = 20240501};

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct naive_range naive[MOST];
        size_t count = 1 + dice_roll(&dice, MOST);
        struct cidr_set set = {0};
        char word[32];

        for (size_t i = 0; i < count; i++) {
            naive[i] = roll_range(&dice, word);
            assert_int_equal(add(&set, word, NULL), 0);
        }
        cidr_settle(&set);
        for (uint32_t i = 0; i < 1 << 16; i += 1 + dice_roll(&dice, 64))
            assert_int_equal(holds(&set, UINT32_C(0x0A000000) | i),
                             naively_holds(naive, count, UINT32_C(0x0A000000) | i));
        cidr_fini(&set);
    }
}

/* Every other address of each family, from the last to the first. */
static void search_finds_each_of_a_hundred_thousand_ranges(void **state)
{
    enum { MANY = 100000 };
    struct cidr_set set = {0};

    (void)state;
    for (unsigned i = MANY; i--;) {
        char word[32];

        snprintf(word, sizeof word, i & 1 ? "10.%u.%u.%u" : "2001:db8::%x:%02x%02x", i >> 16,
                 i >> 8 & 255, i & 255);
        assert_int_equal(add(&set, word, NULL), 0);
    }
    cidr_settle(&set);
    assert_int_equal(set.ipv4.count + set.ipv6.count, MANY);
    for (unsigned i = 0; i < MANY + 2; i++) {
        struct in6_addr six = address_of("2001:db8::");

        six.s6_addr32[3] = htonl(i);
        assert_int_equal(holds(&set, UINT32_C(0x0A000000) | i), i < MANY && i & 1);
        assert_int_equal(cidr_hold(&set, &six), i < MANY && !(i & 1));
    }
    cidr_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_set_holds_no_address),
        cmocka_unit_test(address_is_a_range),
        cmocka_unit_test(ipv6_may_have_brackets),
        cmocka_unit_test(every_length_of_prefix_ends_where_it_should),
        cmocka_unit_test(every_length_of_an_ipv6_prefix_ends_where_it_should),
        cmocka_unit_test(prefix_0_holds_a_whole_family),
        cmocka_unit_test(ipv4_in_ipv6_is_ipv4),
        cmocka_unit_test(names_are_refused),
        cmocka_unit_test(broken_addresses_are_refused),
        cmocka_unit_test(ports_have_no_place),
        cmocka_unit_test(zones_are_refused),
        cmocka_unit_test(prefixes_that_are_no_number_of_bits_are_refused),
        cmocka_unit_test(netmasks_get_the_number_of_bits),
        cmocka_unit_test(ranges_with_host_bits_are_refused),
        cmocka_unit_test(long_words_are_cut_in_the_sentence),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(ranges_inside_others_change_nothing),
        cmocka_unit_test(set_agrees_with_each_range),
        cmocka_unit_test(search_finds_each_of_a_hundred_thousand_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
