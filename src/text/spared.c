/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/spared.h"

#include <stdbool.h>

#include "text/converter.h"

/* The list of the standard comes before all others, as in the inverse. */
static uint16_t find_listed(const struct table *table, uint32_t scalar)
{
    for (size_t i = 0; i < table->written_count; i++)
        if (table->written[i].scalar == scalar)
            return (uint16_t)table->written[i].bytes;
    return CELL_NONE;
}

static uint16_t find_single(const struct table *table, uint32_t scalar)
{
    uint32_t cell = cells_of(scalar);

    for (unsigned byte = 0x80; byte < 0x100; byte++)
        if (table->singles[byte] == cell)
            return (uint16_t)byte;
    return CELL_NONE;
}

/* Whether iconv and the standard may have different pairs for a character. */
static bool is_disputed(const struct table *table, uint32_t scalar)
{
    for (size_t i = 0; i < table->cell_count; i++)
        if (table->cells[i].scalar == scalar)
            return true;
    return false;
}

/* A pair that iconv writes and the sources of the table read as the same character. */
static uint16_t find_pair(const struct table *table, iconv_t target, uint32_t scalar)
{
    unsigned char out[CONVERTER_BYTES];
    bool has_shift;

    if (target == NO_CONVERTER || converter_write(target, scalar, out, &has_shift) != 2 ||
        table->kinds[out[0]] != KIND_LEAD || byte_range_has(table->standard->last_leads, out[0]))
        return CELL_NONE;
    if (table_ask(table, out[0], out[1]) != cells_of(scalar))
        return CELL_NONE;
    return (uint16_t)(out[0] << 8 | out[1]);
}

uint16_t spared_find(const struct table *table, iconv_t target, uint32_t scalar)
{
    uint16_t bytes = find_listed(table, scalar);

    if (bytes == CELL_NONE)
        bytes = find_single(table, scalar);
    if (bytes == CELL_NONE && !is_disputed(table, scalar))
        bytes = find_pair(table, target, scalar);
    return bytes;
}

void spared_warm_up(const struct table *table, iconv_t target)
{
    static const uint16_t ends[] = {0x3042, 0x4E00, 0x9F8D, 0xAC00, 0xD79D};

    for (size_t i = 0; i < sizeof ends / sizeof *ends && table->standard; i++)
        find_pair(table, target, ends[i]);
}
