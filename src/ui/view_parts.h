/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view_parts: the values that the parts of a view share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/must_check.h"
#include "text/charset.h"
#include "text/views.h"

/* The bytes of a message on the wire. */
struct view_wire {
    const unsigned char *bytes; /* NULL: only their number is known */
    size_t n;
    size_t head, body;       /* bytes in front of the text, and of the text */
    struct charset *charset; /* of the bytes */
    bool is_text;            /* the view reads the text in them */
};

struct view_message {
    enum view view;
    const char *time;
    const char *text; /* UTF-8, which the view need not read */
    size_t text_n;
    struct view_wire wire;
    const char *mark; /* touches the bar in front of the text */
};

/* Rows begin with a margin and the bar; the first row has them already. */
struct view_style {
    unsigned columns;        /* of a row */
    const char *edge;        /* the margin and the bar */
    unsigned edge_columns;   /* of both */
    const char *bar, *dot;   /* as the terminal can show them */
    const char *dim, *plain; /* the sequences, or "" */
    bool has_pictures;       /* the terminal's charset is UTF-8 */
};
