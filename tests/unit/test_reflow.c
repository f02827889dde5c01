/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ui/reflow.h"

enum { DRAWN = 20, ROWS = 24, UNREPORTED = -1 };

static struct place place;

static void forget_names(void)
{
    static const char *const names[] = {
        "TMUX",       "VTE_VERSION",  "KITTY_WINDOW_ID", "KONSOLE_VERSION", "ALACRITTY_LOG",
        "WT_SESSION", "TERM_PROGRAM", "WEZTERM_PANE",    "XTERM_VERSION",   "STY"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("TERM", "xterm", 1);
}

/* A line of 50 columns, the cursor behind so many of them. */
static struct reflow line_with_cursor(size_t cursor)
{
    static const char line[] = "01234567890123456789012345678901234567890123456789";
    struct reflow reflow;
    struct buf text;

    buf_init(&text, sizeof line);
    assert_int_equal(buf_append(&text, line, sizeof line - 1), 0);
    reflow_init(&reflow, text, cursor, (struct extent){DRAWN, ROWS}, &place);
    return reflow;
}

static unsigned above(size_t cursor, const unsigned *widths, int column)
{
    struct reflow reflow = line_with_cursor(cursor);
    unsigned rows;

    for (; *widths; widths++)
        reflow_resize(&reflow, (struct extent){*widths, ROWS});
    rows = reflow_rows_above(&reflow, UNREPORTED, column);
    reflow_fini(&reflow);
    return rows;
}

#define ABOVE(cursor, column, ...) above(cursor, (const unsigned[]){__VA_ARGS__, 0}, column)

/* The terminal is asked for once in a process. */
static void konsole_rewinds_the_cursor(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (!child) {
        forget_names();
        setenv("KONSOLE_VERSION", "221203", 1);
        _exit(ABOVE(45, UNREPORTED, 10) + ABOVE(45, 5, 15) + ABOVE(45, 0, 15) != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Before the others: nothing is known yet. */
static void unknown_terminal_loses_no_message(void **state)
{
    (void)state;
    forget_names();
    assert_int_equal(ABOVE(45, UNREPORTED, 10), 2); /* 4 with a reflow */
    assert_int_equal(ABOVE(45, UNREPORTED, 50), 0); /* 2 with a cut */
}

/* Then this one. Kinds that no terminal has, or several have, tell nothing; the first kind that
 * does stays. */
static void kind_tells_what_the_column_does_not(void **state)
{
    (void)state;
    reflow_identify(86, 95);
    reflow_identify(0, 137);
    reflow_identify(1, 370);
    assert_int_equal(ABOVE(45, 5, 10), 2);
    reflow_identify(41, 320);
    assert_int_equal(ABOVE(45, 5, 10), 4);
    assert_int_equal(ABOVE(45, UNREPORTED, 15), 3);
    reflow_identify(41, 370);
    assert_int_equal(ABOVE(45, 5, 10), 4);
}

static void column_tells_a_reflow_from_a_cut(void **state)
{
    (void)state;
    assert_int_equal(ABOVE(45, 0, 15), 3);
    assert_int_equal(ABOVE(45, 5, 15), 2);
    assert_int_equal(ABOVE(38, 8, 15), 2);
    assert_int_equal(ABOVE(38, 14, 15), 1); /* at 18, beyond the last column */
    assert_int_equal(ABOVE(29, 4, 25), 1);
    assert_int_equal(ABOVE(29, 29, 30), 0);
    assert_int_equal(ABOVE(29, 9, 30), 1);
}

static void cut_cursor_stays_at_the_narrowest(void **state)
{
    (void)state;
    assert_int_equal(ABOVE(39, 9, 10, 32), 1);
    assert_int_equal(ABOVE(39, 7, 10, 32), 1);
    assert_int_equal(ABOVE(45, 5, 10, 15), 2);
    assert_int_equal(ABOVE(45, 0, 10, 15), 3);
}

static void cursor_may_stay_behind_a_full_row(void **state)
{
    (void)state;
    assert_int_equal(ABOVE(48, 15, 16), 2);
    assert_int_equal(ABOVE(48, 16, 16), 2);
    assert_int_equal(ABOVE(48, 0, 16), 3);
}

static void column_that_tells_nothing_leaves_the_last_answer(void **state)
{
    (void)state;
    assert_int_equal(ABOVE(45, 0, 15), 3);
    assert_int_equal(ABOVE(45, UNREPORTED, 15), 3);
    assert_int_equal(ABOVE(45, 11, 15), 3); /* neither */
    assert_int_equal(ABOVE(45, 5, 10), 4);  /* both */
    assert_int_equal(ABOVE(45, 5, 15), 2);
    assert_int_equal(ABOVE(45, UNREPORTED, 15), 2);
    assert_int_equal(ABOVE(45, 5, 10), 2);
}

static void line_of_several_rows_is_doubtful(void **state)
{
    struct reflow reflow = line_with_cursor(0);

    (void)state;
    forget_names();
    assert_true(reflow_is_doubtful(&reflow));
    reflow.drawn.columns = reflow.least.columns = 60;
    assert_false(reflow_is_doubtful(&reflow));
    reflow_resize(&reflow, (struct extent){40, ROWS});
    reflow_resize(&reflow, (struct extent){60, ROWS});
    assert_true(reflow_is_doubtful(&reflow));
    reflow_fini(&reflow);
}

/* The row of the cursor tells whether the head of a reflowed line has scrolled off. */
static void terminal_that_keeps_its_rows_is_not_asked(void **state)
{
    static const struct {
        const char *variable, *value;
        bool is_asked;
    } named[] = {
        {"TERM", "xterm", true},
        {"TERM", "tmux-256color", true},
        {"TERM", "st-256color", false},
        {"TERM", "rxvt-unicode", true},
        {"VTE_VERSION", "7002", true},
        {"XTERM_VERSION", "XTerm(379)", false},
        {"KONSOLE_VERSION", "221203", false},
    };
    struct reflow reflow = line_with_cursor(0);

    (void)state;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        forget_names();
        setenv(named[i].variable, named[i].value, 1);
        assert_int_equal(reflow_is_doubtful(&reflow), named[i].is_asked);
    }
    reflow_fini(&reflow);
}

static void line_begins_above_the_screen_by_the_row_of_its_cursor(void **state)
{
    struct reflow reflow = line_with_cursor(45);

    (void)state;
    reflow_resize(&reflow, (struct extent){15, ROWS});
    assert_int_equal(reflow_rows_above(&reflow, UNREPORTED, 0), 3);
    assert_true(reflow_begins_above(&reflow, 2, 0));
    assert_true(reflow_begins_above(&reflow, 0, 0));
    assert_false(reflow_begins_above(&reflow, 3, 0));
    assert_false(reflow_begins_above(&reflow, 2, 1));
    assert_false(reflow_begins_above(&reflow, UNREPORTED, UNREPORTED));
    assert_int_equal(reflow_rows_above(&reflow, UNREPORTED, 5), 2); /* it cuts */
    assert_false(reflow_begins_above(&reflow, 0, 0));
    reflow_fini(&reflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(konsole_rewinds_the_cursor),
        cmocka_unit_test(unknown_terminal_loses_no_message),
        cmocka_unit_test(kind_tells_what_the_column_does_not),
        cmocka_unit_test(column_tells_a_reflow_from_a_cut),
        cmocka_unit_test(cut_cursor_stays_at_the_narrowest),
        cmocka_unit_test(cursor_may_stay_behind_a_full_row),
        cmocka_unit_test(column_that_tells_nothing_leaves_the_last_answer),
        cmocka_unit_test(line_of_several_rows_is_doubtful),
        cmocka_unit_test(terminal_that_keeps_its_rows_is_not_asked),
        cmocka_unit_test(line_begins_above_the_screen_by_the_row_of_its_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
