/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page: a page of help, laid out for the terminal, in the local charset.
 *
 * A page has 79 columns, or those of a narrower terminal. It is collected and written at once.
 * Texts are messages of gettext and may count as wide characters; heads are ASCII. */
#pragma once

/* Begins the page: how wide is standard output? */
void page_begin(void);

/* A line as it is, which is never broken: a command to copy. */
void page_line(const char *line);

/* A paragraph, or several; each is a line. Rows of "1. TEXT" stand below the text. */
void page_text(const char *text);

/* A head, and a text in the second column, `column` from the left edge. A narrow page has the text
 * in rows of its own. */
void page_row(const char *head, unsigned column, const char *text);

/* Writes the page to standard output. 0, or 5 where that failed, and a message says why. */
int page_end(void);
