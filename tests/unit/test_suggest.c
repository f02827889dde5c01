/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "text/suggest.h"

/* ---- distances ---- */

static void assert_distance(const char *a, const char *b, size_t expected)
{
    assert_int_equal(suggest_distance(a, b), expected);
    assert_int_equal(suggest_distance(b, a), expected);
}

static void each_mistake_counts_one(void **state)
{
    (void)state;
    assert_distance("help", "help", 0);
    assert_distance("hlp", "help", 1);
    assert_distance("hellp", "help", 1);
    assert_distance("halp", "help", 1);
    assert_distance("hlep", "help", 1);
    assert_distance("ehlp", "help", 1);
    assert_distance("hepl", "help", 1);
}

static void mistakes_add_up(void **state)
{
    (void)state;
    assert_distance("", "", 0);
    assert_distance("", "abc", 3);
    assert_distance("kitten", "sitting", 3);
    assert_distance("abcdef", "badcfe", 3);
    assert_distance("ca", "abc", 3); /* two, if a swapped pair could be torn again */
}

/* Bytes are compared and not characters. */
static void distance_takes_any_bytes(void **state)
{
    (void)state;
    assert_distance("\xFF\xFE", "\xFE\xFF", 1);
    assert_distance("你", "佀", 1);
    assert_distance("你", "", 3);
}

static void long_words_are_compared_in_part(void **state)
{
    size_t length = 1 << 20;
    char *a = malloc(length + 1), *b = malloc(length + 1);

    (void)state;
    memset(a, 'x', length);
    memset(b, 'x', SUGGEST_LENGTH);
    memset(b + SUGGEST_LENGTH, 'y', length - SUGGEST_LENGTH);
    a[length] = b[length] = '\0';
    assert_distance(a, b, 0);
    assert_distance(a, "", SUGGEST_LENGTH);
    a[SUGGEST_LENGTH - 1] = 'z';
    assert_distance(a, b, 1);
    free(a);
    free(b);
}

/* ---- against the definition, without a table ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t defined(const char *a, size_t n, const char *b, size_t m)
{
    size_t distance;

    if (!n || !m)
        return n + m;
    distance = least(defined(a, n - 1, b, m), defined(a, n, b, m - 1)) + 1;
    distance = least(distance, defined(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]));
    if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1])
        distance = least(distance, defined(a, n - 2, b, m - 2) + 1);
    return distance;
}

static void roll_word(struct dice *dice, char word[6])
{
    size_t n = dice_roll(dice, 6);

    for (size_t i = 0; i < n; i++)
        word[i] = (char)('a' + dice_roll(dice, 3));
    word[n] = '\0';
}

static void distance_agrees_with_its_definition(void **state)
{
    struct dice dice = {7};
    char a[6], b[6];

    (void)state;
    for (int round = 0; round < 3000; round++) {
        roll_word(&dice, a);
        roll_word(&dice, b);
        assert_distance(a, b, defined(a, strlen(a), b, strlen(b)));
    }
}

/* ---- names ---- */

static const char *suggest_of(const char *word, const char *const names[])
{
    struct suggest suggest = {.word = word};

    for (; *names; names++)
        suggest_offer(&suggest, *names);
    return suggest.name;
}

#define SUGGEST_OF(word, ...) suggest_of(word, (const char *const[]){__VA_ARGS__, NULL})

static void closest_name_is_kept(void **state)
{
    (void)state;
    assert_string_equal(SUGGEST_OF("crfl", "color", "crlf", "chat"), "crlf");
    assert_string_equal(SUGGEST_OF("encodnig", "exec", "encoding"), "encoding");
    assert_string_equal(SUGGEST_OF("abcx", "abcy", "abcz"), "abcy"); /* of equals the first */
    assert_string_equal(SUGGEST_OF("abcdx", "abxyx", "abcde"), "abcde");
}

static void far_name_is_not_near(void **state)
{
    (void)state;
    assert_null(SUGGEST_OF("bananas", "help", "quit"));
    assert_null(SUGGEST_OF("xyzverbose", "verbose"));
    assert_string_equal(SUGGEST_OF("xyverbose", "verbose"), "verbose");
}

/* Otherwise every short word would be near. */
static void near_is_less_than_half_of_the_word(void **state)
{
    (void)state;
    assert_null(SUGGEST_OF("wo", "to", "me"));
    assert_string_equal(SUGGEST_OF("wo", "to", "who"), "who");
    assert_string_equal(SUGGEST_OF("too", "to"), "to");
    assert_null(SUGGEST_OF("kick", "nice"));
    assert_string_equal(SUGGEST_OF("nicer", "nick"), "nick");
    assert_null(SUGGEST_OF("", "a", "to"));
}

static void null_name_is_never_near(void **state)
{
    struct suggest suggest = {.word = "a"};

    (void)state;
    suggest_offer(&suggest, NULL);
    assert_null(suggest.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_counts_one),
        cmocka_unit_test(mistakes_add_up),
        cmocka_unit_test(distance_takes_any_bytes),
        cmocka_unit_test(long_words_are_compared_in_part),
        cmocka_unit_test(distance_agrees_with_its_definition),
        cmocka_unit_test(closest_name_is_kept),
        cmocka_unit_test(far_name_is_not_near),
        cmocka_unit_test(near_is_less_than_half_of_the_word),
        cmocka_unit_test(null_name_is_never_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
