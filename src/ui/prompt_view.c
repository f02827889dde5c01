/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/prompt_view.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

#include "base/buf.h"
#include "ui/leftover.h"
#include "ui/place.h"
#include "ui/prompt_output.h"
#include "ui/reflow.h"
#include "ui/row.h"
#include "ui/row_view.h"

enum {
    DRAWN = 256 * 1024,
    LEAST_COLUMNS = 8, /* with fewer, or with one row, readline divides by zero */
    LEAST_ROWS = 2,
};

/* readline's state is global, and so is ours. */
static struct {
    void (*write)(void *owner, const char *bytes, size_t n);
    void (*ask_place)(void *owner);
    void *owner;
    FILE *screen;
    bool is_row; /* the line is drawn in one row, by this: */
    struct row_view row;
    bool is_paused;
    struct extent size;
    struct place place; /* of the line */
    struct leftover leftover;
    bool is_open, is_hidden;
    bool is_doubtful;     /* whether the line is where it was drawn */
    struct reflow reflow; /* then */
} view;

static void write_bytes(const void *bytes, size_t n)
{
    view.write(view.owner, bytes, n);
}

/* ---- drawing ---- */

/* The line with the text before it, also during a search. -1 without memory. */
static int whole_line(struct buf *text, size_t *head)
{
    *head = strlen(rl_display_prompt);
    buf_init(text, *head + (size_t)rl_end + 1);
    if (buf_append(text, rl_display_prompt, *head) == 0 &&
        buf_append(text, rl_line_buffer, (size_t)rl_end) == 0)
        return 0;
    buf_fini(text);
    return -1;
}

/* Asks for its place, where that will be needed. */
static void note_drawing(void)
{
    unsigned rows = 1, above = 0;
    struct buf text;
    size_t head;

    if (prompt_output_cleared_screen()) {
        place_clear(&view.place);
        leftover_forget(&view.leftover);
    }
    if (!reflow_needs_place() || whole_line(&text, &head) < 0)
        return;
    if (!view.is_row) {
        rows = row_end(buf_bytes(&text), buf_length(&text), view.size.columns).rows;
        above = row_end(buf_bytes(&text), head + (size_t)rl_point, view.size.columns).rows - 1;
    }
    buf_fini(&text);
    place_draw(&view.place, rows, view.size.rows);
    if (!rl_end || !place_is_wanted(&view.place))
        return;
    place_ask(&view.place, above);
    view.ask_place(view.owner);
}

static void draw_row(void)
{
    struct buf text;
    size_t head;

    if (whole_line(&text, &head) < 0)
        return;
    row_view_draw(&view.row, &text, head + (size_t)rl_point, view.size.columns);
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
    is_taller =
        row_end(buf_bytes(&text), buf_length(&text), view.size.columns).rows > view.size.rows;
    buf_fini(&text);
    return is_taller;
}

/* readline would scroll a line by bytes: where the cursor cannot go up (TERM=dumb), and where the
 * person wants it so. */
static bool fits_one_row_only(void)
{
    return view.row.cannot_go_up || view.size.columns < LEAST_COLUMNS ||
           view.size.rows < LEAST_ROWS ||
           !strcmp(rl_variable_value("horizontal-scroll-mode"), "on") || is_taller_than_screen();
}

static void clear_line(void)
{
    leftover_detach(&view.leftover);
    if (view.is_row)
        row_view_clear(&view.row);
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
    } else {
        rl_redisplay();
        fflush(view.screen);
    }
    note_drawing();
}

void prompt_view_pause(bool is_paused)
{
    view.is_paused = is_paused;
}

void prompt_view_clear(void)
{
    prompt_view_settle(-1, -1);
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

void prompt_view_go_down(unsigned rows, bool is_exact)
{
    if (!view.is_open)
        return;
    place_go_down(&view.place, rows, is_exact, view.size.rows);
    leftover_go_down(&view.leftover, rows, is_exact, view.size.columns);
}

void prompt_view_forget_place(void)
{
    place_lose(&view.place);
    leftover_forget(&view.leftover);
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
    rl_set_screen_size(
        (int)(view.size.rows < LEAST_ROWS ? LEAST_ROWS : view.size.rows),
        (int)(view.size.columns < LEAST_COLUMNS ? LEAST_COLUMNS : view.size.columns));
}

static void write_string(const char *text)
{
    write_bytes(text, strlen(text));
}

/* Removes the row of the cursor, the rows below, and `above` rows above. Row by row, because tmux
 * keeps in its history a screen that is erased from the top on. */
static void clear_rows(unsigned above)
{
    write_string("\r\033[K\0337\033[B\033[J\0338");
    for (unsigned i = 0; i < above; i++)
        write_string("\033[A\033[K");
    row_view_forget(&view.row);
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
    buf_init(text, DRAWN);
    *cursor = view.row.cursor;
    return buf_append(text, buf_bytes(&view.row.text), buf_length(&view.row.text));
}

static void doubt(void)
{
    struct buf text;
    size_t cursor;

    if (view.is_hidden || view.row.cannot_go_up || drawn_line(&text, &cursor) < 0)
        return;
    reflow_init(&view.reflow, text, cursor, view.size, &view.place);
    view.is_doubtful = true;
}

/* False where readline would draw another text before the line, or does not draw it. */
static bool draws_as_before(size_t head)
{
    const struct buf *text = &view.reflow.text;

    return !view.is_row && !fits_one_row_only() && buf_length(text) >= head &&
           view.reflow.cursor >= head && !memcmp(buf_bytes(text), rl_display_prompt, head);
}

/* The terminal has drawn the line at the new width. False without memory. */
static bool adopt_drawing(size_t head)
{
    struct buf *text = &view.reflow.text;

    return buf_append(text, "", 1) == 0 &&
           prompt_output_adopt((const char *)buf_bytes(text) + head, view.reflow.cursor - head);
}

/* The rows below it, and the cursor with them, move up. */
static void delete_leftover(unsigned first)
{
    unsigned top, rows = leftover_take(&view.leftover, first, view.size.columns, &top);
    char delete[64];

    if (!rows)
        return;
    snprintf(delete, sizeof delete, "\033[%uH\033[%uM\033[%uH", top + 1, rows, first - rows + 1);
    write_string(delete);
}

static void draw_anew(unsigned above, int row, int column)
{
    bool is_sure = reflow_is_by_tmux(&view.reflow, column) && row >= (int)above;

    if (place_settle(&view.place, above, row, view.size.rows))
        write_string("\r\n");
    clear_rows(above);
    if (view.leftover.is_attached)
        leftover_forget(&view.leftover); /* the line was whole again */
    if (is_sure)
        delete_leftover((unsigned)row - above);
    prompt_view_show();
}

/* The head of a line that has scrolled off cannot be erased. */
void prompt_view_settle(int row, int column)
{
    size_t head = strlen(rl_display_prompt);
    unsigned above;

    if (!view.is_doubtful) {
        place_report(&view.place, row);
        return;
    }
    above = reflow_rows_above(&view.reflow, row, column);
    set_readline_size();
    view.is_doubtful = false;
    if (reflow_begins_above(&view.reflow, row, column) && draws_as_before(head) &&
        adopt_drawing(head)) {
        if (reflow_is_by_tmux(&view.reflow, column))
            leftover_attach(&view.leftover, &view.reflow.text, above - (unsigned)row,
                            view.size.columns);
        prompt_view_draw();
    } else {
        draw_anew(above, row, column);
    }
    reflow_fini(&view.reflow);
}

/* rxvt-unicode may move the cursor at any new size. */
static bool may_have_moved(struct extent size)
{
    return size.columns != view.size.columns || reflow_needs_place();
}

/* Whether it stays in doubt. */
static bool resize_in_doubt(void)
{
    reflow_resize(&view.reflow, view.size);
    if (!reflow_is_doubtful(&view.reflow) && !leftover_exists(&view.leftover)) {
        prompt_view_settle(-1, -1);
        return false;
    }
    view.ask_place(view.owner);
    return true;
}

bool prompt_view_resize(unsigned columns, unsigned rows)
{
    struct extent size = {columns, rows};
    bool was_hidden = view.is_hidden;

    if (!view.is_open || (columns == view.size.columns && rows == view.size.rows))
        return false;
    if (may_have_moved(size) && !view.is_doubtful)
        doubt();
    if (!view.is_doubtful)
        prompt_view_hide();
    view.size = size;
    if (view.is_doubtful)
        return resize_in_doubt();
    place_settle(&view.place, 0, -1, rows);
    set_readline_size();
    if (!was_hidden)
        prompt_view_show();
    return false;
}

void prompt_view_open(void (*write)(void *owner, const char *bytes, size_t n),
                      void (*ask_place)(void *owner), void *owner, unsigned columns, unsigned rows)
{
    view.write = write;
    view.ask_place = ask_place;
    view.owner = owner;
    view.screen = prompt_output_open(write_bytes);
    view.is_open = view.is_hidden = true;
    rl_outstream = view.screen;
    rl_initialize();
    rl_redisplay_function = prompt_view_draw; /* before, readline would not look at TERM */
    view.is_row = !rl_get_termcap("up");
    row_view_init(&view.row, write_bytes, view.is_row);
    view.size = (struct extent){columns, rows};
    set_readline_size();
}

void prompt_view_close(void)
{
    view.is_open = false;
    prompt_output_close(view.screen);
    row_view_fini(&view.row);
    leftover_forget(&view.leftover);
    rl_outstream = stdout;
}
