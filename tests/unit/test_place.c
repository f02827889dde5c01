/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "ui/place.h"

enum { COLUMNS = 80, ROWS = 24, UNREPORTED = -1 };

/* A line of three rows behind so many others, its cursor at the end. */
static struct place reported(unsigned first, enum place_top top)
{
    struct place place = {.top = top};

    place_ask(&place, 2);
    place_report(&place, (int)first + 2);
    assert_true(place.is_exact);
    assert_int_equal(place.first, first);
    return place;
}

static struct place_line at_size(unsigned columns, unsigned rows)
{
    return (struct place_line){
        .above = 2,
        .end = {.rows = 3, .column = 40},
        .drawn = {COLUMNS, ROWS},
        .least = {columns < COLUMNS ? columns : COLUMNS, rows < ROWS ? rows : ROWS},
        .now = {columns, rows},
    };
}

static unsigned above(struct place *place, unsigned columns, unsigned rows, int row)
{
    struct place_line line = at_size(columns, rows);

    return place_rows_above(place, &line, row);
}

static void row_tells_a_cut_from_a_new_layout(void **state)
{
    struct place place = reported(5, TOP_UNKNOWN);

    (void)state;
    assert_int_equal(above(&place, 40, ROWS, 7), 2);
    assert_int_equal(place.top, TOP_KEPT);
    assert_int_equal(above(&place, 40, ROWS, 3), 0);
    assert_int_equal(place.top, TOP_SCROLLED);
    assert_int_equal(above(&place, 40, ROWS, 3), 0);
}

static void cut_tells_that_all_rows_have_come_back(void **state)
{
    struct place place = reported(5, TOP_SCROLLED);

    (void)state;
    assert_int_equal(above(&place, 200, ROWS, 7), 0);
    assert_int_equal(place.top, TOP_SCROLLED);
    assert_int_equal(above(&place, 40, ROWS, 7), 2);
    assert_int_equal(place.top, TOP_KEPT);
}

static void lower_window_takes_the_cursor_along(void **state)
{
    struct place place = reported(5, TOP_UNKNOWN);

    (void)state;
    assert_int_equal(above(&place, 60, 7, 6), 1);
    assert_int_equal(place.top, TOP_KEPT);
    place = reported(5, TOP_UNKNOWN);
    assert_int_equal(above(&place, 60, 4, 3), 0);
}

/* At 200 columns the line takes one row, and at 40 five: then a window that is four rows higher
 * moves it down as far. */
static void row_that_fits_both_erases_nothing(void **state)
{
    struct place place = reported(5, TOP_UNKNOWN);

    (void)state;
    assert_int_equal(above(&place, 200, ROWS, 7), 0);
    assert_int_equal(above(&place, 40, ROWS + 4, 7), 0);
    assert_int_equal(place.top, TOP_UNKNOWN);
    place.top = TOP_KEPT;
    assert_int_equal(above(&place, 200, ROWS, 7), 2);
}

static void unknown_row_erases_nothing(void **state)
{
    struct place place = {0};

    (void)state;
    assert_int_equal(above(&place, 40, ROWS, 7), 0);
    place = reported(5, TOP_UNKNOWN);
    assert_int_equal(above(&place, 40, ROWS, UNREPORTED), 0);
    place.top = TOP_KEPT;
    assert_int_equal(above(&place, 40, ROWS, UNREPORTED), 2);
}

static void rows_above_the_line_are_counted(void **state)
{
    struct place place = reported(5, TOP_KEPT);

    (void)state;
    place_go_down(&place, 10, true, ROWS);
    place_draw(&place, 9, ROWS);
    assert_int_equal(place.first, 15);
    assert_int_equal(place.top, TOP_KEPT);
    place_draw(&place, 10, ROWS);
    assert_int_equal(place.first, 14);
    assert_int_equal(place.top, TOP_SCROLLED);
    place = reported(5, TOP_KEPT);
    place_go_down(&place, 18, true, ROWS);
    assert_int_equal(place.top, TOP_KEPT);
    place_go_down(&place, 1, true, ROWS);
    assert_int_equal(place.first, 23);
    assert_int_equal(place.top, TOP_SCROLLED);
}

/* Many enough have scrolled even where the first row was unknown. */
static void rows_that_may_be_more_leave_the_place_unknown(void **state)
{
    struct place place = reported(5, TOP_KEPT);

    (void)state;
    place_go_down(&place, 10, false, ROWS);
    assert_false(place.is_exact);
    assert_int_equal(place.top, TOP_UNKNOWN);
    assert_true(place_is_wanted(&place));
    place_lose(&place);
    place_go_down(&place, 23, true, ROWS);
    assert_int_equal(place.top, TOP_UNKNOWN);
    place_go_down(&place, 1, true, ROWS);
    assert_int_equal(place.top, TOP_SCROLLED);
    assert_true(place_is_wanted(&place));
}

static void report_from_before_a_message_is_not_taken(void **state)
{
    struct place place = {0};

    (void)state;
    place_ask(&place, 2);
    assert_false(place_is_wanted(&place));
    place_go_down(&place, 1, true, ROWS);
    place_report(&place, 7);
    assert_false(place.is_exact);
    assert_true(place_is_wanted(&place));
    place_ask(&place, 2);
    place_report(&place, UNREPORTED);
    place_report(&place, 1);
    assert_false(place.is_exact);
}

static void line_stands_on_top_of_a_cleared_screen(void **state)
{
    struct place place = reported(5, TOP_KEPT);

    (void)state;
    place_clear(&place);
    assert_int_equal(place.first, 0);
    assert_true(place.is_exact);
    assert_int_equal(place.top, TOP_KEPT);
}

static void line_is_settled_where_its_cursor_was(void **state)
{
    struct place place = {0};

    (void)state;
    place_settle(&place, 2, 7, ROWS);
    assert_int_equal(place.first, 5);
    assert_true(place.is_exact);
    place_settle(&place, 2, UNREPORTED, ROWS);
    assert_false(place.is_exact);
    place = reported(5, TOP_KEPT);
    place_settle(&place, 2, UNREPORTED, 4);
    assert_int_equal(place.first, 3);
    assert_true(place.is_exact);
}

static void line_below_the_screen_begins_a_row_of_its_own(void **state)
{
    struct place place = reported(15, TOP_KEPT);

    (void)state;
    assert_true(place_settle(&place, 0, 9, 10));
    assert_int_equal(place.first, 9);
    assert_int_equal(place.top, TOP_SCROLLED);
    place = reported(9, TOP_KEPT);
    assert_false(place_settle(&place, 0, 9, 10));
    assert_int_equal(place.top, TOP_KEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_tells_a_cut_from_a_new_layout),
        cmocka_unit_test(cut_tells_that_all_rows_have_come_back),
        cmocka_unit_test(lower_window_takes_the_cursor_along),
        cmocka_unit_test(row_that_fits_both_erases_nothing),
        cmocka_unit_test(unknown_row_erases_nothing),
        cmocka_unit_test(rows_above_the_line_are_counted),
        cmocka_unit_test(rows_that_may_be_more_leave_the_place_unknown),
        cmocka_unit_test(report_from_before_a_message_is_not_taken),
        cmocka_unit_test(line_stands_on_top_of_a_cleared_screen),
        cmocka_unit_test(line_is_settled_where_its_cursor_was),
        cmocka_unit_test(line_below_the_screen_begins_a_row_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
