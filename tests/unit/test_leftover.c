/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "ui/leftover.h"

enum { NARROW = 20, WIDE = 40 };

/* Three rows of twenty columns have scrolled off. */
static struct leftover scrolled_off(void)
{
    static const char text[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    struct leftover leftover = {0};
    struct buf line;

    buf_init(&line, sizeof text);
    assert_int_equal(buf_append(&line, text, sizeof text - 1), 0);
    leftover_attach(&leftover, &line, 3, NARROW);
    buf_fini(&line);
    assert_true(leftover_exists(&leftover));
    assert_true(leftover.is_attached);
    assert_int_equal(buf_length(&leftover.head), 60);
    leftover_detach(&leftover);
    return leftover;
}

static void head_is_deleted_above_the_rows_since(void **state)
{
    struct leftover leftover = scrolled_off();
    unsigned top;

    (void)state;
    leftover_go_down(&leftover, 2, true, NARROW);
    assert_int_equal(leftover_take(&leftover, 9, WIDE, &top), 2);
    assert_int_equal(top, 5);
    assert_false(leftover_exists(&leftover));
    assert_int_equal(leftover_take(&leftover, 9, WIDE, &top), 0);
    leftover_forget(&leftover);
}

/* The window may become wider yet. */
static void head_is_deleted_as_far_as_it_is_on_the_screen(void **state)
{
    struct leftover leftover = scrolled_off();
    unsigned top;

    (void)state;
    leftover_go_down(&leftover, 2, true, NARROW);
    assert_int_equal(leftover_take(&leftover, 2, WIDE, &top), 0);
    assert_int_equal(leftover_take(&leftover, 3, WIDE, &top), 1);
    assert_int_equal(top, 0);
    assert_int_equal(buf_length(&leftover.head), 40);
    assert_int_equal(leftover_take(&leftover, 8, WIDE, &top), 1);
    assert_int_equal(top, 5);
    leftover_forget(&leftover);
}

static void rows_that_may_be_more_leave_the_head(void **state)
{
    struct leftover leftover = scrolled_off();
    unsigned top;

    (void)state;
    leftover_go_down(&leftover, 2, true, WIDE);
    assert_int_equal(leftover_take(&leftover, 9, WIDE - 1, &top), 0);
    assert_true(leftover_exists(&leftover));
    leftover_go_down(&leftover, 2, false, WIDE);
    assert_false(leftover_exists(&leftover));
    leftover_forget(&leftover);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_is_deleted_above_the_rows_since),
        cmocka_unit_test(head_is_deleted_as_far_as_it_is_on_the_screen),
        cmocka_unit_test(rows_that_may_be_more_leave_the_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
