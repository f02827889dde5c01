/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inverse: a charset as a table from characters to bytes.
 *
 * An encoding of the standard turns its table of decoding around, as far as a text needs that. The
 * pairs of the first source of iconv come first. The first characters are found without that, see
 * text/spared. For another charset it is iconv's own answers, a block of 256 characters at a time.
 * Nothing here fails but inverse_new. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"
#include "text/converter.h"
#include "text/table.h"

enum {
    INVERSE_BYTES = CONVERTER_BYTES,
    INVERSE_ASTRAL = 0x800,  /* characters beyond U+FFFF, at most */
    INVERSE_ROWS = 4 * 0x80, /* pairs of the first source, of both, the last leads, three bytes */
};

/* A cell is CELL_NONE, CELL_VOID, CELL_ASK or a character's bytes. Below CELL_PAIR these are a
 * single byte, or two bytes behind 8F (EUC-JP) without their high bits. Above it they are a pair.
 * The first byte is the higher one. */
enum { CELL_PAIR = 0x8000 };

/* The bytes of a character beyond U+FFFF. */
struct inverse_astral {
    uint32_t scalar;
    uint16_t bytes;
};

struct inverse {
    struct table *table;
    iconv_t target;       /* NO_CONVERTER: none, within the standard */
    unsigned spared;      /* of TABLE_SPARED; all: cells are looked at */
    unsigned turned;      /* rows of the table, of INVERSE_ROWS */
    uint32_t last_joined; /* the highest first character of those that are written with the next */
    bool is_asked[0x100]; /* the blocks */
    uint16_t low[0x800];  /* U+0000 to U+07FF */
    uint16_t cells[0x10000]; /* the others; none below U+0800, so that over-long UTF-8 has none */
    struct inverse_astral astral[INVERSE_ASTRAL]; /* in the order of the scalars */
    size_t astral_count;
};

/* Opens the inverse of a table, which must outlive it. `name` is iconv's, for a charset outside the
 * standard. NULL: see errno. */
MUST_CHECK struct inverse *inverse_new(struct table *table, const char *name);
void inverse_free(struct inverse *inverse);

/* The same as table_has_cells. */
static inline bool inverse_has_cells(const struct inverse *inverse)
{
    return inverse->spared == TABLE_SPARED || !inverse->table->standard;
}

/* Writes a character that is not ASCII and returns the number of its bytes; 0: the charset lacks
 * it. */
size_t inverse_put(struct inverse *inverse, uint32_t scalar, unsigned char out[INVERSE_BYTES]);

/* Whether the charset may write `scalar` and the next character as one (Big5: Ê and U+0304). */
bool inverse_joins(const struct inverse *inverse, uint32_t scalar);

/* Writes two characters as one; 0: the charset does not. */
size_t inverse_put_both(const struct inverse *inverse, uint32_t scalar, uint32_t second,
                        unsigned char out[INVERSE_BYTES]);
