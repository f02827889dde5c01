/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/spared.h"

#include "text/converter.h"
#include "text/gb18030.h"

/* The list of the standard comes before all others, as in the inverse. */
static uint16_t find_listed(const struct table *table, uint32_t scalar)
{
    for (size_t i = 0; i < table->written_count; i++)
        if (table->written[i].scalar == scalar)
            return (uint16_t)table->written[i].bytes;
    return CELL_NONE;
}

/* No single byte of the standard is kana of full width, an ideograph or a syllable. */
static uint16_t find_single(const struct table *table, uint32_t scalar)
{
    uint32_t cell = cells_of(scalar);

    if (scalar >= 0x3000 && scalar < 0xE000)
        return CELL_NONE;
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
static bool find_pair(const struct table *table, iconv_t target, uint32_t scalar, uint16_t *cell)
{
    unsigned char out[CONVERTER_BYTES];
    bool has_shift;
    size_t n = target == NO_CONVERTER ? 0 : converter_write(target, scalar, out, &has_shift);

    if (n == GB18030_FOUR && table_has_form(table, FORM_GB18030))
        return true;
    if (n != 2 || table->kinds[out[0]] != KIND_LEAD ||
        byte_range_has(table->standard->last_leads, out[0]) ||
        table_ask(table, out[0], out[1]) != cells_of(scalar))
        return false;
    *cell = (uint16_t)(out[0] << 8 | out[1]);
    return true;
}

/* No index of the standard has U+FFFD, which stands for a character that is lacking. Big5's alone
 * has characters beyond U+FFFF, from its further source. */
static bool has_no_pair(const struct table *table, uint32_t scalar)
{
    return table_has_form(table, FORM_SINGLES) || scalar == 0xFFFD ||
           (scalar > 0xFFFF && !table_has_further(table));
}

bool spared_find(const struct table *table, iconv_t target, uint32_t scalar, uint16_t *cell)
{
    *cell = find_listed(table, scalar);
    if (*cell == CELL_NONE)
        *cell = find_single(table, scalar);
    if (*cell != CELL_NONE)
        return true;
    if (is_disputed(table, scalar))
        return false;
    return has_no_pair(table, scalar) || find_pair(table, target, scalar, cell);
}

void spared_warm_up(const struct table *table, iconv_t target)
{
    static const uint16_t ends[] = {0x3042, 0x4E00, 0x9F8D, 0xAC00, 0xD79D};
    uint16_t cell;

    for (size_t i = 0; i < sizeof ends / sizeof *ends && table->standard; i++)
        find_pair(table, target, ends[i], &cell);
}
