/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reflow: where the typed line begins, after the width of the terminal has changed.
 *
 * Some terminals cut the rows, as xterm does: each row stays where it is, and loses its end. Others
 * reflow the line: they break it anew at the new width. Some reflow it and rewind the cursor to
 * its first row, in the same column, as Konsole does. rxvt-unicode does one or the other: see
 * ui/place.
 *
 * The environment names some terminals. Else only the cursor tells a cut from a reflow: the
 * terminal reports its column on request (ECMA-48, 8.3.14: CPR). The column may be missing, or be
 * the same either way. Then the last column that did decides, or the terminal's kind. Without any
 * of them the row is taken that is nearer, so that no message above the line is erased. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ui/place.h"

/* The line as it was drawn, with its cursor, and the size of the screen. */
struct reflow {
    struct buf text; /* UTF-8 */
    size_t cursor;   /* bytes of the text before the cursor */
    struct extent drawn, least, now;
    struct place *place;
};

/* Takes over the text. `place` must outlive it. */
void reflow_init(struct reflow *reflow, struct buf text, size_t cursor, struct extent screen,
                 struct place *place);
void reflow_fini(struct reflow *reflow);

/* The terminal has another size. */
void reflow_resize(struct reflow *reflow, struct extent screen);

/* Whether the terminal, as far as is known, is one for which ui/place is needed. */
bool reflow_needs_place(void);

/* Whether a report would tell anything: the line has, or had, several rows, and the terminal is not
 * known to keep them where they are. With ui/place any line counts. */
bool reflow_is_doubtful(const struct reflow *reflow);

/* The terminal's kind and version, as its secondary device attributes tell them. They count until a
 * column tells more. */
void reflow_identify(unsigned kind, unsigned version);

/* The number of rows between the beginning of the line and the cursor, by the place of the cursor,
 * which counts from 0; -1: it was not reported. */
unsigned reflow_rows_above(const struct reflow *reflow, int row, int column);

/* Whether the line, reflowed, begins above the screen: tmux and others scroll off what has become
 * too much, and keep empty rows. By the place of the cursor, after reflow_rows_above. */
bool reflow_begins_above(const struct reflow *reflow, int row, int column);

/* Whether the terminal told that it is tmux, and has reflowed the line so that the cursor is in
 * that column. After reflow_rows_above. */
bool reflow_is_by_tmux(const struct reflow *reflow, int column);
