/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place: the row of the screen in which the typed line begins, for rxvt-unicode.
 *
 * At a new size that terminal cuts its rows, as xterm does, until a row has scrolled off the top of
 * the screen. Then it lays all rows out anew, from the bottom of the screen up, and puts the cursor
 * into the first row of its line (rxvt-unicode 9.30, scr_reset), until a larger window has taken
 * all of them back. The row of the cursor tells one from the other, if the row before is known. The
 * terminal reports it once, and then all that is drawn is counted. */
#pragma once

#include <stdbool.h>

#include "ui/row.h"

struct extent {
    unsigned columns, rows;
};

/* A row has scrolled off the top: perhaps, not yet, or the last time that this was seen. */
enum place_top { TOP_UNKNOWN, TOP_KEPT, TOP_SCROLLED };

/* It starts as zeros. */
struct place {
    enum place_top top;
    unsigned first; /* row of the line, from 0; at least this one, unless it is exact: */
    bool is_exact;
    bool is_asked;        /* a report is on its way */
    unsigned asked_above; /* rows of the line above the cursor, when place_ask was called */
};

/* The line, as it was drawn before the size changed. */
struct place_line {
    unsigned above; /* rows above the cursor */
    struct row_end end;
    struct extent drawn, least, now; /* of the screen: when drawn, the least since then, and now */
};

/* `rows` rows were written above the line. is_exact: not more than these. */
void place_go_down(struct place *place, unsigned rows, bool is_exact, unsigned screen_rows);

/* The line takes `rows` rows. */
void place_draw(struct place *place, unsigned rows, unsigned screen_rows);

/* The screen was cleared, and the line stands on top. */
void place_clear(struct place *place);

/* Another program has written to the terminal. */
void place_lose(struct place *place);

/* Whether the row of the cursor has to be reported. place_ask notes that it will be, place_report
 * takes it: from 0, or -1 if it is unknown. */
bool place_is_wanted(const struct place *place);
void place_ask(struct place *place, unsigned above);
void place_report(struct place *place, int row);

/* The number of rows between the beginning of the line and the cursor at the new size, by the row
 * of the cursor, from 0, or -1. If that tells nothing it is 0: no message above is erased. */
unsigned place_rows_above(struct place *place, const struct place_line *line, int row);

/* The line is drawn anew, `above` rows above `row`; -1: in another row. True: the line was cut off
 * with the last rows of the screen. It begins in the next row, and the cursor is in a message. */
bool place_settle(struct place *place, unsigned above, int row, unsigned screen_rows);
