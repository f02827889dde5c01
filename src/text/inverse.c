/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/inverse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utf8proc.h>

#include "text/converter.h"
#include "text/gb18030.h"
#include "text/spared.h"

/* ---- the table turned around ---- */

static uint16_t *cell_at(struct inverse *inverse, uint32_t scalar)
{
    return scalar < 0x800 ? inverse->low + scalar : inverse->cells + scalar;
}

/* The place of a character beyond U+FFFF: of its bytes, or where they would be inserted. */
static size_t place_of(const struct inverse *inverse, uint32_t scalar)
{
    size_t low = 0, high = inverse->astral_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (inverse->astral[middle].scalar < scalar)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint16_t find_astral(const struct inverse *inverse, uint32_t scalar)
{
    size_t place = place_of(inverse, scalar);
    bool is_there = place < inverse->astral_count && inverse->astral[place].scalar == scalar;

    return is_there ? inverse->astral[place].bytes : CELL_NONE;
}

static void insert_astral(struct inverse *inverse, uint32_t scalar, uint16_t bytes)
{
    struct inverse_astral *place = inverse->astral + place_of(inverse, scalar);
    struct inverse_astral *end = inverse->astral + inverse->astral_count;

    if (inverse->astral_count == INVERSE_ASTRAL || find_astral(inverse, scalar))
        return;
    memmove(place + 1, place, (size_t)(end - place) * sizeof *place);
    *place = (struct inverse_astral){scalar, bytes};
    inverse->astral_count++;
}

/* The first bytes of a character count. */
static void turn(struct inverse *inverse, uint32_t scalar, unsigned bytes)
{
    if (!scalar)
        return;
    if (scalar >= 0x10000)
        insert_astral(inverse, scalar, (uint16_t)bytes);
    else if (*cell_at(inverse, scalar) == CELL_NONE)
        *cell_at(inverse, scalar) = (uint16_t)bytes;
}

#ifdef MADV_POPULATE_WRITE
/* Has the system give the pages of all ideographs and syllables at once: the common ones are all
 * over them, and a virtual machine takes 15 us for each page fault. Older systems refuse. */
static void populate(struct inverse *inverse)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)(inverse->cells + 0x4E00) + page - 1) & ~(page - 1);
    uintptr_t end = (uintptr_t)(inverse->cells + 0xD7A4) & ~(page - 1);

    (void)madvise((void *)first, end - first, MADV_POPULATE_WRITE);
}
#else
static void populate(struct inverse *inverse)
{
    (void)inverse;
}
#endif

static void turn_singles(struct inverse *inverse)
{
    const struct table *table = inverse->table;

    for (size_t i = 0; i < table->written_count; i++)
        *cell_at(inverse, table->written[i].scalar) = (uint16_t)table->written[i].bytes;
    for (unsigned byte = 0x80; byte < 0x100; byte++)
        turn(inverse, cells_scalar(table->singles[byte]), byte);
}

/* Turns the pairs of a lead, if it is one, and one of the last or not. */
static void turn_pairs(struct inverse *inverse, unsigned char lead, bool complete, bool last)
{
    const struct table *table = inverse->table;
    uint32_t storage[0x100];
    const uint32_t *row;

    if (table->kinds[lead] != KIND_LEAD ||
        byte_range_has(table->standard->last_leads, lead) != last)
        return;
    row = table_row(table, lead, complete, storage);
    for (unsigned trail = 0; trail < 0x100; trail++)
        turn(inverse, cells_scalar(row[trail]), (unsigned)lead << 8 | trail);
}

static void turn_thirds(struct inverse *inverse, unsigned char second)
{
    if (!table_has_form(inverse->table, FORM_EUC_JP) || second < 0xA1 || second == 0xFF)
        return;
    table_fill_thirds(inverse->table, second);
    for (unsigned third = 0xA1; third < 0xFF; third++)
        turn(inverse, inverse->table->thirds[second & 0x7F][third],
             ((unsigned)second << 8 | third) & 0x7F7F);
}

/* Turns one row more: pairs of the first source, of both, the last leads, three bytes. The order of
 * the rows decides between the bytes of a character. */
static void turn_more(struct inverse *inverse)
{
    enum { ROWS = 0x80 };
    const struct table *table = inverse->table;
    unsigned row = inverse->turned++;
    unsigned char lead = (unsigned char)(0x80 | (row + table->standard->common_lead) % ROWS);

    if (!row) {
        turn_singles(inverse);
        if (table->standard->form != FORM_SINGLES)
            populate(inverse);
    }
    switch (row / ROWS) {
    case 0: turn_pairs(inverse, lead, false, false); break;
    case 1:
        if (table_has_further(table))
            turn_pairs(inverse, lead, true, false);
        break;
    case 2: turn_pairs(inverse, lead, true, true); break;
    default: turn_thirds(inverse, lead); break;
    }
}

/* ---- iconv's answers ---- */

/* Some charsets of IBM write the signs that a PC showed for controls as these: ← as ESC. */
static size_t ask(const struct inverse *inverse, uint32_t scalar, unsigned char out[INVERSE_BYTES])
{
    bool has_shift;
    size_t n = converter_write(inverse->target, scalar, out, &has_shift);

    for (size_t i = 0; i < n; i++)
        if (out[i] < ' ' || out[i] == 0x7F)
            return 0;
    return n;
}

static uint16_t ask_cell(const struct inverse *inverse, uint32_t scalar)
{
    unsigned char out[INVERSE_BYTES];
    bool is_surrogate = scalar >= 0xD800 && scalar < 0xE000;
    size_t n = is_surrogate ? 0 : ask(inverse, scalar, out);

    if (n == 1)
        return out[0];
    if (n == 2 && out[0] >= 0x80)
        return (uint16_t)(out[0] << 8 | out[1]);
    return n ? CELL_ASK : CELL_VOID;
}

static void ask_block(struct inverse *inverse, uint32_t scalar)
{
    uint32_t first = scalar & ~0xFFu;

    if (inverse->is_asked[first >> 8])
        return;
    inverse->is_asked[first >> 8] = true;
    for (uint32_t i = first ? 0 : 0x80; i < 0x100; i++)
        *cell_at(inverse, first + i) = ask_cell(inverse, first + i);
}

static uint16_t look_up(struct inverse *inverse, uint32_t scalar)
{
    return scalar < 0x10000 ? *cell_at(inverse, scalar) : find_astral(inverse, scalar);
}

/* ---- one character ---- */

/* The cell of one of the first characters. False: the table is needed. */
static bool spare(struct inverse *inverse, uint32_t scalar, uint16_t *cell)
{
    bool is_known;

    if (inverse_has_cells(inverse))
        return false;
    is_known = spared_find(inverse->table, inverse->target, scalar, cell);
    inverse->spared = is_known ? inverse->spared + 1 : TABLE_SPARED;
    return is_known;
}

static uint16_t find_turned(struct inverse *inverse, uint32_t scalar)
{
    uint16_t cell;

    while (!(cell = look_up(inverse, scalar)) && inverse->turned < INVERSE_ROWS)
        turn_more(inverse);
    return cell;
}

static uint16_t find(struct inverse *inverse, uint32_t scalar)
{
    uint16_t cell;

    if (inverse->table->standard)
        return spare(inverse, scalar, &cell) ? cell : find_turned(inverse, scalar);
    if (scalar > 0xFFFF)
        return CELL_ASK;
    ask_block(inverse, scalar);
    return look_up(inverse, scalar);
}

static size_t put_cell(uint16_t cell, unsigned char out[INVERSE_BYTES])
{
    size_t n = 0;

    if (cell >= 0x100 && cell < CELL_PAIR) {
        out[n++] = EUC_JP_THREE;
        cell |= 0x8080;
    }
    if (cell >= 0x100)
        out[n++] = (unsigned char)(cell >> 8);
    out[n++] = (unsigned char)cell;
    return n;
}

/* ---- letters with marks ---- */

/* Whether the mark number `with` of a letter may stand in front of the others (UAX 15, blocked). */
static bool may_come_first(const utf8proc_int32_t *parts, utf8proc_ssize_t with)
{
    for (utf8proc_ssize_t i = 1; i < with; i++)
        if (utf8proc_get_property(parts[i])->combining_class ==
            utf8proc_get_property(parts[with])->combining_class)
            return false;
    return true;
}

/* The letter with its mark number `with` as one character, or without a mark; 0: there is none. */
static uint32_t joined(const utf8proc_int32_t *parts, utf8proc_ssize_t with)
{
    utf8proc_int32_t both[2] = {parts[0], parts[with]};

    if (!with)
        return (uint32_t)parts[0];
    if (!may_come_first(parts, with) ||
        utf8proc_normalize_utf32(both, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE) != 1)
        return 0;
    return (uint32_t)both[0];
}

static size_t put_single(struct inverse *inverse, uint32_t scalar, unsigned char *out)
{
    uint16_t cell = scalar < 0x80 ? (uint16_t)scalar : find(inverse, scalar);

    *out = (unsigned char)cell;
    return cell > CELL_ASK && cell < 0x100;
}

/* Vietnamese and Hebrew letters as one that the charset has and marks behind it (UAX 15): the base,
 * joined with one of its marks or with none, and the other marks. */
static size_t put_decomposed(struct inverse *inverse, uint32_t scalar,
                             unsigned char out[INVERSE_BYTES])
{
    enum { PARTS = 4 };
    utf8proc_int32_t parts[PARTS];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)scalar, parts, PARTS,
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &boundary);

    for (utf8proc_ssize_t with = 0; n > 1 && n <= PARTS && with < n; with++) {
        uint32_t letter = joined(parts, with);
        size_t length = letter ? put_single(inverse, letter, out) : 0;
        bool whole = length;

        for (utf8proc_ssize_t i = 1; whole && i < n; i++)
            if (i != with) {
                whole = put_single(inverse, (uint32_t)parts[i], out + length);
                length++;
            }
        if (whole)
            return length;
    }
    return 0;
}

size_t inverse_put(struct inverse *inverse, uint32_t scalar, unsigned char out[INVERSE_BYTES])
{
    const struct standard *standard = inverse->table->standard;
    uint16_t cell = find(inverse, scalar);

    if (cell == CELL_ASK)
        return ask(inverse, scalar, out);
    if (cell > CELL_ASK)
        return put_cell(cell, out);
    if (!standard || cell == CELL_VOID)
        return 0;
    if (standard->form == FORM_GB18030 && !standard->has_no_fours) {
        gb18030_put(scalar, out);
        return GB18030_FOUR;
    }
    return standard->decomposes ? put_decomposed(inverse, scalar, out) : 0;
}

/* ---- two characters as one ---- */

bool inverse_joins(const struct inverse *inverse, uint32_t scalar)
{
    const struct table *table = inverse->table;

    if (scalar > inverse->last_joined)
        return false;
    for (size_t i = 0; i < table->cell_count; i++)
        if (table->cells[i].second && table->cells[i].scalar == scalar)
            return true;
    return false;
}

size_t inverse_put_both(const struct inverse *inverse, uint32_t scalar, uint32_t second,
                        unsigned char out[INVERSE_BYTES])
{
    for (size_t i = 0; i < inverse->table->cell_count; i++) {
        const struct standard_cell *cell = inverse->table->cells + i;

        if (cell->second && cell->scalar == scalar && cell->second == second)
            return put_cell((uint16_t)cell->bytes, out);
    }
    return 0;
}

/* ---- opening ---- */

/* The standard's encodings do without iconv where it knows none of their charsets. */
static iconv_t open_standard(const struct standard *standard)
{
    const char(*names)[CONVERTER_NAME] =
        standard->form == FORM_EUC_JP ? standard->further : standard->source;
    int count = standard->form == FORM_SINGLES ? 0 : STANDARD_SOURCES;
    iconv_t target = NO_CONVERTER;

    for (int i = 0; i < count && *names[i] && target == NO_CONVERTER; i++)
        target = converter_open_target(names[i]);
    return target;
}

static int open_target(struct inverse *inverse, const char *name)
{
    const struct standard *standard = inverse->table->standard;

    inverse->target = standard ? open_standard(standard) : converter_open_target(name);
    return standard || inverse->target != NO_CONVERTER ? 0 : -1;
}

struct inverse *inverse_new(struct table *table, const char *name)
{
    struct inverse *inverse = calloc(1, sizeof *inverse);

    if (!inverse)
        return NULL;
    inverse->table = table;
    if (open_target(inverse, name) < 0) {
        free(inverse);
        return NULL;
    }
    for (size_t i = 0; i < table->cell_count; i++)
        if (table->cells[i].second && table->cells[i].scalar > inverse->last_joined)
            inverse->last_joined = table->cells[i].scalar;
    spared_warm_up(table, inverse->target);
    return inverse;
}

void inverse_free(struct inverse *inverse)
{
    if (!inverse)
        return;
    converter_close(&inverse->target);
    free(inverse);
}
