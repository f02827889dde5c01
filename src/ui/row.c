/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/row.h"

#include <string.h>

#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

enum { CELL = 8, TAB = 8 };

/* The text shown for one character, and its width. */
struct cell {
    char text[CELL];
    size_t n;
    unsigned columns;
};

static struct cell cell_of(const struct utf8_char *character)
{
    struct cell cell = {.text = "\uFFFD", .n = strlen("\uFFFD"), .columns = 1};

    if (character->status != UTF8_GOOD)
        return cell;
    if (character->scalar < 0x20 || character->scalar == 0x7F)
        return (struct cell){{'^', (char)(character->scalar ^ 0x40)}, 2, 2};
    if (!safetext_is_plain(character->scalar))
        return cell;
    memcpy(cell.text, character->bytes, character->length);
    cell.n = character->length;
    cell.columns = width_of(character->scalar);
    return cell;
}

/* The first byte to show so that the text before the cursor fits. */
static size_t beginning(const unsigned char *text, size_t point, unsigned columns)
{
    const unsigned char *start = text, *rest = text;
    size_t left = point, kept = point;
    struct utf8_char first, next;
    unsigned width = 0;

    while (utf8_take(&rest, &left, &next)) {
        width += cell_of(&next).columns;
        while (width > columns && utf8_take(&start, &kept, &first))
            width -= cell_of(&first).columns;
    }
    return (size_t)(start - text);
}

int row_init(struct row *row, const unsigned char *text, size_t n, size_t point, unsigned columns)
{
    unsigned most = columns > 2 ? columns - 1 : 1; /* the last column would wrap */

    *row = (struct row){0};
    buf_init(&row->shown, CELL * (size_t)most * 8);
    for (size_t i = beginning(text, point, most); i < n;) {
        struct utf8_char next = utf8_next(text + i, n - i);
        struct cell cell = cell_of(&next);

        if (row->columns + cell.columns > most)
            break;
        if (buf_append(&row->shown, cell.text, cell.n) < 0) {
            row_fini(row);
            return -1;
        }
        row->columns += cell.columns;
        i += next.length;
        if (i <= point)
            row->cursor = buf_length(&row->shown);
    }
    return 0;
}

void row_fini(struct row *row)
{
    buf_fini(&row->shown);
}

/* A character that does not fit at the end of a row begins the next one. */
static void go_behind(struct row_end *end, const struct utf8_char *character, unsigned columns)
{
    unsigned width = *character->bytes == '\t' ? TAB : cell_of(character).columns;

    if (end->column + width > columns) {
        end->rows++;
        end->column = 0;
    }
    end->column += width;
}

struct row_end row_end(const unsigned char *text, size_t n, unsigned columns)
{
    struct row_end end = {.rows = 1};
    struct utf8_char next;

    while (utf8_take(&text, &n, &next))
        go_behind(&end, &next, columns);
    return end.column < columns ? end : (struct row_end){.rows = end.rows + 1};
}

size_t row_head(const unsigned char *text, size_t n, unsigned columns, unsigned *rows)
{
    const unsigned char *start = text;
    struct row_end end = {.rows = 1};
    struct utf8_char next;
    size_t fits = 0;
    unsigned most = *rows;

    *rows = 0;
    while (utf8_take(&text, &n, &next)) {
        go_behind(&end, &next, columns);
        if (end.rows > most)
            break;
        fits = (size_t)(text - start);
        *rows = end.rows;
    }
    return fits;
}
