/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row_view: as much of the edited line as fits, in one row of the screen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct row_view {
    void (*write)(const void *bytes, size_t n);
    bool cannot_go_up; /* the cursor: nothing is erased, blanks are written over it */
    struct buf text;   /* on the screen */
    size_t cursor;     /* bytes of it before the cursor */
    unsigned columns;  /* that it takes */
};

void row_view_init(struct row_view *view, void (*write)(const void *bytes, size_t n),
                   bool cannot_go_up);
void row_view_fini(struct row_view *view);

/* The line is UTF-8, with the cursor after `point` bytes. Only what has changed is written. Without
 * memory nothing is, and the next drawing writes the whole row. */
void row_view_draw(struct row_view *view, const struct buf *line, size_t point, unsigned columns);

/* Removes the row from the screen. */
void row_view_clear(struct row_view *view);

/* The row is not on the screen any more. */
void row_view_forget(struct row_view *view);
