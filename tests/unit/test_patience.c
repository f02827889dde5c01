/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "room/patience.h"

enum { NOW = 1000000, MINUTE = PATIENCE_SLOTS * PATIENCE_SLOT_MS };

static void waits_within_a_minute_add_up(void **state)
{
    struct patience patience = {0};

    (void)state;
    assert_int_equal(patience_add(&patience, 0, NOW), 0);
    assert_int_equal(patience_add(&patience, 50, NOW), 50);
    assert_int_equal(patience_add(&patience, 50, NOW + 100), 100);
    assert_int_equal(patience_add(&patience, 1000, NOW + 30000), 1100);
}

static void waits_before_the_minute_do_not_count(void **state)
{
    struct patience patience = {0};

    (void)state;
    patience_add(&patience, 1000, NOW);
    patience_add(&patience, 2000, NOW + MINUTE / 2);
    assert_int_equal(patience_add(&patience, 10, NOW + MINUTE), 2010);
    assert_int_equal(patience_add(&patience, 10, NOW + MINUTE + MINUTE / 2), 20);
    assert_int_equal(patience_add(&patience, 0, NOW + 100 * MINUTE), 0);
}

static void endless_wait_counts_a_minute(void **state)
{
    struct patience patience = {0};
    uint64_t sum = 0;

    (void)state;
    for (uint64_t ms = 0; ms < 10 * MINUTE; ms += 50)
        sum = patience_add(&patience, 50, NOW + ms);
    assert_in_range(sum, MINUTE - PATIENCE_SLOT_MS, MINUTE);
    assert_int_equal(patience_add(&patience, 10 * MINUTE, NOW + 100 * MINUTE), UINT16_MAX);
}

/* Both were waited for at once, in part. */
static void join_takes_the_longer_wait(void **state)
{
    struct patience one = {0}, other = {0};

    (void)state;
    patience_add(&one, 3000, NOW);
    patience_add(&other, 4000, NOW);
    patience_add(&other, 1000, NOW + MINUTE / 2);
    patience_join(&one, &other, NOW + MINUTE / 2);
    assert_int_equal(patience_add(&one, 0, NOW + MINUTE / 2), 5000);
    assert_int_equal(patience_add(&one, 0, NOW + MINUTE + PATIENCE_SLOT_MS), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_within_a_minute_add_up),
        cmocka_unit_test(waits_before_the_minute_do_not_count),
        cmocka_unit_test(endless_wait_counts_a_minute),
        cmocka_unit_test(join_takes_the_longer_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
