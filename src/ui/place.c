/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/place.h"

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* ---- while the size stays ---- */

static void doubt(struct place *place)
{
    place->is_exact = place->is_asked = false;
    if (place->top == TOP_KEPT)
        place->top = TOP_UNKNOWN;
}

/* Rows beyond the last one scroll the first ones off. */
static void go_to(struct place *place, unsigned first, unsigned rows, unsigned screen_rows)
{
    place->first = first;
    if (first + rows <= screen_rows)
        return;
    place->top = TOP_SCROLLED;
    place->first = rows < screen_rows ? screen_rows - rows : 0;
}

void place_go_down(struct place *place, unsigned rows, bool is_exact, unsigned screen_rows)
{
    if (rows)
        place->is_asked = false;
    if (!is_exact)
        doubt(place);
    go_to(place, place->first + rows, 1, screen_rows);
}

void place_draw(struct place *place, unsigned rows, unsigned screen_rows)
{
    go_to(place, place->first, rows, screen_rows);
}

void place_clear(struct place *place)
{
    place->first = 0;
    place->is_exact = true;
    place->is_asked = false;
}

void place_lose(struct place *place)
{
    place->first = 0;
    doubt(place);
}

bool place_is_wanted(const struct place *place)
{
    return !place->is_exact && !place->is_asked;
}

void place_ask(struct place *place, unsigned above)
{
    place->is_asked = true;
    place->asked_above = above;
}

void place_report(struct place *place, int row)
{
    if (!place->is_asked || row < 0 || (unsigned)row < place->asked_above)
        return;
    place->is_asked = false;
    place->is_exact = true;
    place->first = (unsigned)row - place->asked_above;
}

/* ---- at a new size ---- */

static unsigned row_after_cut(const struct place *place, const struct place_line *line)
{
    return least_of(place->first + line->above, line->least.rows - 1);
}

static unsigned rows_for(unsigned cells, unsigned columns)
{
    return cells ? (cells - 1) / columns + 1 : 1;
}

/* All moves along with the last row of the screen. The terminal may count cells behind the line. */
static bool fits_rewind(const struct place *place, const struct place_line *line, unsigned row)
{
    long last = (long)place->first + line->end.rows + line->now.rows - line->drawn.rows;
    unsigned whole = line->end.rows * line->drawn.columns;
    unsigned cells = whole - line->drawn.columns + line->end.column;
    long lowest = last - rows_for(cells, line->now.columns);
    long highest = last - rows_for(whole, line->now.columns);

    return highest <= (long)row && ((long)row <= lowest || row == 0);
}

unsigned place_rows_above(struct place *place, const struct place_line *line, int row)
{
    if (row < 0 || !place->is_exact)
        return place->top == TOP_KEPT ? line->above : 0;
    if ((unsigned)row != row_after_cut(place, line)) {
        place->top = TOP_SCROLLED;
        return 0;
    }
    if (place->top != TOP_KEPT && fits_rewind(place, line, (unsigned)row))
        return 0;
    place->top = TOP_KEPT;
    return (unsigned)row > place->first ? (unsigned)row - place->first : 0;
}

bool place_settle(struct place *place, unsigned above, int row, unsigned screen_rows)
{
    bool is_cut_off =
        place->top == TOP_KEPT && place->is_exact && row >= 0 && (unsigned)row < place->first;

    place->is_asked = false;
    if (row >= 0) {
        place->first = (unsigned)row > above ? (unsigned)row - above : 0;
        place->is_exact = true;
    } else if (place->top == TOP_KEPT) {
        place->first = least_of(place->first, screen_rows - 1);
    } else {
        place_lose(place);
    }
    if (is_cut_off)
        go_to(place, place->first + 1, 1, screen_rows);
    return is_cut_off;
}
