#include "check.h"
#include "peers.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

#include "net/hosts.h"

static enum hosts_answer enter(struct hosts *hosts, const char *host, unsigned max)
{
    struct endpoint peer = peer_of(host);

    return hosts_enter(hosts, &peer, max);
}

static void leave(struct hosts *hosts, const char *host)
{
    struct endpoint peer = peer_of(host);

    hosts_leave(hosts, &peer);
}

static unsigned count(const struct hosts *hosts, const char *host)
{
    struct endpoint peer = peer_of(host);

    return hosts_count(hosts, &peer);
}

static void a_host_has_a_limit(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    assert_int_equal(enter(&hosts, "10.0.0.1", 2), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "10.0.0.1", 2), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "10.0.0.1", 2), HOSTS_FULL);
    assert_int_equal(enter(&hosts, "10.0.0.2", 2), HOSTS_ENTERED);
    assert_int_equal(count(&hosts, "10.0.0.1"), 2);
    leave(&hosts, "10.0.0.1");
    assert_int_equal(enter(&hosts, "10.0.0.1", 2), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "10.0.0.1", 2), HOSTS_FULL);
    hosts_fini(&hosts);
}

static void without_a_limit_hosts_are_counted_too(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(enter(&hosts, "10.0.0.1", 0), HOSTS_ENTERED);
    assert_int_equal(count(&hosts, "10.0.0.1"), 1000);
    assert_int_equal(enter(&hosts, "10.0.0.1", 1000), HOSTS_FULL);
    assert_int_equal(hosts.map.count, 1);
    hosts_fini(&hosts);
}

static void nothing_is_kept_of_who_left(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        char host[24];

        snprintf(host, sizeof host, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(enter(&hosts, host, 1), HOSTS_ENTERED);
        leave(&hosts, host);
        assert_int_equal(hosts.map.count, 0);
    }
    assert_true(hosts.map.size <= 64);
    hosts_fini(&hosts);
    assert_null(hosts.map.slots);
}

static void a_host_of_ipv6_is_a_64(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    assert_int_equal(enter(&hosts, "2001:db8::1", 2), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "2001:db8::ffff:ffff:ffff:ffff", 2), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "2001:db8::7", 2), HOSTS_FULL);
    assert_int_equal(enter(&hosts, "2001:db8:0:1::1", 2), HOSTS_ENTERED);
    leave(&hosts, "2001:db8::9");
    assert_int_equal(count(&hosts, "2001:db8::"), 1);
    hosts_fini(&hosts);
}

static void a_host_of_ipv4_in_ipv6_is_one_of_ipv4(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    assert_int_equal(enter(&hosts, "10.0.0.1", 1), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "::ffff:10.0.0.1", 1), HOSTS_FULL);
    assert_int_equal(enter(&hosts, "::ffff:10.0.0.2", 1), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "::1", 1), HOSTS_ENTERED);
    assert_int_equal(enter(&hosts, "::10.0.0.1", 1), HOSTS_FULL);
    assert_int_equal(enter(&hosts, "0.0.0.0", 1), HOSTS_ENTERED);
    assert_int_equal(hosts.map.count, 4);
    leave(&hosts, "::ffff:10.0.0.1");
    assert_int_equal(count(&hosts, "10.0.0.1"), 0);
    hosts_fini(&hosts);
}

static void unix_peers_are_not_counted(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(enter(&hosts, "unix:", 1), HOSTS_ENTERED);
    assert_int_equal(count(&hosts, "unix:"), 0);
    leave(&hosts, "unix:");
    assert_null(hosts.map.slots);
}

static void who_never_entered_may_leave(void **state)
{
    struct hosts hosts = {0};

    (void)state;
    leave(&hosts, "10.0.0.1");
    assert_int_equal(count(&hosts, "10.0.0.1"), 0);
    assert_int_equal(enter(&hosts, "10.0.0.1", 1), HOSTS_ENTERED);
    leave(&hosts, "10.0.0.2");
    assert_int_equal(count(&hosts, "10.0.0.1"), 1);
    assert_int_equal(hosts.map.count, 1);
    hosts_fini(&hosts);
    leave(&hosts, "10.0.0.1");
}

static struct endpoint numbered(unsigned i)
{
    struct endpoint peer = peer_of(i & 1 ? "10.0.0.0" : "2001:db8::1");

    if (i & 1)
        peer.address.v4.sin_addr.s_addr = htonl(UINT32_C(0x0A000000) | i);
    else
        peer.address.v6.sin6_addr.s6_addr32[1] = htonl(i);
    return peer;
}

/* A table against plain counts, with holes and neighbours of all kinds. */
static void twenty_thousand_come_and_go(void **state)
{
    enum { MANY = 20000, MAX = 3 };
    static unsigned counts[MANY];
    struct dice dice = {.state = 7};
    struct hosts hosts = {0};
    size_t there = 0;

    (void)state;
    for (int i = 0; i < 20 * MANY; i++) {
        unsigned who = dice_roll(&dice, MANY);
        struct endpoint peer = numbered(who);
        bool enters = dice_roll(&dice, 3) > (unsigned)(i > 10 * MANY);

        assert_int_equal(hosts_count(&hosts, &peer), counts[who]);
        if (enters) {
            bool full = counts[who] == MAX;

            assert_int_equal(hosts_enter(&hosts, &peer, MAX), full ? HOSTS_FULL : HOSTS_ENTERED);
            there += !counts[who];
            counts[who] += !full;
        } else if (counts[who]) {
            hosts_leave(&hosts, &peer);
            there -= !--counts[who];
        }
        assert_int_equal(hosts.map.count, there);
    }
    for (unsigned who = 0; who < MANY; who++)
        for (struct endpoint peer = numbered(who); counts[who]; counts[who]--)
            hosts_leave(&hosts, &peer);
    assert_int_equal(hosts.map.count, 0);
    assert_true(hosts.map.size <= 4 * MANY);
    hosts_fini(&hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_has_a_limit),
        cmocka_unit_test(without_a_limit_hosts_are_counted_too),
        cmocka_unit_test(nothing_is_kept_of_who_left),
        cmocka_unit_test(a_host_of_ipv6_is_a_64),
        cmocka_unit_test(a_host_of_ipv4_in_ipv6_is_one_of_ipv4),
        cmocka_unit_test(unix_peers_are_not_counted),
        cmocka_unit_test(who_never_entered_may_leave),
        cmocka_unit_test(twenty_thousand_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
