/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table: a charset as a table from bytes to characters, filled from iconv.
 *
 * A row of cells belongs to each lead byte. It is filled when it is first touched. For an encoding
 * of the standard two charsets of iconv may fill it: the further one has what the first one lacks.
 *
 * A page of cells costs a virtual machine 20 us, and the characters of a line are all over them. So
 * the first characters of a charset are found one by one. Cells are used when one of them is not
 * found that way, or after TABLE_SPARED of them. The same goes for text/inverse.
 *
 * Cuts, bad bytes and ends follow the decoders of the WHATWG Encoding Standard: a bad pair is one
 * fault of two bytes, or of one where the second is ASCII. Outside the standard, two bytes are one
 * fault where neither is a character by itself. The first is 81 to FE, the second 80 or above.
 *
 * All users of a charset share its table. table_new takes all memory and opens all of iconv that
 * the table needs, so nothing else here can fail. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/must_check.h"
#include "text/cells.h"
#include "text/standard.h"

enum { TABLE_SPARED = 256 }; /* the first characters of each direction */

/* The role of a first byte. */
enum table_kind { KIND_BAD, KIND_SINGLE, KIND_LEAD };

struct table {
    const struct standard *standard;   /* NULL: outside the standard */
    const struct standard_cell *cells; /* the cells in which the standard differs from iconv */
    size_t cell_count;
    const struct standard_cell *written; /* the cells that are only written */
    size_t written_count;
    iconv_t source, further; /* NO_CONVERTER: none */
    unsigned spared;         /* of TABLE_SPARED; all: cells are looked at */
    unsigned char kinds[0x100];
    bool is_filled[0x80], is_complete[0x80], is_third_filled[0x80];
    uint32_t singles[0x100];
    uint32_t pairs[0x80][0x100];  /* by lead byte - 80, trail byte */
    uint16_t thirds[0x80][0x100]; /* EUC-JP, behind 8F: code points by second byte - 80, third */
};

/* Opens the table of an encoding of the standard, or (NULL) of the charset that iconv calls `name`.
 * NULL: errno is EINVAL where iconv knows no such charset. */
MUST_CHECK struct table *table_new(const struct standard *standard, const char *name);
void table_free(struct table *table);

/* Whether cells are looked at. A charset outside the standard has no other way. */
static inline bool table_has_cells(const struct table *table)
{
    return table->spared == TABLE_SPARED || !table->standard;
}

enum table_status {
    TABLE_GOOD,
    TABLE_BAD, /* `length` bytes are one fault */
    TABLE_CUT, /* all n bytes may still become a character */
};

struct table_char {
    enum table_status status;
    uint32_t scalar, second; /* second: 0, or another character behind it */
    size_t length;
};

/* The first character of n bytes (n > 0), the first of which is not ASCII. */
struct table_char table_next(struct table *table, const unsigned char *bytes, size_t n);

/* Whether a second charset of iconv has pairs that the first one lacks. */
bool table_has_further(const struct table *table);

/* The cell of a pair of the first source, without its row. For an encoding of the standard. */
uint32_t table_ask(const struct table *table, unsigned char lead, unsigned char trail);

/* Fills the row of a lead byte from the first source, or from both. */
void table_fill(struct table *table, unsigned char lead);
void table_complete(struct table *table, unsigned char lead);

/* The row of a lead byte, which is filled in `storage` where the table has not filled it: a page of
 * memory less for a text that is only encoded. */
const uint32_t *table_row(const struct table *table, unsigned char lead, bool complete,
                          uint32_t storage[0x100]);

/* The same for EUC-JP's characters of 8F and this byte. */
void table_fill_thirds(struct table *table, unsigned char second);

bool table_has_form(const struct table *table, enum standard_form form);

/* Whether two tables have the same cells. Takes milliseconds. */
bool table_same(struct table *a, struct table *b);
