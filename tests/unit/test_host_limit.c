/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

#include "net/host_limit.h"

static enum host_limit_answer enter(struct host_limit *limit, const char *host, unsigned max)
{
    struct endpoint peer = peer_of(host);

    return host_limit_enter(limit, &peer, max);
}

static void leave(struct host_limit *limit, const char *host)
{
    struct endpoint peer = peer_of(host);

    host_limit_leave(limit, &peer);
}

/* The connections from the host of this peer: the highest limit that is too low for one more. */
static unsigned count_of(struct host_limit *limit, const struct endpoint *peer)
{
    unsigned max = 1;

    while (host_limit_enter(limit, peer, max) == HOST_LIMIT_FULL)
        max++;
    host_limit_leave(limit, peer);
    return max - 1;
}

static unsigned count(struct host_limit *limit, const char *host)
{
    struct endpoint peer = peer_of(host);

    return count_of(limit, &peer);
}

static void host_at_its_limit_is_refused(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    assert_int_equal(enter(&limit, "10.0.0.1", 2), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "10.0.0.1", 2), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "10.0.0.1", 2), HOST_LIMIT_FULL);
    assert_int_equal(enter(&limit, "10.0.0.2", 2), HOST_LIMIT_ENTERED);
    assert_int_equal(count(&limit, "10.0.0.1"), 2);
    leave(&limit, "10.0.0.1");
    assert_int_equal(enter(&limit, "10.0.0.1", 2), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "10.0.0.1", 2), HOST_LIMIT_FULL);
    host_limit_fini(&limit);
}

static void hosts_without_a_limit_are_counted(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(enter(&limit, "10.0.0.1", 0), HOST_LIMIT_ENTERED);
    assert_int_equal(count(&limit, "10.0.0.1"), 1000);
    assert_int_equal(enter(&limit, "10.0.0.1", 1000), HOST_LIMIT_FULL);
    assert_int_equal(limit.hosts.count, 1);
    host_limit_fini(&limit);
}

static void host_without_connections_is_forgotten(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    for (int i = 0; i < 100000; i++) {
        char host[24];

        snprintf(host, sizeof host, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(enter(&limit, host, 1), HOST_LIMIT_ENTERED);
        leave(&limit, host);
        assert_int_equal(limit.hosts.count, 0);
    }
    assert_true(limit.hosts.size <= 64);
    host_limit_fini(&limit);
    assert_null(limit.hosts.slots);
}

static void ipv6_64_is_one_host(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    assert_int_equal(enter(&limit, "2001:db8::1", 2), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "2001:db8::ffff:ffff:ffff:ffff", 2), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "2001:db8::7", 2), HOST_LIMIT_FULL);
    assert_int_equal(enter(&limit, "2001:db8:0:1::1", 2), HOST_LIMIT_ENTERED);
    leave(&limit, "2001:db8::9");
    assert_int_equal(count(&limit, "2001:db8::"), 1);
    host_limit_fini(&limit);
}

static void ipv4_in_ipv6_is_the_ipv4_host(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    assert_int_equal(enter(&limit, "10.0.0.1", 1), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "::ffff:10.0.0.1", 1), HOST_LIMIT_FULL);
    assert_int_equal(enter(&limit, "::ffff:10.0.0.2", 1), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "::1", 1), HOST_LIMIT_ENTERED);
    assert_int_equal(enter(&limit, "::10.0.0.1", 1), HOST_LIMIT_FULL);
    assert_int_equal(enter(&limit, "0.0.0.0", 1), HOST_LIMIT_ENTERED);
    assert_int_equal(limit.hosts.count, 4);
    leave(&limit, "::ffff:10.0.0.1");
    assert_int_equal(count(&limit, "10.0.0.1"), 0);
    host_limit_fini(&limit);
}

static void unix_peers_are_not_counted(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(enter(&limit, "unix:", 1), HOST_LIMIT_ENTERED);
    assert_int_equal(count(&limit, "unix:"), 0);
    leave(&limit, "unix:");
    assert_null(limit.hosts.slots);
}

static void leave_without_enter_is_harmless(void **state)
{
    struct host_limit limit = {0};

    (void)state;
    leave(&limit, "10.0.0.1");
    assert_int_equal(count(&limit, "10.0.0.1"), 0);
    assert_int_equal(enter(&limit, "10.0.0.1", 1), HOST_LIMIT_ENTERED);
    leave(&limit, "10.0.0.2");
    assert_int_equal(count(&limit, "10.0.0.1"), 1);
    assert_int_equal(limit.hosts.count, 1);
    host_limit_fini(&limit);
    leave(&limit, "10.0.0.1");
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
static void twenty_thousand_hosts_are_counted(void **state)
{
    enum { MANY = 20000, MAX = 3 };
    static unsigned counts[MANY];
    struct dice dice = {.state = 7};
    struct host_limit limit = {0};
    size_t there = 0;

    (void)state;
    for (int i = 0; i < 20 * MANY; i++) {
        unsigned who = dice_roll(&dice, MANY);
        struct endpoint peer = numbered(who);
        bool enters = dice_roll(&dice, 3) > (unsigned)(i > 10 * MANY);

        assert_int_equal(count_of(&limit, &peer), counts[who]);
        if (enters) {
            bool full = counts[who] == MAX;

            assert_int_equal(host_limit_enter(&limit, &peer, MAX),
                             full ? HOST_LIMIT_FULL : HOST_LIMIT_ENTERED);
            there += !counts[who];
            counts[who] += !full;
        } else if (counts[who]) {
            host_limit_leave(&limit, &peer);
            there -= !--counts[who];
        }
        assert_int_equal(limit.hosts.count, there);
    }
    for (unsigned who = 0; who < MANY; who++)
        for (struct endpoint peer = numbered(who); counts[who]; counts[who]--)
            host_limit_leave(&limit, &peer);
    assert_int_equal(limit.hosts.count, 0);
    assert_true(limit.hosts.size <= 4 * MANY);
    host_limit_fini(&limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_at_its_limit_is_refused),
        cmocka_unit_test(hosts_without_a_limit_are_counted),
        cmocka_unit_test(host_without_connections_is_forgotten),
        cmocka_unit_test(ipv6_64_is_one_host),
        cmocka_unit_test(ipv4_in_ipv6_is_the_ipv4_host),
        cmocka_unit_test(unix_peers_are_not_counted),
        cmocka_unit_test(leave_without_enter_is_harmless),
        cmocka_unit_test(twenty_thousand_hosts_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
