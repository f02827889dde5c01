/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/literal_pieces.h"

#include <stdlib.h>

#include "text/utf8.h"

enum { PIECES_FIRST = 8 };

size_t literal_column(const struct literal_parser *parser, const char *at)
{
    return parser->column +
           utf8_count((const unsigned char *)parser->first, (size_t)(at - parser->first));
}

struct literal_piece *literal_add_piece(struct literal_parser *parser, enum literal_kind kind,
                                        const char *at)
{
    struct literal *literal = parser->literal;
    struct literal_piece *piece;

    if (literal->count == parser->room) {
        size_t room = parser->room ? 2 * parser->room : PIECES_FIRST;
        struct literal_piece *pieces = realloc(literal->pieces, room * sizeof *pieces);

        if (!pieces) {
            err_memory(parser->err);
            return NULL;
        }
        literal->pieces = pieces;
        parser->room = room;
    }
    piece = &literal->pieces[literal->count++];
    *piece = (struct literal_piece){.kind = kind, .start = buf_length(&literal->bytes)};
    if (kind != LITERAL_TEXT && kind != LITERAL_BYTES)
        piece->column = literal_column(parser, at);
    return piece;
}

int literal_add_bytes(struct literal_parser *parser, enum literal_kind kind, const void *bytes,
                      size_t n)
{
    struct literal *literal = parser->literal;
    struct literal_piece *piece = literal->count ? &literal->pieces[literal->count - 1] : NULL;

    if (!piece || piece->kind != kind)
        piece = literal_add_piece(parser, kind, parser->at);
    if (!piece)
        return -1;
    if (buf_append(&literal->bytes, bytes, n) < 0)
        return err_memory(parser->err);
    piece->n += n;
    return 0;
}
