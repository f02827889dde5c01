/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spared: the bytes of a character without an inverse, for the first ones of a text.
 *
 * A charset of the standard is meant; see text/table for the reason. iconv is asked for a pair, and
 * the table's sources confirm it. A character to which iconv and the standard may give different
 * bytes is left to the inverse. */
#pragma once

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>

#include "text/table.h"

/* Sets *cell to the cell that the inverse of the table has for a character, or to CELL_NONE if it
 * has none. False: that is not known here. The target of iconv may be NO_CONVERTER. */
bool spared_find(const struct table *table, iconv_t target, uint32_t scalar, uint16_t *cell);

/* Finds and reads characters at both ends of the tables of iconv, so that the system has loaded
 * these before a first line waits for them. */
void spared_warm_up(const struct table *table, iconv_t target);
