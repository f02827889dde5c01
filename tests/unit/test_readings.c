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

    readings_take(&readings, gbk, bytes, strlen(bytes), false);
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

static void excerpt_shows_the_text_and_what_it_leaves_out(void **state)
{
    (void)state;
    assert_string_equal(take("GET 你好\tagain").utf8.text, "GET 你好 again");
    assert_string_equal(take("你好").other.text, "浣犲ソ");
    assert_string_equal(take("24 bytes and one more of ASCII: 你好").utf8.text, "… ASCII: 你好");
}

static void excerpt_is_cut_between_two_characters(void **state)
{
    char many[300] = "";
    struct readings readings;
    size_t length;

    (void)state;
    for (int i = 0; i < 60; i++)
        strcat(many, "你");
    readings = take(many);
    length = strlen(readings.utf8.text);
    assert_int_equal(readings.utf8.characters, 60);
    assert_string_equal(readings.utf8.text + length - 6, "你…");
    assert_true(length > READINGS_TEXT - 8);
}

static void unfinished_character_gives_no_evidence(void **state)
{
    static const struct {
        const char *bytes;
        enum readings_right right, whole; /* while more may follow, and at the end */
        size_t unfinished;
    } cases[] = {
        {"\xE4\xBD", READINGS_UNFINISHED, READINGS_OTHER, 0},
        {"\xC4", READINGS_UNFINISHED, READINGS_NEITHER, 0},
        {"你\xE5\xA5", READINGS_UTF8, READINGS_NEITHER, 2},
        {NI_HAO_GBK "\xC4", READINGS_OTHER, READINGS_NEITHER, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct readings readings = take(cases[i].bytes);

        assert_int_equal(readings.right, cases[i].right);
        assert_int_equal(readings_unfinished(&readings), cases[i].unfinished);
        readings_take(&readings, gbk, cases[i].bytes, strlen(cases[i].bytes), true);
        assert_int_equal(readings.right, cases[i].whole);
    }
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
        readings_take(&readings, gbk, bytes, n, i % 2);
        assert_true(readings.utf8.characters <= n && readings.other.characters <= n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_charset_is_the_valid_one),
        cmocka_unit_test(excerpt_shows_the_text_and_what_it_leaves_out),
        cmocka_unit_test(excerpt_is_cut_between_two_characters),
        cmocka_unit_test(unfinished_character_gives_no_evidence),
        cmocka_unit_test(any_bytes_are_read_to_their_end),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
