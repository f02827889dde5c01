/* safetext: text of strangers made harmless for a terminal, after decoding.
 *
 * Controls become visible: C0 and DEL as ^X, everything else that is no visible character (C1, bidi
 * controls, invisibles, line separators, private use, unassigned) as <U+XXXX>, bytes that are no
 * UTF-8 as \xHH. Categories are utf8proc's. */
#pragma once

#include <stddef.h>

/* Copies a line of UTF-8 from elsewhere into out (size > 0), safe and NUL-terminated, cut between
 * characters where it is too long. */
void safetext_line(char *out, size_t size, const char *line);
