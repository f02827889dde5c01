/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "text/converter.h"
#include "text/gb18030.h"
#include "text/utf8.h"

enum { LONGEST = 4 }; /* bytes of a character */

bool table_has_form(const struct table *table, enum standard_form form)
{
    return table->standard && table->standard->form == form;
}

/* ---- rows ---- */

bool table_has_further(const struct table *table)
{
    return table->further != NO_CONVERTER && table_has_form(table, FORM_PAIRS);
}

/* Fills what the cells of a lead lack, from the one source or the other. */
static void fill_pairs(const struct table *table, unsigned char lead, uint32_t row[0x100])
{
    struct prefix prefix = {1, {lead}};

    if (table_has_form(table, FORM_EUC_JP) && lead == EUC_JP_THREE)
        return;
    cells_correct(table->standard, prefix, row);
    cells_fill(table->standard, table->source, prefix, row);
}

static void fill_further(const struct table *table, unsigned char lead, uint32_t row[0x100])
{
    if (table_has_further(table))
        cells_fill(table->standard, table->further, (struct prefix){1, {lead}}, row);
}

void table_fill(struct table *table, unsigned char lead)
{
    if (table->is_filled[lead & 0x7F])
        return;
    fill_pairs(table, lead, table->pairs[lead & 0x7F]);
    table->is_filled[lead & 0x7F] = true;
}

void table_complete(struct table *table, unsigned char lead)
{
    table_fill(table, lead);
    if (table->is_complete[lead & 0x7F])
        return;
    fill_further(table, lead, table->pairs[lead & 0x7F]);
    table->is_complete[lead & 0x7F] = true;
}

const uint32_t *table_row(const struct table *table, unsigned char lead, bool complete,
                          uint32_t storage[0x100])
{
    bool is_complete = table->is_complete[lead & 0x7F];

    if (table->is_filled[lead & 0x7F] && (is_complete == complete || !table_has_further(table)))
        return table->pairs[lead & 0x7F];
    memset(storage, 0, 0x100 * sizeof *storage);
    fill_pairs(table, lead, storage);
    if (complete)
        fill_further(table, lead, storage);
    return storage;
}

void table_fill_thirds(struct table *table, unsigned char second)
{
    struct prefix prefix = {2, {EUC_JP_THREE, second}};
    uint32_t row[0x100] = {0};

    if (table->is_third_filled[second & 0x7F])
        return;
    table->is_third_filled[second & 0x7F] = true;
    cells_correct(table->standard, prefix, row);
    cells_fill(table->standard, table->further, prefix, row);
    for (size_t i = 0; i < 0x100; i++)
        table->thirds[second & 0x7F][i] = (uint16_t)cells_scalar(row[i]);
}

/* ---- one character ---- */

static struct table_char bad(size_t length)
{
    return (struct table_char){.status = TABLE_BAD, .length = length};
}

static struct table_char cut(size_t n)
{
    return (struct table_char){.status = TABLE_CUT, .length = n};
}

static struct table_char good(uint32_t scalar, size_t length)
{
    return (struct table_char){TABLE_GOOD, scalar, 0, length};
}

/* A sequence that ends early is a fault of its first byte alone. */
static struct table_char next_four(const unsigned char *bytes, size_t n)
{
    uint32_t scalar;

    if (n > 2 && (bytes[2] < 0x81 || bytes[2] > 0xFE))
        return bad(1);
    if (n > 3 && !ascii_is_digit((char)bytes[3]))
        return bad(1);
    if (n < GB18030_FOUR)
        return cut(n);
    scalar = gb18030_scalar(bytes);
    return scalar ? good(scalar, GB18030_FOUR) : bad(GB18030_FOUR);
}

static struct table_char next_three(struct table *table, const unsigned char *bytes, size_t n)
{
    uint32_t scalar;

    if (bytes[1] < 0xA1 || bytes[1] > 0xFE)
        return bad(bytes[1] < 0x80 ? 1 : 2);
    if (n == 2)
        return cut(2);
    table_fill_thirds(table, bytes[1]);
    scalar = table->thirds[bytes[1] & 0x7F][bytes[2]];
    return scalar ? good(scalar, 3) : bad(bytes[2] < 0x80 ? 2 : 3);
}

static struct table_char bad_pair(const struct table *table, const unsigned char *bytes)
{
    bool takes_second = bytes[1] >= 0x80;

    if (!table->standard)
        takes_second &= bytes[0] > 0x80 && bytes[0] < 0xFF && table->kinds[bytes[1]] != KIND_SINGLE;
    return bad(takes_second ? 2 : 1);
}

/* A pair of two characters, or the beginning of more than two bytes. glibc's EUC-TW looks at none
 * of four bytes before it has them all; no ASCII byte may wait among them. */
static struct table_char next_asked(struct table *table, const unsigned char *bytes, size_t n)
{
    for (size_t length = 2; length <= n && length <= LONGEST; length++) {
        struct converter_answer answer = converter_read(table->source, bytes, length);

        if (answer.kind == ANSWER_CHAR)
            return (struct table_char){TABLE_GOOD, answer.scalar, answer.second, length};
        if (answer.kind == ANSWER_NONE || bytes[length - 1] < 0x80)
            return bad_pair(table, bytes);
    }
    return n < LONGEST ? cut(n) : bad_pair(table, bytes);
}

static struct table_char next_two(const struct table *table, const unsigned char *bytes)
{
    const struct standard_cell *cell = table->cells;

    while (cell->bytes != (uint32_t)(bytes[0] << 8 | bytes[1]))
        cell++;
    return (struct table_char){TABLE_GOOD, cell->scalar, cell->second, 2};
}

/* Cells are listed in the order of their bytes. */
static int compare_bytes(const void *key, const void *cell)
{
    uint32_t bytes = *(const uint32_t *)key, other = ((const struct standard_cell *)cell)->bytes;

    return (bytes > other) - (bytes < other);
}

uint32_t table_ask(const struct table *table, unsigned char lead, unsigned char trail)
{
    uint32_t bytes = (uint32_t)lead << 8 | trail;
    const struct standard_cell *listed =
        bsearch(&bytes, table->cells, table->cell_count, sizeof *table->cells, compare_bytes);

    return listed ? cells_listed(listed) : cells_one(table->standard, table->source, lead, trail);
}

/* The cell of one of the first pairs; CELL_NONE: the row is needed. */
static uint32_t spare(struct table *table, unsigned char lead, unsigned char trail)
{
    uint32_t cell;

    if (table_has_cells(table))
        return CELL_NONE;
    cell = table_ask(table, lead, trail);
    table->spared = cell == CELL_NONE ? TABLE_SPARED : table->spared + 1;
    return cell;
}

static uint32_t cell_of(struct table *table, const unsigned char *bytes)
{
    unsigned char lead = bytes[0], trail = bytes[1];
    uint32_t *cell = &table->pairs[lead & 0x7F][trail], spared = spare(table, lead, trail);

    if (spared != CELL_NONE)
        return spared;
    table_fill(table, lead);
    if (*cell == CELL_NONE)
        table_complete(table, lead);
    return *cell;
}

static struct table_char next_pair(struct table *table, const unsigned char *bytes, size_t n)
{
    uint32_t cell = cell_of(table, bytes);

    if (cell == CELL_TWO)
        return next_two(table, bytes);
    if (cell == CELL_ASK)
        return next_asked(table, bytes, n);
    return cells_scalar(cell) ? good(cells_scalar(cell), 2) : bad_pair(table, bytes);
}

/* Outside the standard, a byte that is no character may make one fault with the next one. */
static struct table_char next_bad(const struct table *table, const unsigned char *bytes, size_t n)
{
    if (table->standard || *bytes == 0x80 || *bytes == 0xFF)
        return bad(1);
    return n == 1 ? cut(1) : bad_pair(table, bytes);
}

struct table_char table_next(struct table *table, const unsigned char *bytes, size_t n)
{
    unsigned char kind = table->kinds[bytes[0]];

    if (kind == KIND_SINGLE)
        return good(cells_scalar(table->singles[bytes[0]]), 1);
    if (kind == KIND_BAD)
        return next_bad(table, bytes, n);
    if (n == 1)
        return cut(1);
    if (table_has_form(table, FORM_GB18030) && ascii_is_digit((char)bytes[1]))
        return next_four(bytes, n);
    if (table_has_form(table, FORM_EUC_JP) && bytes[0] == EUC_JP_THREE)
        return next_three(table, bytes, n);
    return next_pair(table, bytes, n);
}

/* ---- opening ---- */

static void sort_bytes(struct table *table)
{
    const struct standard *standard = table->standard;

    cells_correct(standard, (struct prefix){0}, table->singles);
    cells_fill(standard, table->source, (struct prefix){0}, table->singles);
    for (unsigned byte = 0x80; byte < 0x100; byte++) {
        uint32_t cell = table->singles[byte];
        bool leads = standard ? byte_range_has(standard->leads[0], byte) ||
                                    byte_range_has(standard->leads[1], byte)
                              : cell == CELL_ASK;

        table->kinds[byte] = leads ? KIND_LEAD : cells_scalar(cell) ? KIND_SINGLE : KIND_BAD;
    }
}

/* A further source that iconv does not know is no failure. */
static int open_sources(struct table *table, const char *name)
{
    const struct standard *standard = table->standard;

    table->further = NO_CONVERTER;
    table->source = standard ? converter_open_first_source(standard->source, STANDARD_SOURCES)
                             : converter_open_source(name);
    if (table->source == NO_CONVERTER)
        return -1;
    if (!standard || !*standard->further[0])
        return 0;
    table->further = converter_open_first_source(standard->further, STANDARD_SOURCES);
    return table->further == NO_CONVERTER && errno != EINVAL ? -1 : 0;
}

static void list_cells(struct table *table)
{
    table->cells = standard_decoded(table->standard, &table->cell_count);
    table->written = standard_encoded(table->standard, &table->written_count);
}

struct table *table_new(const struct standard *standard, const char *name)
{
    struct table *table = calloc(1, sizeof *table);

    if (!table)
        return NULL;
    table->standard = standard;
    if (open_sources(table, name) < 0) {
        int why = errno;

        table_free(table);
        errno = why;
        return NULL;
    }
    if (standard)
        list_cells(table);
    sort_bytes(table);
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    converter_close(&table->source);
    converter_close(&table->further);
    free(table);
}

/* ---- comparing ---- */

static void fill_all(struct table *table)
{
    for (unsigned lead = 0x80; lead < 0x100; lead++)
        if (table->kinds[lead] == KIND_LEAD)
            table_complete(table, (unsigned char)lead);
}

static bool has_only_pairs(const struct table *table)
{
    return !table_has_form(table, FORM_GB18030) && !table_has_form(table, FORM_EUC_JP);
}

bool table_same(struct table *a, struct table *b)
{
    if (!has_only_pairs(a) || !has_only_pairs(b))
        return a->standard == b->standard;
    fill_all(a);
    fill_all(b);
    return !memcmp(a->kinds, b->kinds, sizeof a->kinds) &&
           !memcmp(a->singles, b->singles, sizeof a->singles) &&
           !memcmp(a->pairs, b->pairs, sizeof a->pairs);
}
