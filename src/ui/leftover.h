/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leftover: the head of the typed line that has scrolled off the top in a narrower window.
 *
 * There it cannot be erased. Output above the line parts it from the rest, and a wider window
 * brings it back to the screen. It is deleted then, by its place above the line. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/* Valid and empty when zeroed. */
struct leftover {
    struct buf head;  /* UTF-8; empty: nothing is left */
    bool is_attached; /* the line on the screen still goes on from it */
    unsigned rows;    /* written between it and the line */
    unsigned columns; /* of the terminal then, at most */
};

/* The first `rows` rows of a line, laid out in `columns` columns, have scrolled off. */
void leftover_attach(struct leftover *leftover, const struct buf *line, unsigned rows,
                     unsigned columns);

/* The rest of the line was erased. */
void leftover_detach(struct leftover *leftover);

/* `rows` rows were written above the line. is_exact: not more than these. */
void leftover_go_down(struct leftover *leftover, unsigned rows, bool is_exact, unsigned columns);

bool leftover_exists(const struct leftover *leftover);
void leftover_forget(struct leftover *leftover);

/* The line is to begin in row `first`, from 0. Returns how many rows have to be deleted from row
 * *top on; they count as deleted. */
unsigned leftover_take(struct leftover *leftover, unsigned first, unsigned columns, unsigned *top);
