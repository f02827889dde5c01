/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/leftover.h"

#include <limits.h>

#include "ui/row.h"

enum { HEAD = 256 * 1024 };

void leftover_attach(struct leftover *leftover, const struct buf *line, unsigned rows,
                     unsigned columns)
{
    size_t n = row_head(buf_bytes(line), buf_length(line), columns, &rows);

    leftover_forget(leftover);
    buf_init(&leftover->head, HEAD);
    if (buf_append(&leftover->head, buf_bytes(line), n) == 0)
        leftover->is_attached = true;
}

void leftover_detach(struct leftover *leftover)
{
    leftover->is_attached = false;
}

void leftover_go_down(struct leftover *leftover, unsigned rows, bool is_exact, unsigned columns)
{
    if (!is_exact)
        leftover_forget(leftover);
    leftover->rows += rows;
    if (columns > leftover->columns)
        leftover->columns = columns;
}

bool leftover_exists(const struct leftover *leftover)
{
    return buf_length(&leftover->head) > 0;
}

void leftover_forget(struct leftover *leftover)
{
    buf_fini(&leftover->head);
    *leftover = (struct leftover){0};
}

/* Rows that were written in a wider window may take several rows each now. */
unsigned leftover_take(struct leftover *leftover, unsigned first, unsigned columns, unsigned *top)
{
    struct buf *head = &leftover->head;
    unsigned rows = UINT_MAX, seen, hidden;

    if (!leftover_exists(leftover) || columns < leftover->columns || first <= leftover->rows)
        return 0;
    row_head(buf_bytes(head), buf_length(head), columns, &rows);
    seen = first - leftover->rows < rows ? first - leftover->rows : rows;
    hidden = rows - seen;
    *top = first - leftover->rows - seen;
    buf_truncate(head, row_head(buf_bytes(head), buf_length(head), columns, &hidden));
    return seen;
}
