/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "base/duration.h"

static void assert_time(const char *text, uint64_t expected)
{
    uint64_t us = 0;

    if (duration_parse(text, strlen(text), &us) < 0 || us != expected)
        fail_msg("%s: %llu", text, (unsigned long long)us);
}

static void assert_no_time(const char *text)
{
    uint64_t us;

    if (duration_parse(text, strlen(text), &us) == 0)
        fail_msg("%s: %llu", text, (unsigned long long)us);
}

static void units_are_read(void **state)
{
    (void)state;
    assert_time("2", 2000000);
    assert_time("2s", 2000000);
    assert_time("500ms", 500000);
    assert_time("3m", 180000000);
    assert_time("1h", 3600000000);
    assert_time("0", 0);
    assert_time("366", 366000000);
}

static void decimals_are_exact(void **state)
{
    (void)state;
    assert_time("0.5", 500000);
    assert_time("0.1ms", 100);
    assert_time("1.000001s", 1000001);
    assert_time("0.25m", 15000000);
}

static void other_words_are_no_time(void **state)
{
    static const char *const words[] = {"",    "ms",         ".5",    "5.",       "1e3",
                                        "-1",  "+1",         "1 s",   "1sec",     "0.0001ms",
                                        "10 ", "1000000000", "9000h", "1.0000001"};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_no_time(words[i]);
}

static void bytes_behind_the_length_do_not_count(void **state)
{
    uint64_t us;

    (void)state;
    assert_int_equal(duration_parse("15ms", 1, &us), 0);
    assert_int_equal(us, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_read),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(other_words_are_no_time),
        cmocka_unit_test(bytes_behind_the_length_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
