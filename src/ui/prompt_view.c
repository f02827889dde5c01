/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/prompt_view.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <readline/readline.h>

#include "base/buf.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "ui/reflow.h"
#include "ui/row.h"

enum {
    TORN = 256 * 1024,
    LEAST_COLUMNS = 8, /* with fewer, or with one row, readline divides by zero */
    LEAST_ROWS = 2,
};

/* readline's state is global, and so is ours. */
static struct {
    void (*write)(void *owner, const char *bytes, size_t n);
    void *owner;
    FILE *screen;
    struct buf torn;      /* a character that readline has not written to its end */
    bool cannot_go_up;    /* the cursor */
    bool is_row;          /* the line is drawn here, as much of it as fits in one row */
    struct buf row;       /* its text */
    size_t row_cursor;    /* bytes of it before the cursor */
    unsigned row_columns; /* that it takes */
    bool is_paused;
    unsigned columns, rows;
    bool is_open, is_hidden;
    bool is_doubtful;     /* the place of the line on the screen */
    struct reflow reflow; /* then */
} view;

/* ---- output ---- */

static void write_bytes(const void *bytes, size_t n)
{
    view.write(view.owner, bytes, n);
}

/* A line from a paste or a file may hold any character. Outside ASCII only a plain one goes to the
 * screen. U+FFFD takes the place of another one, as wide as readline believes: both ask the wcwidth
 * of ui/wcwidth. */
static void write_character(const unsigned char *bytes, const struct utf8_char *character)
{
    bool is_good = character->status == UTF8_GOOD;

    if (is_good && (character->scalar < 0x80 || safetext_is_plain(character->scalar)))
        write_bytes(bytes, character->length);
    else if (!is_good || wcwidth((wchar_t)character->scalar) != 0)
        write_bytes("\uFFFD", strlen("\uFFFD"));
}

/* readline's output may end in the middle of a character. */
static ssize_t on_write(void *cookie, const char *bytes, size_t n)
{
    struct buf *torn = &view.torn;

    (void)cookie;
    if (buf_append(torn, bytes, n) < 0)
        return 0; /* the next redraw shows it */
    while (buf_length(torn)) {
        const unsigned char *text = buf_bytes(torn);
        struct utf8_char next = utf8_next(text, buf_length(torn));

        if (next.status == UTF8_CUT)
            break;
        write_character(text, &next);
        buf_consume(torn, next.length);
    }
    return (ssize_t)n;
}

/* ---- drawing ---- */

static void write_blanks(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        write_bytes(" ", 1);
}

static void forget_row(void)
{
    buf_clear(&view.row);
    view.row_cursor = 0;
    view.row_columns = 0;
}

/* A screen reader speaks all that is written: nothing is, where nothing has to go. */
static void clear_row(void)
{
    static const char erase[] = "\r\033[K";

    if (!view.cannot_go_up) {
        write_bytes(erase, sizeof erase - 1);
    } else if (view.row_columns) {
        write_bytes("\r", 1);
        write_blanks(view.row_columns);
        write_bytes("\r", 1);
    }
    forget_row();
}

/* The line with the text before it, also during a search. -1 without memory. */
static int whole_line(struct buf *text, size_t *head)
{
    *head = strlen(rl_display_prompt);
    buf_init(text, *head + (size_t)rl_end);
    if (buf_append(text, rl_display_prompt, *head) == 0 &&
        buf_append(text, rl_line_buffer, (size_t)rl_end) == 0)
        return 0;
    buf_fini(text);
    return -1;
}

static void keep_row(const struct row *row)
{
    buf_clear(&view.row);
    if (buf_append(&view.row, buf_bytes(&row->shown), buf_length(&row->shown)) < 0)
        buf_clear(&view.row);
    view.row_cursor = row->cursor;
    view.row_columns = row->columns;
}

static bool begins_with(const struct buf *text, const struct buf *head)
{
    size_t n = buf_length(head);

    return n && buf_length(text) >= n && !memcmp(buf_bytes(text), buf_bytes(head), n);
}

/* Whether the new row only goes on behind the one on the screen, or is that one. */
static bool goes_on(const struct row *row)
{
    return begins_with(&row->shown, &view.row) && view.row_cursor == buf_length(&view.row) &&
           row->cursor == buf_length(&row->shown);
}

static void write_row(const struct row *row)
{
    const unsigned char *text = buf_bytes(&row->shown);
    size_t n = buf_length(&row->shown), old = goes_on(row) ? buf_length(&view.row) : 0;

    if (!old)
        clear_row();
    write_bytes(text + old, n - old);
    if (row->cursor == n)
        return;
    write_bytes("\r", 1);
    write_bytes(text, row->cursor);
}

static void draw_row(void)
{
    struct row row;
    struct buf text;
    size_t head;

    if (whole_line(&text, &head) < 0)
        return;
    if (row_init(&row, buf_bytes(&text), buf_length(&text), head + (size_t)rl_point,
                 view.columns) == 0) {
        write_row(&row);
        keep_row(&row);
        row_fini(&row);
    }
    buf_fini(&text);
}

/* Rows that have scrolled off cannot be drawn again. */
static bool is_taller_than_screen(void)
{
    struct buf text;
    size_t head;
    bool is_taller;

    if (whole_line(&text, &head) < 0)
        return false;
    is_taller = row_end(buf_bytes(&text), buf_length(&text), view.columns).rows > view.rows;
    buf_fini(&text);
    return is_taller;
}

/* readline would scroll a line by bytes: where the cursor cannot go up (TERM=dumb), and where the
 * person wants it so. */
static bool fits_one_row_only(void)
{
    return view.cannot_go_up || view.columns < LEAST_COLUMNS || view.rows < LEAST_ROWS ||
           !strcmp(rl_variable_value("horizontal-scroll-mode"), "on") || is_taller_than_screen();
}

static void clear_line(void)
{
    if (view.is_row)
        clear_row();
    else
        rl_clear_visible_line();
    fflush(view.screen);
}

void prompt_view_draw(void)
{
    bool is_row;

    if (view.is_hidden || view.is_doubtful || (view.is_row && view.is_paused) ||
        rl_input_available_hook())
        return;
    is_row = fits_one_row_only();
    if (is_row != view.is_row) {
        clear_line();
        rl_on_new_line();
        view.is_row = is_row;
    }
    if (is_row) {
        draw_row();
        return;
    }
    rl_redisplay();
    fflush(view.screen);
}

void prompt_view_pause(bool is_paused)
{
    view.is_paused = is_paused;
}

void prompt_view_clear(void)
{
    prompt_view_settle(-1);
    if (!view.is_hidden)
        clear_line();
}

bool prompt_view_hide(void)
{
    if (view.is_doubtful)
        return false;
    if (view.is_open && !view.is_hidden) {
        clear_line();
        view.is_hidden = true;
    }
    return true;
}

void prompt_view_show(void)
{
    if (!view.is_open || view.is_doubtful)
        return;
    view.is_hidden = false;
    rl_on_new_line();
    prompt_view_draw();
}

void prompt_view_set_label(const char *label)
{
    bool is_shown = !view.is_hidden && !view.is_doubtful;

    prompt_view_hide();
    rl_set_prompt(label);
    if (is_shown)
        prompt_view_show();
}

/* ---- size, opening and closing ---- */

static void set_readline_size(void)
{
    rl_set_screen_size((int)(view.rows < LEAST_ROWS ? LEAST_ROWS : view.rows),
                       (int)(view.columns < LEAST_COLUMNS ? LEAST_COLUMNS : view.columns));
}

static void write_string(const char *text)
{
    write_bytes(text, strlen(text));
}

/* Removes the row of the cursor, those below it, and so many above. Row by row: tmux keeps in its
 * history a screen that is erased from the top on. */
static void clear_rows(unsigned above)
{
    write_string("\r\033[K\0337\033[B\033[J\0338");
    for (unsigned i = 0; i < above; i++)
        write_string("\033[A\033[K");
    forget_row();
    rl_on_new_line();
}

/* The line as it is on the screen. -1 without memory. */
static int drawn_line(struct buf *text, size_t *cursor)
{
    if (!view.is_row) {
        if (whole_line(text, cursor) < 0)
            return -1;
        *cursor += (size_t)rl_point;
        return 0;
    }
    buf_init(text, TORN);
    *cursor = view.row_cursor;
    return buf_append(text, buf_bytes(&view.row), buf_length(&view.row));
}

static void doubt(void)
{
    struct buf text;
    size_t cursor;

    if (view.is_hidden || view.cannot_go_up || drawn_line(&text, &cursor) < 0)
        return;
    reflow_init(&view.reflow, text, cursor, view.columns);
    view.is_doubtful = true;
}

void prompt_view_settle(int column)
{
    if (!view.is_doubtful)
        return;
    clear_rows(reflow_rows_above(&view.reflow, column));
    reflow_fini(&view.reflow);
    view.is_doubtful = false;
    set_readline_size();
    prompt_view_show();
}

bool prompt_view_resize(unsigned columns, unsigned rows)
{
    bool was_hidden = view.is_hidden;

    if (!view.is_open || (columns == view.columns && rows == view.rows))
        return false;
    if (columns != view.columns && !view.is_doubtful)
        doubt();
    if (!view.is_doubtful)
        prompt_view_hide();
    view.columns = columns;
    view.rows = rows;
    if (view.is_doubtful) {
        reflow_resize(&view.reflow, columns);
        if (reflow_is_doubtful(&view.reflow))
            return true;
        prompt_view_settle(-1);
        return false;
    }
    set_readline_size();
    if (!was_hidden)
        prompt_view_show();
    return false;
}

void prompt_view_open(void (*write)(void *owner, const char *bytes, size_t n), void *owner,
                      unsigned columns, unsigned rows)
{
    static const cookie_io_functions_t functions = {.write = on_write};

    view.write = write;
    view.owner = owner;
    view.screen = fopencookie(NULL, "w", functions);
    view.is_open = view.is_hidden = true;
    buf_init(&view.torn, TORN);
    buf_init(&view.row, TORN);
    rl_outstream = view.screen;
    rl_initialize();
    rl_redisplay_function = prompt_view_draw; /* before, readline would not look at TERM */
    view.cannot_go_up = view.is_row = !rl_get_termcap("up");
    view.columns = columns;
    view.rows = rows;
    set_readline_size();
}

void prompt_view_close(void)
{
    view.is_open = false;
    fclose(view.screen);
    buf_fini(&view.torn);
    buf_fini(&view.row);
    rl_outstream = stdout;
}
