/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt_view: the line being typed on the screen: readline draws it, or this file does in one row.
 *
 * Output above the line goes between prompt_view_hide and prompt_view_show. Before
 * prompt_view_open and after prompt_view_close all other functions do nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Starts readline's terminal library and takes over its output, hidden at first; write() gets
 * UTF-8. ask_place() asks the terminal for the place of its cursor, and prompt_view_settle gets the
 * answer. Variables that rl_initialize reads must be set. */
void prompt_view_open(void (*write)(void *owner, const char *bytes, size_t n),
                      void (*ask_place)(void *owner), void *owner, unsigned columns, unsigned rows);
void prompt_view_close(void);

/* Draws the line, unless it is hidden or more keys are to be read. */
void prompt_view_draw(void);

/* While it is paused a line in one row is not drawn by prompt_view_draw: each drawing is spoken by
 * a screen reader, and another one is due. */
void prompt_view_pause(bool is_paused);

/* Removes the line from the screen, unless it is hidden. */
void prompt_view_clear(void);

/* False: not yet, because the line is in doubt. */
bool prompt_view_hide(void);
void prompt_view_show(void);

/* While the line is hidden: `rows` rows were written. is_exact: not more than these. */
void prompt_view_go_down(unsigned rows, bool is_exact);

/* Another program has written to the terminal. */
void prompt_view_forget_place(void);

/* Sets the text before the line; `label` must outlive it. */
void prompt_view_set_label(const char *label);

/* The terminal has another size. True: the place of the line is in doubt until prompt_view_settle,
 * and nothing is drawn meanwhile. */
bool prompt_view_resize(unsigned columns, unsigned rows);

/* The place of the cursor, from 0, or -1: unknown. Draws the line if it was in doubt. */
void prompt_view_settle(int row, int column);
