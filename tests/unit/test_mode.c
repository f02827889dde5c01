/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "room/mode.h"

static void silence_is_50_ms_at_a_terminal_and_1_s_in_a_chat(void **state)
{
    (void)state;
    assert_int_equal(modes[MODE_CONNECT].silence_ms, 50);
    assert_int_equal(modes[MODE_LISTEN].silence_ms, 50);
    assert_int_equal(modes[MODE_REPLY].silence_ms, 50);
    assert_int_equal(modes[MODE_CHAT].silence_ms, 1000);
    assert_int_equal(modes[MODE_KEEP_OPEN].silence_ms, 0);
    assert_int_equal(modes[MODE_BROKER].silence_ms, 0);
    for (int shape = 0; shape < MODE_SHAPES; shape++)
        assert_int_equal(modes[shape].letter_ms, modes[shape].framed ? 1000 : 0);
}

static void unframed_modes_touch_no_byte(void **state)
{
    (void)state;
    for (int shape = 0; shape < MODE_SHAPES; shape++)
        if (!modes[shape].framed) {
            assert_false(modes[shape].named || modes[shape].drops_bom || modes[shape].line_ms);
            assert_int_equal(modes[shape].silence_ms, 0);
        }
}

static void named_modes_are_meshes_that_evict(void **state)
{
    (void)state;
    for (int shape = 0; shape < MODE_SHAPES; shape++)
        if (modes[shape].named)
            assert_true(modes[shape].mesh && modes[shape].evicts && modes[shape].answers);
}

/* A broker passes on what arrived as it arrived. */
static void brokers_take_nothing_for_telnet(void **state)
{
    (void)state;
    for (int shape = 0; shape < MODE_SHAPES; shape++) {
        bool is_broker = shape == MODE_BROKER || shape == MODE_BROKER_TERMINAL;

        assert_int_equal(modes[shape].telnet, !is_broker);
        assert_true(!modes[shape].typed || (modes[shape].telnet && modes[shape].framed));
        assert_int_equal(modes[shape].cr_ms, modes[shape].typed ? 50 : 0);
        assert_int_equal(modes[shape].key_ms, modes[shape].typed ? 1000 : 0);
    }
    assert_true(modes[MODE_CONNECT].typed && modes[MODE_LISTEN].typed && modes[MODE_CHAT].typed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_50_ms_at_a_terminal_and_1_s_in_a_chat),
        cmocka_unit_test(unframed_modes_touch_no_byte),
        cmocka_unit_test(named_modes_are_meshes_that_evict),
        cmocka_unit_test(brokers_take_nothing_for_telnet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
