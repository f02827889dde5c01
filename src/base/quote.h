/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quote: a word as a shell reads it back. Controls stay in it; cli/correction has a form for them.
 */
#pragma once

#include <stddef.h>

/* Writes the word, in '...' where that is needed. It is cut where it does not fit in `size`, above
 * 8. */
void quote_write(const char *word, char *quoted, size_t size);
