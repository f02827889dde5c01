/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "room/rate.h"

enum { RATE = RATE_DEFAULT, LINE = 100, LONG = 128 * RATE_LINE, SECOND = 1000 };

static uint64_t now;

static struct host_key host_of(unsigned number)
{
    struct host_key key = {{0}};

    memcpy(key.bytes, &number, sizeof number);
    return key;
}

static struct rate *begin(void)
{
    static struct rate rate;

    now = 1000000;
    rate_init(&rate, RATE);
    return &rate;
}

static void join(struct rate *rate, struct rate_peer *peer, unsigned host)
{
    struct host_key key = host_of(host);

    *peer = (struct rate_peer){0};
    assert_int_equal(rate_join(rate, peer, &key, now), 0);
}

static void leave(struct rate *rate, struct rate_peer *peer)
{
    rate_leave(rate, peer, now);
}

/* How many lines of so many bytes the peers say, each as soon as it may, within so many ms. */
static unsigned said(struct rate *rate, struct rate_peer *peers, size_t count, size_t bytes,
                     uint64_t ms)
{
    uint64_t end = now + ms;
    unsigned lines = 0;

    for (;; now++) {
        for (size_t i = 0; i < count; i++)
            for (; !rate_wait(rate, &peers[i], now); lines++)
                rate_pay(rate, &peers[i], bytes, now);
        if (now == end)
            return lines;
    }
}

static void burst_is_20_lines_then_5_a_second(void **state)
{
    struct rate *rate = begin();
    struct rate_peer peer;

    (void)state;
    join(rate, &peer, 1);
    assert_int_equal(said(rate, &peer, 1, LINE, 0), RATE_BURST);
    assert_int_equal(rate_wait(rate, &peer, now), SECOND / RATE);
    assert_int_equal(said(rate, &peer, 1, LINE, 100 * SECOND), 100 * RATE);
    now += 1000 * SECOND;
    assert_int_equal(said(rate, &peer, 1, LINE, 0), RATE_BURST);
    leave(rate, &peer);
    rate_fini(rate);
}

static void cost_of_a_line_grows_with_its_bytes(void **state)
{
    struct rate *rate = begin();
    struct rate_peer peer;

    (void)state;
    join(rate, &peer, 1);
    assert_int_equal(said(rate, &peer, 1, 4 * RATE_LINE, 0), RATE_BURST / 4);
    assert_int_equal(said(rate, &peer, 1, 4 * RATE_LINE, 80 * SECOND), 80 * RATE / 4);
    leave(rate, &peer);
    rate_fini(rate);
}

static void long_line_delays_the_next(void **state)
{
    struct rate *rate = begin();
    struct rate_peer peer;

    (void)state;
    join(rate, &peer, 1);
    assert_int_equal(said(rate, &peer, 1, LONG, 0), 1);
    assert_in_range(rate_wait(rate, &peer, now), 20 * SECOND, 26 * SECOND);
    leave(rate, &peer);
    rate_fini(rate);
}

/* Reconnecting gives nothing, however long the lines are. */
static void new_connection_gets_the_rest_of_its_hosts_burst(void **state)
{
    struct rate *rate = begin();
    size_t bytes[] = {LINE, LONG};

    (void)state;
    for (unsigned host = 0; host < 2; host++) {
        struct rate_peer peer;
        unsigned alone, lines = 0;

        join(rate, &peer, 10 + host);
        alone = said(rate, &peer, 1, bytes[host], 100 * SECOND);
        leave(rate, &peer);
        for (unsigned i = 0; i < 1000; i++) {
            join(rate, &peer, host);
            lines += said(rate, &peer, 1, bytes[host], 100);
            leave(rate, &peer);
        }
        assert_in_range(lines, alone - 2, alone + 1);
    }
    rate_fini(rate);
}

static void connections_of_a_host_share_one_burst(void **state)
{
    struct rate_peer peers[100];
    struct rate *rate = begin();

    (void)state;
    for (size_t i = 0; i < 100; i++)
        join(rate, &peers[i], 1);
    now += 100 * SECOND; /* each may have saved something */
    assert_int_equal(said(rate, peers, 100, LINE, 0), RATE_BURST);
    assert_in_range(said(rate, peers, 100, LINE, 100 * SECOND), 100 * RATE_TOGETHER * RATE - 8,
                    100 * RATE_TOGETHER * RATE);
    for (size_t i = 0; i < 100; i++)
        leave(rate, &peers[i]);
    rate_fini(rate);
}

static void neighbours_do_not_slow_each_other(void **state)
{
    struct rate_peer peers[RATE_TOGETHER];
    struct rate *rate = begin();

    (void)state;
    for (size_t i = 0; i < RATE_TOGETHER; i++)
        join(rate, &peers[i], 1);
    said(rate, peers, 1, LINE, SECOND);
    for (size_t i = 0; i < 20 * RATE; i++) { /* each says what it may, all the time */
        now += SECOND / RATE;
        for (size_t j = 0; j < RATE_TOGETHER; j++) {
            assert_int_equal(rate_wait(rate, &peers[j], now), 0);
            rate_pay(rate, &peers[j], LINE, now);
        }
    }
    for (size_t i = 0; i < RATE_TOGETHER; i++)
        leave(rate, &peers[i]);
    rate_fini(rate);
}

static void other_host_has_its_own_burst(void **state)
{
    struct rate_peer peers[2];
    struct rate *rate = begin();

    (void)state;
    join(rate, &peers[0], 1);
    join(rate, &peers[1], 2);
    assert_int_equal(said(rate, &peers[0], 1, LINE, 0), RATE_BURST);
    assert_int_equal(said(rate, &peers[1], 1, LINE, 0), RATE_BURST);
    leave(rate, &peers[0]);
    leave(rate, &peers[1]);
    rate_fini(rate);
}

static void hosts_are_forgotten_when_their_buckets_are_full(void **state)
{
    struct rate *rate = begin();
    struct rate_peer peer;

    (void)state;
    for (unsigned host = 0; host < 1000; host++) {
        join(rate, &peer, host);
        said(rate, &peer, 1, LINE, 0);
        leave(rate, &peer);
    }
    assert_int_equal(rate->hosts.count, 1000);
    now += 4 * SECOND;
    join(rate, &peer, 1000);
    assert_int_equal(rate->hosts.count, 1);
    leave(rate, &peer);
    assert_int_equal(rate->hosts.count, 0);
    rate_fini(rate);
}

static void absent_hosts_are_bounded(void **state)
{
    struct rate *rate = begin();
    struct rate_peer peer;

    (void)state;
    for (unsigned host = 0; host < 4 * RATE_ABSENT; host++) {
        join(rate, &peer, host);
        rate_pay(rate, &peer, LONG, now);
        leave(rate, &peer);
    }
    assert_int_equal(rate->hosts.count, RATE_ABSENT);
    rate_fini(rate);
}

/* The wait in ms would be no number of 64 bits. */
static void slowest_rate_still_delays(void **state)
{
    struct rate_peer peer;
    struct rate rate;

    (void)state;
    now = 1000000;
    rate_init(&rate, 1e-300);
    join(&rate, &peer, 1);
    rate_pay(&rate, &peer, LONG, now);
    assert_true(rate_wait(&rate, &peer, now) > 1000 * SECOND);
    leave(&rate, &peer);
    rate_fini(&rate);
}

/* Others waited for a peer that has left: the next one of its host starts with that time. */
static void reconnection_keeps_the_patience(void **state)
{
    struct rate *rate = begin();
    struct rate_peer first, second, neighbour;

    (void)state;
    join(rate, &neighbour, 1);
    join(rate, &first, 1);
    assert_int_equal(patience_add(&first.patience, 9000, now), 9000);
    leave(rate, &first);
    join(rate, &second, 1);
    assert_int_equal(patience_add(&second.patience, 500, now), 9500);
    assert_int_equal(patience_add(&neighbour.patience, 0, now), 0);
    leave(rate, &second);
    leave(rate, &neighbour);
    assert_int_equal(rate->hosts.count, 1);
    now += 2 * 60 * SECOND;
    join(rate, &second, 1);
    assert_int_equal(patience_add(&second.patience, 0, now), 0);
    leave(rate, &second);
    assert_int_equal(rate->hosts.count, 0);
    rate_fini(rate);
}

static void rate_of_zero_delays_none_and_keeps_nothing(void **state)
{
    struct rate_peer peer;
    struct rate rate;

    (void)state;
    rate_init(&rate, 0);
    join(&rate, &peer, 1);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rate_wait(&rate, &peer, now), 0);
        rate_pay(&rate, &peer, LONG, now);
    }
    leave(&rate, &peer);
    assert_int_equal(rate.hosts.count, 0);
    rate_fini(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_is_20_lines_then_5_a_second),
        cmocka_unit_test(cost_of_a_line_grows_with_its_bytes),
        cmocka_unit_test(long_line_delays_the_next),
        cmocka_unit_test(new_connection_gets_the_rest_of_its_hosts_burst),
        cmocka_unit_test(connections_of_a_host_share_one_burst),
        cmocka_unit_test(neighbours_do_not_slow_each_other),
        cmocka_unit_test(other_host_has_its_own_burst),
        cmocka_unit_test(hosts_are_forgotten_when_their_buckets_are_full),
        cmocka_unit_test(absent_hosts_are_bounded),
        cmocka_unit_test(slowest_rate_still_delays),
        cmocka_unit_test(reconnection_keeps_the_patience),
        cmocka_unit_test(rate_of_zero_delays_none_and_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
