/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/language.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void without_a_catalogue_the_sentence_is_the_answer(void **state)
{
    (void)state;
    assert_string_equal(language_text("out of memory"), "out of memory");
    assert_string_equal(language_text(""), "");
    assert_string_equal(language_count("one", "many", 1), "one");
    assert_string_equal(language_count("one", "many", 0), "many");
    assert_string_equal(language_name("standard input"), "standard input");
    assert_string_equal(language_name("leave"), "leave");
}

static void unusable_locale_is_english(void **state)
{
    static const char *const names[] = {"C",           "POSIX",      "C.UTF-8",
                                        "en_US.UTF-8", "zh_CN.NONE", "C@x"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("LC_ALL", names[i], 1);
        language_begin();
        assert_string_equal(language_text("out of memory"), "out of memory");
    }
    unsetenv("LC_ALL");
}

static void assert_trimmed(const char *text, const char *expected)
{
    char sentence[64];

    strcpy(sentence, text);
    language_trim(sentence);
    assert_string_equal(sentence, expected);
}

static void cut_character_is_taken_off(void **state)
{
    (void)state;
    assert_trimmed("", "");
    assert_trimmed("abc", "abc");
    assert_trimmed("a\xE4\xBD\xA0", "a\xE4\xBD\xA0");
    assert_trimmed("a\xE4\xBD", "a");
    assert_trimmed("a\xE4", "a");
    assert_trimmed("\xF0\x9F\x98", "");
    assert_trimmed("\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80");
    assert_trimmed("a\xC3", "a");
    assert_trimmed("\x80\x80\x80\x80", "\x80\x80\x80\x80"); /* no UTF-8 at all */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_catalogue_the_sentence_is_the_answer),
        cmocka_unit_test(unusable_locale_is_english),
        cmocka_unit_test(cut_character_is_taken_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
