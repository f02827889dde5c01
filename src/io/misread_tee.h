/* SPDX-License-Identifier: GPL-3.0-or-later */
/* misread_tee: an observer that says, when its stream is closed, that the text that was read from
 * it looks like another charset than the given one (see text/misread).
 *
 * No byte changes for that. A stream is closed on every way out, also after a signal. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "io/stream.h"
#include "text/charset.h"

struct misread_plan {
    struct charset *given;       /* the text is read in it; NULL: it is not looked at */
    const char *(*legacy)(void); /* the charset that is usual beside UTF-8 */
    struct charsets *charsets;   /* from which the other one is opened, when that is worthwhile */
    const char *what;   /* "standard input"; NULL: the peer's text, of the stream's label */
    const char *option; /* that gives the charset */
    bool is_told;       /* the sentence was said: of many streams only one is named */
};

/* A stream around `stream`; `stream` itself where nothing is looked at. *plan must outlive it. NULL
 * and *err: `stream` is closed. */
struct stream *misread_tee_new(struct stream *stream, struct misread_plan *plan, struct err *err);
