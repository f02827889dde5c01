/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "text/typed.h"

/* The memory of the text ends with it. */
static void assert_rubbed_out(const char *text, const char *expected)
{
    size_t n = strlen(text), left;
    char *copy = malloc(n + !n);

    memcpy(copy, text, n);
    left = typed_rub_out(copy, n);
    assert_int_equal(left, strlen(expected));
    assert_memory_equal(copy, expected, left);
    free(copy);
}

static void bs_and_del_rub_out_a_character(void **state)
{
    (void)state;
    assert_rubbed_out("", "");
    assert_rubbed_out("hello", "hello");
    assert_rubbed_out("hellp\bo", "hello");
    assert_rubbed_out("hellp\x7Fo", "hello");
    assert_rubbed_out("你们\x7F好", "你好");
    assert_rubbed_out("a😀\b\bbé\b", "b");
    assert_rubbed_out("abc\b\b\bx", "x");
}

static void more_keys_than_characters_rub_out_nothing(void **state)
{
    (void)state;
    assert_rubbed_out("ab\b\b\b\b\bx", "x");
    assert_rubbed_out("a\b", "");
}

static void keys_before_the_first_character_stay(void **state)
{
    (void)state;
    assert_rubbed_out("\b", "\b");
    assert_rubbed_out("\x7F\b\x7F", "\x7F\b\x7F");
    assert_rubbed_out("\b\bx\b\by", "\b\by");
}

static bool may_begin(const char *line)
{
    return typed_may_begin((const unsigned char *)line, strlen(line), '/');
}

static void slash_may_come_first_once_rubbed_out(void **state)
{
    (void)state;
    assert_true(may_begin("/"));
    assert_true(may_begin("/quit"));
    assert_true(may_begin("x\b/quit"));
    assert_true(may_begin("a/b你\x7F/quit"));
    assert_false(may_begin(""));
    assert_false(may_begin("a/b/c"));
    assert_false(may_begin("x\bquit/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bs_and_del_rub_out_a_character),
        cmocka_unit_test(more_keys_than_characters_rub_out_nothing),
        cmocka_unit_test(keys_before_the_first_character_stay),
        cmocka_unit_test(slash_may_come_first_once_rubbed_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
