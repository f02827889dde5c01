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

static void fraction_is_rounded_up(void **state)
{
    (void)state;
    assert_time(".5", 500000);
    assert_time("5.", 5000000);
    assert_time("0.0001ms", 1);
    assert_time("1.0000001", 1000001);
    assert_time("0.3333333333", 333334);
    assert_time("0.1m", 6000000);
}

static void hundred_years_are_the_most(void **state)
{
    (void)state;
    assert_time("876600h", UINT64_C(3155760000000000));
    assert_time("3155760000", UINT64_C(3155760000000000));
    assert_no_time("876600.0001h");
    assert_no_time("876601h");
    assert_no_time("99999999999999999999999999999999ms");
}

static void other_words_are_no_time(void **state)
{
    static const char *const words[] = {"",   "ms",  ".",    ".s",  "1e3",   "-1",
                                        "+1", "1 s", "1sec", "10 ", "1.2.3", "0x10"};

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

static void duration_is_written_in_its_largest_whole_unit(void **state)
{
    static const struct {
        uint64_t us;
        const char *text;
    } rows[] = {{1000, "1 ms"},          {1500, "1.5 ms"},    {1001, "1.001 ms"},
                {500000, "500 ms"},      {2000000, "2 s"},    {90000000, "90 s"},
                {60000000, "1 min"},     {3600000000, "1 h"}, {5400000000, "90 min"},
                {1234567, "1234.567 ms"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[DURATION_TEXT];

        duration_write(rows[i].us, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_read),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(fraction_is_rounded_up),
        cmocka_unit_test(hundred_years_are_the_most),
        cmocka_unit_test(other_words_are_no_time),
        cmocka_unit_test(bytes_behind_the_length_do_not_count),
        cmocka_unit_test(duration_is_written_in_its_largest_whole_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
