/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen_line: one message, notice or plain line of the screen, laid out in rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <time.h>

#include "base/buf.h"
#include "base/must_check.h"

enum { SCREEN_NAME = 256 /* bytes of a name made safe */ };

enum screen_line_kind { LINE_MESSAGE, LINE_NOTICE, LINE_PLAIN };

struct screen_line {
    TAILQ_ENTRY(screen_line) next;
    time_t time;
    enum screen_line_kind kind;
    bool continues; /* a further piece of one long message */
    bool is_aside;  /* its name does not widen the name column */
    char name[SCREEN_NAME];
    size_t n;
    char text[];
};

struct screen_style {
    bool color, timestamps;
    bool raw;                     /* messages are shown as they are */
    const char *mark, *bar, *dot; /* ▸ │ · as far as the terminal can show them */
    unsigned name_columns;        /* of the name column */
};

/* With the time of now and a copy of the text; NULL without memory. free() releases it. */
struct screen_line *screen_line_new(enum screen_line_kind kind, const char *text, size_t n);

/* How many columns its name takes. */
unsigned screen_line_name_columns(const struct screen_line *line);

/* Appends its rows to `out`, each with an LF. -1 without memory. */
MUST_CHECK int screen_line_render(const struct screen_line *line, const struct screen_style *style,
                                  unsigned columns, struct buf *out);
