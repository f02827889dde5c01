/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row: the part of an edited line that fits in a single row, with the cursor in it. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/must_check.h"

struct row {
    struct buf shown;
    size_t cursor;    /* how many bytes of it stand before the cursor */
    unsigned columns; /* that it takes: fewer than the terminal has */
};

/* Lays out n bytes of UTF-8 with the cursor after `point` of them. Controls are shown as ^X,
 * invisible characters as U+FFFD. -1 without memory; else row_fini releases it. */
MUST_CHECK int row_init(struct row *row, const unsigned char *text, size_t n, size_t point,
                        unsigned columns);
void row_fini(struct row *row);

/* The place of the cursor behind a text that is laid out in rows. */
struct row_end {
    unsigned rows;   /* down to that of the cursor */
    unsigned column; /* from 0 */
};

struct row_end row_end(const unsigned char *text, size_t n, unsigned columns);

/* The bytes of a text that fit in *rows rows, which becomes the number of those that they take. */
size_t row_head(const unsigned char *text, size_t n, unsigned columns, unsigned *rows);
