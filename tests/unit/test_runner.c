/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "playbooks.h"

#include "bot/runner.h"

/* The next step, and the line of its statement. */
static void assert_step(struct runner *runner, uint64_t now, enum runner_step expected,
                        unsigned line)
{
    const struct statement *statement = NULL;

    assert_int_equal(runner_next(runner, now, &statement), expected);
    if (line)
        assert_int_equal(statement->line, line);
}

static void rule_ends_at_the_next_head(void **state)
{
    struct playbook rules =
        playbook_of(PLAYBOOK_RULES, "on /a/\nreply 1\nafter 5ms\nreply 2\nclose\n"
                                    "on /b/\non connect\nreply 3");
    struct runner runner = runner_of_rule(&rules, 0);

    (void)state;
    assert_step(&runner, 100, RUNNER_ACTS, 2);
    assert_step(&runner, 100, RUNNER_WAITS, 3);
    assert_int_equal(runner.until, 105);
    assert_step(&runner, 106, RUNNER_ACTS, 4);
    assert_step(&runner, 106, RUNNER_CLOSES, 5);
    assert_step(&runner, 106, RUNNER_DONE, 0);
    runner = runner_of_rule(&rules, 5);
    assert_step(&runner, 0, RUNNER_DONE, 0);
    runner = runner_of_rule(&rules, 6);
    assert_step(&runner, 0, RUNNER_ACTS, 8);
    assert_step(&runner, 0, RUNNER_DONE, 0);
    playbook_fini(&rules);
}

static void repetitions_nest(void **state)
{
    struct playbook script = playbook_of(
        PLAYBOOK_SCRIPT, "repeat 2 times\nsend a\nrepeat 3 times\nsend b\nend\nend\nsend c");
    static const unsigned lines[] = {2, 4, 4, 4, 2, 4, 4, 4, 7};
    struct runner runner = runner_of_script(&script);

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_step(&runner, 0, RUNNER_ACTS, lines[i]);
    assert_step(&runner, 0, RUNNER_DONE, 0);
    playbook_fini(&script);
}

static void no_delay_adds_up(void **state)
{
    struct playbook script = playbook_of(PLAYBOOK_SCRIPT, "repeat every 10ms 4 times\nsend a\nend");
    struct runner runner = runner_of_script(&script);

    (void)state;
    assert_step(&runner, 1000, RUNNER_ACTS, 2);
    assert_step(&runner, 1003, RUNNER_WAITS, 3);
    assert_int_equal(runner.until, 1010);
    assert_step(&runner, 1034, RUNNER_ACTS, 2); /* 24 ms late */
    assert_step(&runner, 1034, RUNNER_ACTS, 2);
    assert_step(&runner, 1034, RUNNER_ACTS, 2);
    assert_step(&runner, 1034, RUNNER_DONE, 0);
    playbook_fini(&script);
}

static void empty_repetition_leaves_turns_to_others(void **state)
{
    struct playbook script =
        playbook_of(PLAYBOOK_SCRIPT, "repeat 999999999 times\nend\nrepeat every 5ms\nend");
    struct runner runner = runner_of_script(&script);

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_step(&runner, 7, RUNNER_WAITS, 0);
        assert_int_equal(runner.until, 7);
    }
    runner.at = 2;
    runner.depth = 0;
    for (uint64_t now = 0; now < 100; now += 5) {
        assert_step(&runner, now, RUNNER_WAITS, 0);
        assert_int_equal(runner.until, now + 5);
    }
    playbook_fini(&script);
}

static void expectations_have_a_time(void **state)
{
    struct playbook script =
        playbook_of(PLAYBOOK_SCRIPT, "expect /a/ within 3s\nexpect close\nfail \"x\"\nlog y");
    struct runner runner = runner_of_script(&script);

    (void)state;
    assert_step(&runner, 50, RUNNER_EXPECTS, 1);
    assert_int_equal(runner.until, 3050);
    assert_step(&runner, 60, RUNNER_EXPECTS, 2);
    assert_int_equal(runner.until, 60 + PLAYBOOK_EXPECT_MS);
    assert_step(&runner, 60, RUNNER_FAILS, 3);
    assert_step(&runner, 60, RUNNER_ACTS, 4);
    playbook_fini(&script);
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
        cmocka_unit_test(rule_ends_at_the_next_head),
        cmocka_unit_test(repetitions_nest),
        cmocka_unit_test(no_delay_adds_up),
        cmocka_unit_test(empty_repetition_leaves_turns_to_others),
        cmocka_unit_test(expectations_have_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
