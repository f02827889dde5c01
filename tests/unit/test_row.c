/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "ui/row.h"

enum { COLUMNS = 11 }; /* ten are used */

static void assert_row(const char *text, size_t point, const char *shown, const char *before)
{
    struct row row;

    assert_int_equal(row_init(&row, (const unsigned char *)text, strlen(text), point, COLUMNS), 0);
    assert_int_equal(buf_length(&row.shown), strlen(shown));
    assert_memory_equal(buf_bytes(&row.shown), shown, strlen(shown));
    assert_int_equal(row.cursor, strlen(before));
    assert_true(row.columns < COLUMNS);
    row_fini(&row);
}

static void fitting_text_is_shown(void **state)
{
    (void)state;
    assert_row("", 0, "", "");
    assert_row("> hello", 7, "> hello", "> hello");
    assert_row("> hello", 2, "> hello", "> ");
    assert_row("> 12345678", 10, "> 12345678", "> 12345678");
}

static void cursor_stays_in_the_row(void **state)
{
    (void)state;
    assert_row("> 123456789", 11, " 123456789", " 123456789");
    assert_row("> 123456789", 3, "> 12345678", "> 1");
    assert_row("> 1234567890123456789", 14, "3456789012", "3456789012");
}

static void wide_character_is_not_torn(void **state)
{
    (void)state;
    assert_row("> 你好世界", strlen("> 你好世界"), "> 你好世界", "> 你好世界");
    assert_row("> 你好世界啊", strlen("> 你好世界啊"), "你好世界啊", "你好世界啊");
    assert_row("x你好世界啊", 1, "x你好世界", "x");
}

static void invisible_character_is_shown(void **state)
{
    (void)state;
    assert_row("a\x1b[b", 4, "a^[[b", "a^[[b");
    assert_row("a\xC2\x9B"
               "b",
               4, "a\uFFFDb", "a\uFFFDb");
    assert_row("a\xE2\x80\xAE"
               "b",
               5, "a\uFFFDb", "a\uFFFDb");
    assert_row("a\xFF"
               "b",
               3, "a\uFFFDb", "a\uFFFDb");
}

static void assert_end(unsigned columns, const char *text, unsigned rows, unsigned column)
{
    struct row_end end = row_end((const unsigned char *)text, strlen(text), columns);

    assert_int_equal(end.rows, rows);
    assert_int_equal(end.column, column);
}

static void row_end_is_behind_the_whole_line(void **state)
{
    (void)state;
    assert_end(10, "", 1, 0);
    assert_end(10, "> 1234567", 1, 9);
    assert_end(10, "> 12345678", 2, 0); /* the cursor stands below */
    assert_end(10, "> 123456789", 2, 1);
    assert_end(10, "> 你好世界", 2, 0);
    assert_end(9, "> 你好世界", 2, 2); /* one column is left free */
    assert_end(9, "> 你好世界你好世界", 3, 2);
    assert_end(10, "> \t1", 2, 1);
    assert_end(1, "你好", 4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fitting_text_is_shown),
        cmocka_unit_test(cursor_stays_in_the_row),
        cmocka_unit_test(wide_character_is_not_torn),
        cmocka_unit_test(invisible_character_is_shown),
        cmocka_unit_test(row_end_is_behind_the_whole_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
