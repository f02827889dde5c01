/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quote: a word as a shell reads it back. Controls stay in it; cli/correction has a form for them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a shell would read the word otherwise, or as none. */
bool quote_is_needed(const char *word);

/* Writes the word, in '...' where that is needed. It is cut where it does not fit in `size`, above
 * 8. */
void quote_write(const char *word, char *quoted, size_t size);
