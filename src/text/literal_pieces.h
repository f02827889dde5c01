/* SPDX-License-Identifier: GPL-3.0-or-later */
/* literal_pieces: the pieces of a literal while its text is read, for text/literal_parse and
 * text/literal_field. */
#pragma once

#include "base/err.h"
#include "base/must_check.h"
#include "text/literal.h"

struct literal_parser {
    struct literal *literal;
    size_t room; /* of its pieces */
    const char *first, *at, *end;
    size_t column; /* of `first` */
    unsigned captures;
    struct err *err;
};

/* The column of a place in the text: each character counts as one, however wide it is. */
size_t literal_column(const struct literal_parser *parser, const char *at);

/* A new piece, whose field begins at `at`. NULL and ERR_LOCAL without memory. */
MUST_CHECK struct literal_piece *literal_add_piece(struct literal_parser *parser,
                                                   enum literal_kind kind, const char *at);

/* Adds to the last piece if it is of this kind, so that text is converted as a whole. -1 and
 * ERR_LOCAL without memory. */
MUST_CHECK int literal_add_bytes(struct literal_parser *parser, enum literal_kind kind,
                                 const void *bytes, size_t n);
