/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cells: a row of a table, from the list of the standard and from iconv.
 *
 * A row has a cell for each value of a character's last byte. */
#pragma once

#include <iconv.h>
#include <stddef.h>
#include <stdint.h>

#include "text/standard.h"

/* A cell. A character of two or three bytes in UTF-8 is a cell of these bytes, the first one
 * lowest. It has CELL_BYTES set, and of three bytes CELL_THREE as well. Any other cell has one of
 * the first five in its lowest byte. */
enum {
    CELL_NONE = 0,   /* no character, or the row is not filled */
    CELL_VOID = 1,   /* no character, whatever iconv says */
    CELL_ASK = 2,    /* iconv is asked each time */
    CELL_TWO = 3,    /* two characters, listed by the standard */
    CELL_SCALAR = 4, /* above it, shifted by 8, stands a character */
    CELL_BYTES = 0x80,
    CELL_THREE = 0x20,
};

/* The cell of a character. */
uint32_t cells_of(uint32_t scalar);

/* The character of a cell; 0: it is not a single one. */
uint32_t cells_scalar(uint32_t cell);

/* The bytes in front of the last one of a row's characters: none, a lead byte, or 8F and another
 * one. */
struct prefix {
    size_t n;
    unsigned char bytes[2];
};

/* Fills the cells in which the standard differs from iconv. NULL: outside the standard. */
void cells_correct(const struct standard *standard, struct prefix prefix, uint32_t row[0x100]);

/* Fills the cells that the row lacks and iconv has. The source may be NO_CONVERTER. */
void cells_fill(const struct standard *standard, iconv_t source, struct prefix prefix,
                uint32_t row[0x100]);

/* One cell of a pair, as cells_fill would leave it in a row of the standard. */
uint32_t cells_one(const struct standard *standard, iconv_t source, unsigned char lead,
                   unsigned char trail);

/* The cell that the standard lists. */
uint32_t cells_listed(const struct standard_cell *listed);
