/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "text/readings.h"

static struct charsets charsets;
static struct charset *gbk;

static int open_charsets(void **state)
{
    (void)state;
    gbk = charset_find(&charsets, "gbk", NULL);
    return gbk ? 0 : -1;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

static struct readings take(const char *bytes)
{
    struct readings readings;

    readings_take(&readings, gbk, bytes, strlen(bytes));
    return readings;
}

#define NI_HAO_GBK "\xC4\xE3\xBA\xC3"

static void right_charset_is_the_valid_one(void **state)
{
    static const struct {
        const char *bytes;
        enum readings_right right;
        size_t utf8, other; /* characters */
    } cases[] = {
        {"你好", READINGS_UTF8, 2, 3},       {NI_HAO_GBK, READINGS_OTHER, 0, 2},
        {"\xD0\xBB", READINGS_EITHER, 1, 1}, {"\xFF\xFF\xFF", READINGS_NEITHER, 0, 0},
        {"a你\n", READINGS_UTF8, 3, 0},      {"hello", READINGS_EITHER, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct readings readings = take(cases[i].bytes);

        assert_int_equal(readings.right, cases[i].right);
        if (cases[i].utf8)
            assert_int_equal(readings.utf8.characters, cases[i].utf8);
        if (cases[i].other)
            assert_int_equal(readings.other.characters, cases[i].other);
        assert_int_equal(readings.is_ascii, !strcmp(cases[i].bytes, "hello"));
    }
}

static void excerpt_begins_at_the_first_character_that_is_not_ascii(void **state)
{
    struct readings readings = take("GET 你好 again");

    (void)state;
    assert_string_equal(readings.utf8.text, "你好 again");
    assert_string_equal(take("你好").other.text, "浣犲ソ");
}

static void excerpt_is_cut_between_two_characters(void **state)
{
    char many[300] = "";
    struct readings readings;

    (void)state;
    for (int i = 0; i < 60; i++)
        strcat(many, "你");
    readings = take(many);
    assert_int_equal(readings.utf8.characters, 60);
    assert_int_equal(strlen(readings.utf8.text) % 3, 0);
    assert_true(strlen(readings.utf8.text) > READINGS_TEXT - 8);
}

static void unfinished_character_is_no_fault(void **state)
{
    struct readings readings = take("你\xE5\xA5");

    (void)state;
    assert_true(readings.utf8.is_valid);
    assert_true(readings.is_cut);
    assert_int_equal(readings.right, READINGS_UTF8);
}

static void any_bytes_are_read_to_their_end(void **state)
{
    struct dice dice = {20261130};
    unsigned char bytes[64];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t n = dice_roll(&dice, sizeof bytes);
        struct readings readings;

        for (size_t j = 0; j < n; j++)
            bytes[j] = (unsigned char)dice_roll(&dice, 256);
        readings_take(&readings, gbk, bytes, n);
        assert_true(readings.utf8.characters <= n && readings.other.characters <= n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_charset_is_the_valid_one),
        cmocka_unit_test(excerpt_begins_at_the_first_character_that_is_not_ascii),
        cmocka_unit_test(excerpt_is_cut_between_two_characters),
        cmocka_unit_test(unfinished_character_is_no_fault),
        cmocka_unit_test(any_bytes_are_read_to_their_end),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
