/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "playbooks.h"

#include <stdlib.h>

#include "bot/window.h"

static struct charset *find(const char *name)
{
    return charset_find(&charsets, name, NULL);
}

struct expectation {
    struct playbook playbook;
    struct window window;
};

static struct expectation expecting(const char *pattern)
{
    struct expectation expectation;
    char line[128];

    snprintf(line, sizeof line, "expect %s", pattern);
    expectation.playbook = playbook_of(PLAYBOOK_SCRIPT, line);
    window_init(&expectation.window, find("utf-8"), BAD_REPLACE);
    return expectation;
}

static void over(struct expectation *expectation)
{
    window_fini(&expectation->window);
    playbook_fini(&expectation->playbook);
}

static enum pattern_result look(struct expectation *expectation, bool goes_on,
                                struct pattern_match *match)
{
    return window_search(&expectation->window, &bot_module, expectation->playbook.statements,
                         goes_on, PATTERN_COST, match);
}

static void take(struct expectation *expectation, size_t to)
{
    window_take(&expectation->window, expectation->playbook.statements, to);
}

static void assert_holds(const struct buf *buf, const char *expected)
{
    assert_int_equal(buf_length(buf), strlen(expected));
    if (*expected)
        assert_memory_equal(buf_bytes(buf), expected, strlen(expected));
}

/* 你好 in GBK is C4 E3 BA C3. */
static void match_of_text_takes_its_bytes(void **state)
{
    struct expectation expectation = expecting("/好/");
    struct window *window = &expectation.window;
    struct pattern_match match;

    (void)state;
    assert_int_equal(
        window_add(window, find("gbk"), "a你好\xEF\xBF\xBDz", 11, "a\xC4\xE3\xBA\xC3\xFFz", 7), 0);
    assert_int_equal(look(&expectation, true, &match), PATTERN_MATCH);
    take(&expectation, match.groups[0].to);
    assert_holds(&window->text, "\xEF\xBF\xBDz");
    assert_holds(&window->bytes, "\xFFz");
    over(&expectation);
}

static void match_of_bytes_takes_its_text(void **state)
{
    struct expectation expectation = expecting("hex E3 BA");
    struct window *window = &expectation.window;
    struct pattern_match match;

    (void)state;
    assert_int_equal(window_add(window, find("gbk"), "你好!", 7, "\xC4\xE3\xBA\xC3!", 5), 0);
    assert_int_equal(look(&expectation, true, &match), PATTERN_MATCH);
    take(&expectation, match.groups[0].to);
    assert_holds(&window->bytes, "\xC3!");
    assert_holds(&window->text, "\xEF\xBF\xBD!");
    over(&expectation);
}

static void search_goes_on_where_a_match_can_begin(void **state)
{
    struct expectation expectation = expecting("/abc/");
    struct pattern_match match;

    (void)state;
    assert_int_equal(window_add(&expectation.window, NULL, "xxab", 4, "xxab", 4), 0);
    assert_int_equal(look(&expectation, true, &match), PATTERN_PARTIAL);
    assert_int_equal(expectation.window.resume, 2);
    assert_int_equal(window_add(&expectation.window, NULL, "c", 1, "c", 1), 0);
    assert_int_equal(look(&expectation, true, &match), PATTERN_MATCH);
    assert_int_equal(match.groups[0].from, 2);
    window_begin(&expectation.window);
    assert_int_equal(expectation.window.resume, 0);
    over(&expectation);
}

static void full_window_drops_its_first_half(void **state)
{
    struct expectation expectation = expecting("/a+b/");
    struct window *window = &expectation.window;
    char *text = calloc(1, WINDOW_SIZE);
    struct pattern_match match;

    (void)state;
    memset(text, 'a', WINDOW_SIZE);
    memcpy(text, "你", 3);
    assert_false(window_trim(window, expectation.playbook.statements));
    assert_int_equal(window_add(window, NULL, text, WINDOW_SIZE - 1, text, WINDOW_SIZE - 1), 0);
    assert_false(window_is_full(window));
    assert_int_equal(window_add(window, NULL, "a", 1, "a", 1), 0);
    assert_true(window_is_full(window));
    look(&expectation, true, &match);
    assert_true(window_trim(window, expectation.playbook.statements));
    assert_int_equal(buf_length(&window->text), WINDOW_SIZE / 2);
    assert_int_equal(buf_length(&window->bytes), WINDOW_SIZE / 2);
    assert_int_equal(window_add(window, NULL, "b", 1, "b", 1), 0);
    assert_int_equal(look(&expectation, false, &match), PATTERN_MATCH);
    assert_int_equal(match.groups[0].to, WINDOW_SIZE / 2 + 1);
    free(text);
    over(&expectation);
}

/* Without a rest between two searches of a long partial match this takes hours. */
static void byte_by_byte_is_no_search_each(void **state)
{
    struct expectation expectation = expecting("/a.*b.*c/s");
    int searches = 0;

    (void)state;
    for (int i = 0; i < WINDOW_SIZE - 1; i++) {
        size_t before = expectation.window.searched;
        struct pattern_match match;

        assert_int_equal(window_add(&expectation.window, NULL, "a", 1, "a", 1), 0);
        assert_int_equal(look(&expectation, true, &match), PATTERN_PARTIAL);
        searches += expectation.window.searched != before;
    }
    assert_true(searches < 4500);
    over(&expectation);
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match_of_text_takes_its_bytes),
        cmocka_unit_test(match_of_bytes_takes_its_text),
        cmocka_unit_test(search_goes_on_where_a_match_can_begin),
        cmocka_unit_test(full_window_drops_its_first_half),
        cmocka_unit_test(byte_by_byte_is_no_search_each),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
