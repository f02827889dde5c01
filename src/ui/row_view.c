/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/row_view.h"

#include <string.h>

#include "ui/row.h"

enum { KEPT = 256 * 1024 };

void row_view_init(struct row_view *view, void (*write)(const void *bytes, size_t n),
                   bool cannot_go_up)
{
    *view = (struct row_view){.write = write, .cannot_go_up = cannot_go_up};
    buf_init(&view->text, KEPT);
}

void row_view_fini(struct row_view *view)
{
    buf_fini(&view->text);
}

static void write_blanks(const struct row_view *view, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        view->write(" ", 1);
}

void row_view_forget(struct row_view *view)
{
    buf_clear(&view->text);
    view->cursor = 0;
    view->columns = 0;
}

/* A screen reader speaks all that is written: nothing is, where nothing has to go. */
void row_view_clear(struct row_view *view)
{
    static const char erase[] = "\r\033[K";

    if (!view->cannot_go_up) {
        view->write(erase, sizeof erase - 1);
    } else if (view->columns) {
        view->write("\r", 1);
        write_blanks(view, view->columns);
        view->write("\r", 1);
    }
    row_view_forget(view);
}

static void keep(struct row_view *view, const struct row *row)
{
    row_view_forget(view);
    if (buf_append(&view->text, buf_bytes(&row->shown), buf_length(&row->shown)) < 0)
        row_view_forget(view);
    view->cursor = row->cursor;
    view->columns = row->columns;
}

static bool begins_with(const struct buf *text, const struct buf *head)
{
    size_t n = buf_length(head);

    return n && buf_length(text) >= n && !memcmp(buf_bytes(text), buf_bytes(head), n);
}

/* Whether the new row only goes on behind the one on the screen, or is that one. */
static bool goes_on(const struct row_view *view, const struct row *row)
{
    return begins_with(&row->shown, &view->text) && view->cursor == buf_length(&view->text) &&
           row->cursor == buf_length(&row->shown);
}

static void write_row(struct row_view *view, const struct row *row)
{
    const unsigned char *text = buf_bytes(&row->shown);
    size_t n = buf_length(&row->shown), old = goes_on(view, row) ? buf_length(&view->text) : 0;

    if (!old)
        row_view_clear(view);
    view->write(text + old, n - old);
    if (row->cursor == n)
        return;
    view->write("\r", 1);
    view->write(text, row->cursor);
}

void row_view_draw(struct row_view *view, const struct buf *line, size_t point, unsigned columns)
{
    struct row row;

    if (row_init(&row, buf_bytes(line), buf_length(line), point, columns) < 0)
        return;
    write_row(view, &row);
    keep(view, &row);
    row_fini(&row);
}
