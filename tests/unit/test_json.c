/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/json.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

#define TIME "{\"time\":\"2026-11-28T16:02:11.482913Z\",\"event\":"

static const struct timespec at = {1795881731, 482913999};

static void assert_line(const struct event *event, const char *expected)
{
    struct buf line;

    buf_init(&line, 1 << 16);
    assert_int_equal(json_line(event, &at, &line), 0);
    assert_int_equal(buf_append(&line, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&line), expected);
    buf_fini(&line);
}

static void assert_text(const char *text, size_t n, const char *expected)
{
    struct event event = {.kind = EVENT_NOTICE, .text = text, .text_n = n};
    char line[1000];

    snprintf(line, sizeof line, TIME "\"notice\",\"text\":%s}\n", expected);
    assert_line(&event, line);
}

static void fields_stand_in_their_order(void **state)
{
    struct event event = {
        .kind = EVENT_CLOSED, .peer = "p", .first = "us", .how = "closed", .received = 27};

    (void)state;
    assert_line(&event, TIME "\"closed\",\"peer\":\"p\",\"first\":\"us\",\"how\":\"closed\","
                             "\"received\":27,\"sent\":0}\n");
}

static void absent_field_is_left_out(void **state)
{
    struct event event = {.kind = EVENT_UNTAKEN, .bytes = 1};

    (void)state;
    assert_line(&event, TIME "\"untaken\",\"bytes\":1}\n");
}

static void figure_of_0_is_left_out(void **state)
{
    struct event event = {.kind = EVENT_CALL, .call = "recv", .fd = 7, .result = 0};

    (void)state;
    assert_line(&event, TIME "\"call\",\"call\":\"recv\",\"fd\":7,\"result\":0}\n");
    event.segments = 2;
    event.result = 36;
    assert_line(&event, TIME "\"call\",\"call\":\"recv\",\"fd\":7,\"result\":36,\"segments\":2}\n");
}

static void field_without_a_value_is_left_out(void **state)
{
    struct event waits = {
        .kind = EVENT_NOTE, .peer = "a:1", .local = "", .how = "waiting", .fd = 7};

    (void)state;
    assert_line(&waits, TIME "\"note\",\"peer\":\"a:1\",\"how\":\"waiting\",\"fd\":7}\n");
}

static void largest_and_negative_numbers_are_exact(void **state)
{
    struct event event = {.kind = EVENT_UNTAKEN, .peer = "a:1", .bytes = UINT64_MAX};
    struct event ended = {.kind = EVENT_ENDED, .status = -1};

    (void)state;
    assert_line(&event, TIME "\"untaken\",\"peer\":\"a:1\",\"bytes\":18446744073709551615}\n");
    assert_line(&ended, TIME "\"ended\",\"status\":-1}\n");
}

static void sentence_of_a_notice_is_its_text(void **state)
{
    struct event event = {.kind = EVENT_NOTICE, .sentence = "SIGTERM came"};

    (void)state;
    assert_line(&event, TIME "\"notice\",\"text\":\"SIGTERM came\"}\n");
}

static void quotes_and_controls_are_escaped(void **state)
{
    (void)state;
    assert_text("a\"b\\c\n\r\t\0\033\x7F", 11, "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001b\\u007f\"");
}

static void visible_text_stands_as_it_is(void **state)
{
    (void)state;
    assert_text("你好😀e\u0301", 13, "\"你好😀e\u0301\"");
}

static void hidden_characters_are_escaped(void **state)
{
    (void)state;
    assert_text("\xC2\x85\u202E\uFEFF\U000E0001", 12, "\"\\u0085\\u202e\\ufeff\\udb40\\udc01\"");
}

static void invalid_bytes_are_replaced_and_flagged(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"\xFF", "\"\uFFFD\",\"replaced\":true"},
        {"a\xED\xA0\x80z", "\"a\uFFFD\uFFFD\uFFFDz\",\"replaced\":true"},
        {"\xE4\xBD", "\"\uFFFD\",\"replaced\":true"},
    };
    struct event event = {.kind = EVENT_NOTICE};
    char line[200];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        event.text = cases[i].text;
        event.text_n = strlen(event.text);
        snprintf(line, sizeof line, TIME "\"notice\",\"text\":%s}\n", cases[i].expected);
        assert_line(&event, line);
    }
}

static void line_beyond_the_cap_fails(void **state)
{
    struct event event = {.kind = EVENT_UNTAKEN, .peer = "127.0.0.1:1"};
    struct buf line;

    (void)state;
    buf_init(&line, 70);
    assert_int_equal(json_line(&event, &at, &line), -1);
    buf_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_in_their_order),
        cmocka_unit_test(absent_field_is_left_out),
        cmocka_unit_test(figure_of_0_is_left_out),
        cmocka_unit_test(field_without_a_value_is_left_out),
        cmocka_unit_test(largest_and_negative_numbers_are_exact),
        cmocka_unit_test(sentence_of_a_notice_is_its_text),
        cmocka_unit_test(quotes_and_controls_are_escaped),
        cmocka_unit_test(visible_text_stands_as_it_is),
        cmocka_unit_test(hidden_characters_are_escaped),
        cmocka_unit_test(invalid_bytes_are_replaced_and_flagged),
        cmocka_unit_test(line_beyond_the_cap_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
