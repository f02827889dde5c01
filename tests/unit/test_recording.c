/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "text/recording.h"

static const struct timespec at = {1795881731, 482913999};

static void write_line(enum recording_way way, const char *peer, const void *bytes, size_t n,
                       char *text)
{
    struct base64 base64 = {0};
    char letters[100];
    struct buf line;

    *base64_end(&base64, base64_put(&base64, bytes, n, letters)) = '\0';
    buf_init(&line, 1000);
    assert_int_equal(recording_begin(way, &at, 7, peer, &line), 0);
    assert_int_equal(buf_append(&line, letters, strlen(letters)), 0);
    assert_int_equal(recording_end(way, false, &line), 0);
    snprintf(text, 1000, "%.*s", (int)buf_length(&line), (const char *)buf_bytes(&line));
    buf_fini(&line);
}

static void lines_are_written_in_one_form(void **state)
{
    char text[1000];

    (void)state;
    write_line(RECORDING_OPEN, "127.0.0.1:1", "", 0, text);
    assert_string_equal(text, "{\"time\":\"2026-11-28T16:02:11.482913Z\",\"connection\":7,\"peer\":"
                              "\"127.0.0.1:1\",\"direction\":\"open\"}\n");
    write_line(RECORDING_IN, "unix:\"\x1b\xff", "\xe4\xbd\xa0", 3, text);
    assert_string_equal(text, "{\"time\":\"2026-11-28T16:02:11.482913Z\",\"connection\":7,\"peer\":"
                              "\"unix:\\\"\\u001b\xEF\xBF\xBD\",\"direction\":\"in\",\"bytes\":"
                              "\"5L2g\"}\n");
}

static void line_comes_back(void **state)
{
    struct recording_line line;
    char text[1000];

    (void)state;
    write_line(RECORDING_OUT, "[::1]:8080", "a\0\xff", 3, text);
    assert_int_equal(recording_read(text, strlen(text) - 1, &line, NULL), 0);
    assert_int_equal(line.way, RECORDING_OUT);
    assert_int_equal(line.connection, 7);
    assert_true(line.has_time);
    assert_int_equal(line.at, INT64_C(1795881731482913));
    assert_int_equal(line.n, 3);
    assert_memory_equal(line.bytes, "a\0\xff", 3);
}

static void assert_refused(const char *line, const char *sentence)
{
    char text[1000];
    struct recording_line read;
    struct err err;

    snprintf(text, sizeof text, "%s", line);
    assert_int_equal(recording_read(text, strlen(text), &read, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.sentence, sentence);
}

static void mistakes_have_a_column(void **state)
{
    (void)state;
    assert_refused("", "column 1: a line of a recording begins with {");
    assert_refused("{\"direction\":\"in\",}", "column 19: a name in quotes was expected");
    assert_refused("{\"direction\" \"in\"}", "column 14: a colon was expected");
    assert_refused("{\"direction\":}", "column 14: a value is missing here");
    assert_refused("{\"direction\":\"in\" \"bytes\"}", "column 19: a comma or a } was expected");
    assert_refused("{\"direction\":\"in\",\"bytes\":7}",
                   "column 27: the bytes are a string of base64");
    assert_refused("{\"a\":\"\\x\"}", "column 8: JSON has no such escape");
    assert_refused("{\"a\":\"\\u12g4\"}", "column 11: \\u takes four hexadecimal digits");
    assert_refused("{\"a\":\"b", "column 8: the line ends within a string");
    assert_refused("{\"connection\":0}", "column 15: the connection is a number from 1 to 65536");
    assert_refused("{\"connection\":\"1\"}",
                   "column 16: the connection is a number from 1 to 65536");
    assert_refused("{\"connection\":99999999999999999999}",
                   "column 15: the connection is a number from 1 to 65536");
    assert_refused("{\"time\":\"2026-11-28T16:02:11\"}",
                   "column 10: the time is written 2026-11-28T16:02:11.482913Z");
    assert_refused("{\"time\":\"2026-11-28T16:02:11.5+01:00\"}",
                   "column 31: the time ends with Z, since it is UTC");
}

static void escapes_stand_for_their_letters(void **state)
{
    static const struct {
        const char *text, *letters;
    } cases[] = {{"aGk=", "hi"}, {"\\/\\/79", "\xFF\xFE\xFD"}, {"\\u0061Gk=", "hi"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recording_line line;
        char text[100];

        snprintf(text, sizeof text, "{\"peer\":\"\\\"\\n\",\"direction\":\"in\",\"bytes\":\"%s\"}",
                 cases[i].text);
        assert_int_equal(recording_read(text, strlen(text), &line, NULL), 0);
        assert_int_equal(line.n, strlen(cases[i].letters));
        assert_memory_equal(line.bytes, cases[i].letters, line.n);
    }
}

static void times_may_have_any_fraction(void **state)
{
    static const struct {
        const char *text;
        int64_t micros;
    } times[] = {{"11Z", 0}, {"11.Z", 0}, {"11.5Z", 500000}, {"11.000001999Z", 1}};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct recording_line line;
        char text[100];

        snprintf(text, sizeof text, "{\"direction\":\"open\",\"time\":\"2026-11-28T16:02:%s\"}",
                 times[i].text);
        assert_int_equal(recording_read(text, strlen(text), &line, NULL), 0);
        assert_int_equal(line.at, INT64_C(1795881731000000) + times[i].micros);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_written_in_one_form),
        cmocka_unit_test(line_comes_back),
        cmocka_unit_test(mistakes_have_a_column),
        cmocka_unit_test(escapes_stand_for_their_letters),
        cmocka_unit_test(times_may_have_any_fraction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
