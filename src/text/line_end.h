/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line_end: text without the CR of each CR LF, however it is cut.
 *
 * Bytes are enough for that: the bytes CR and LF are these characters in every charset, and no
 * part of another one (see text/charset). A CR at the end waits for the byte behind it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The rest of a push. */
struct line_end_input {
    const unsigned char *bytes;
    size_t n;
    bool last; /* nothing follows it */
};

struct line_end_run {
    const unsigned char *bytes;
    size_t n;
    bool last;      /* it is the last one of the last input */
    size_t dropped; /* bytes behind the run: a CR, or 0 */
};

/* The next run without such a CR, perhaps empty. False: the input is used up. *held, false at
 * first, tells whether a CR waits. */
bool line_end_next(bool *held, struct line_end_input *input, struct line_end_run *run);
