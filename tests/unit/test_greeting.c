/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "room/greeting.h"

static enum greeting of(const char *line)
{
    return greeting_of(line, strlen(line));
}

static void whole_lines_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(of("-!- you are peer3; /help lists commands"), GREETING_WELCOME);
    assert_int_equal(of("-!- you are peer4294967295; /help lists commands"), GREETING_WELCOME);
    assert_int_equal(of("-!- the room is full; you are number 12 in the queue"), GREETING_QUEUED);
}

static void every_beginning_is_one(void **state)
{
    static const char *const lines[] = {"-!- you are peer37; /help lists commands",
                                        "-!- the room is full; you are number 12 in the queue"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t n = 1; n < strlen(lines[i]); n++)
            assert_int_equal(greeting_of(lines[i], n), GREETING_BEGINS);
}

static void other_lines_are_none(void **state)
{
    static const char *const lines[] = {
        "",
        "hello",
        "-?",
        "-!- you are anna",
        "-!- you are peer;",
        "-!- you are peer3 ",
        "-!- you are peer12345678901",
        "-!- you are peer3; /help lists commands.",
        "-!- you are peer3; /help lists commands\r",
        "-!- the room is full; you are number x",
        "-!- the room is full; you are number 2 in the queue!",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (of(lines[i]) != GREETING_NONE)
            fail_msg("'%s'", lines[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_lines_are_told_apart),
        cmocka_unit_test(every_beginning_is_one),
        cmocka_unit_test(other_lines_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
