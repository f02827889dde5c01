/* SPDX-License-Identifier: GPL-3.0-or-later */
/* local_text: the program's own words in the charset of the person's terminal and files.
 *
 * Sentences are UTF-8 everywhere else. ASCII passes without a question about the locale, so that
 * a run in English never loads one. A character that the charset lacks becomes '?'. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "text/charset.h"

/* The charset by name, in place of the locale's; NULL: the locale's. The string stays the caller's.
 * --local-encoding is about the terminal where a person is, else about pipes and files. */
void local_text_use(const char *charset);

/* That charset, for text/width; NULL: UTF-8. */
struct charset *local_text_charset(void);

/* Opens what that charset takes, if it takes anything, for a process that will not be able to. */
void local_text_prepare(void);

/* The number of bytes of a line that fit into `columns` columns; *width: the columns that they
 * take. A terminal of another charset may draw a character wider. */
size_t local_text_fit(const char *line, unsigned columns, unsigned *width);

/* The *n bytes of UTF-8 in that charset: in `room`, which the caller has to free, or the text
 * itself where that is the same, or memory is short. */
const char *local_text_of(const char *text, size_t *n, struct buf *room);
