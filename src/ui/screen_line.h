/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen_line: one message, notice or plain line of the screen, laid out in rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <time.h>

#include "base/buf.h"
#include "base/must_check.h"
#include "ui/colors.h"
#include "ui/view_parts.h"

enum { SCREEN_NAME = 256 /* bytes of a name made safe */ };

enum screen_line_kind { LINE_MESSAGE, LINE_SEEN, LINE_NOTICE, LINE_PLAIN };

/* The mark of a message. It touches the bar, as no text of a message does. */
enum screen_mark {
    MARK_NONE,
    MARK_CONTINUES, /* "+": a further piece of one long message */
    MARK_ACTION,    /* "*": a person does something (/me) */
    MARK_PRIVATE,   /* "[to you]" */
    MARK_BYTES,     /* "=": a literal, as it was typed, in place of its bytes */
    SCREEN_MARKS
};

/* The name in front of a message. */
struct screen_label {
    const char *name;
    unsigned char color; /* of the person; see colors */
    bool is_aside;       /* the name does not widen the name column */
    bool waits;          /* "…", and dim: an own message that cannot be sent yet */
};

struct screen_line {
    TAILQ_ENTRY(screen_line) next;
    time_t time;
    unsigned ms; /* of that second */
    enum screen_line_kind kind;
    enum screen_mark mark;
    unsigned char color;
    bool is_aside, waits;
    char name[SCREEN_NAME];
    /* LINE_SEEN: */
    enum view view;
    struct view_wire wire; /* its bytes are in `text` */
    size_t text_n;         /* the text in front of them, which the view need not read */
    size_t n;
    char text[];
};

struct screen_style {
    struct colors *colors; /* NULL: all is in one colour */
    bool timestamps;
    bool has_pictures;            /* of controls, for views */
    bool raw;                     /* messages are shown as they are */
    const char *mark, *bar, *dot; /* ▸ │ · as far as the terminal can show them */
    const char *marks[SCREEN_MARKS];
    const char *wait;      /* … */
    unsigned name_columns; /* of the name column */
};

/* With the time of now and a copy of the text; NULL without memory. free() releases it. */
struct screen_line *screen_line_new(enum screen_line_kind kind, const char *text, size_t n);

/* The same for a message in a view, with a copy of the bytes. */
struct screen_line *screen_line_seen(enum view view, const char *text, size_t n,
                                     const struct view_wire *wire);

/* How many columns a text takes. */
unsigned screen_line_columns(const char *text);

/* Appends its rows to `out`, each with an LF. -1 without memory. */
MUST_CHECK int screen_line_render(const struct screen_line *line, const struct screen_style *style,
                                  unsigned columns, struct buf *out);
