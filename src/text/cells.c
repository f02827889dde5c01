/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/cells.h"

#include <stdbool.h>
#include <string.h>

#include "text/converter.h"
#include "text/utf8.h"

/* ---- cells ---- */

uint32_t cells_of(uint32_t scalar)
{
    unsigned char out[UTF8_MAX];

    switch (utf8_put(scalar, out)) {
    case 2: return (uint32_t)(out[0] | out[1] << 8);
    case 3: return (uint32_t)(out[0] | out[1] << 8 | out[2] << 16);
    default: return scalar << 8 | CELL_SCALAR;
    }
}

/* iconv's private use is a lack, unless the standard has it. Outside the standard some bytes stand
 * for ASCII, but none for a control: a line ends at LF alone. */
static uint32_t cell_of_scalar(const struct standard *standard, uint32_t scalar)
{
    bool is_private = scalar >= 0xE000 && scalar < 0xF900;

    if (!standard)
        return scalar < 0x20 || scalar == 0x7F ? CELL_NONE : cells_of(scalar);
    if (scalar < 0x80 || (is_private && !standard->is_private))
        return CELL_NONE;
    return cells_of(scalar);
}

/* The standard lists its pairs of two characters. Outside of it iconv is asked each time. */
static uint32_t cell_of_answer(const struct standard *standard, struct converter_answer answer)
{
    if (answer.kind == ANSWER_NONE)
        return CELL_NONE;
    if (answer.kind == ANSWER_CUT || answer.second)
        return standard ? CELL_NONE : CELL_ASK;
    return cell_of_scalar(standard, answer.scalar);
}

uint32_t cells_scalar(uint32_t cell)
{
    if (cell & CELL_BYTES && cell & CELL_THREE)
        return (cell & 0x0F) << 12 | (cell >> 2 & 0xFC0) | (cell >> 16 & 0x3F);
    if (cell & CELL_BYTES)
        return (cell & 0x1F) << 6 | (cell >> 8 & 0x3F);
    return (cell & 0xFF) == CELL_SCALAR ? cell >> 8 : 0;
}

/* ---- rows ---- */

/* The last bytes that iconv is asked for. */
static struct byte_range trails_of(const struct standard *standard, struct prefix prefix)
{
    static const struct byte_range any = {0x20, 0xFF}, upper = {0x80, 0xFF}, common = {0x40, 0xFE},
                                   grid = {0xA1, 0xFE}, kana = {0xA1, 0xDF};

    if (!prefix.n)
        return standard && standard->form != FORM_SINGLES ? standard->singles : upper;
    if (!standard)
        return any;
    if (standard->form != FORM_EUC_JP)
        return common;
    return prefix.bytes[0] == EUC_JP_KANA ? kana : grid;
}

/* The bytes that iconv is asked for. EUC-JP's pairs are those of CP932. That counts the same grid
 * (JIS X 0208) by 188 instead of 94, and has Kana as single bytes. */
static size_t question_of(const struct standard *standard, struct prefix prefix, unsigned trail,
                          unsigned char question[3])
{
    bool is_pair = standard && standard->form == FORM_EUC_JP && prefix.n == 1;
    unsigned pointer, lead, low;

    if (!is_pair || prefix.bytes[0] == EUC_JP_KANA) {
        size_t n = is_pair ? 0 : prefix.n;

        memcpy(question, prefix.bytes, n);
        question[n] = (unsigned char)trail;
        return n + 1;
    }
    pointer = (prefix.bytes[0] - 0xA1u) * 94 + trail - 0xA1;
    lead = pointer / 188;
    low = pointer % 188;
    question[0] = (unsigned char)(lead + (lead < 0x1F ? 0x81 : 0xC1));
    question[1] = (unsigned char)(low + (low < 0x3F ? 0x40 : 0x41));
    return 2;
}

static bool ask_at_once(const struct standard *standard, iconv_t source, struct prefix prefix,
                        uint32_t row[0x100])
{
    struct byte_range trails = trails_of(standard, prefix);
    unsigned char questions[3 * 0x100] = {0};
    size_t n = 0, each = 0;

    for (unsigned trail = trails.first; trail <= trails.last; trail++)
        n += each = question_of(standard, prefix, trail, questions + n);
    if (!converter_read_row(source, questions, n, each, row + trails.first))
        return false;
    for (unsigned trail = trails.first; trail <= trails.last; trail++)
        row[trail] = cell_of_scalar(standard, row[trail]);
    return true;
}

static void ask_singly(const struct standard *standard, iconv_t source, struct prefix prefix,
                       uint32_t row[0x100])
{
    struct byte_range trails = trails_of(standard, prefix);

    for (unsigned trail = trails.first; trail && trail <= trails.last; trail++) {
        unsigned char question[3];
        size_t n = question_of(standard, prefix, trail, question);

        row[trail] = cell_of_answer(standard, converter_read(source, question, n));
    }
}

/* A single byte is asked for alone, and so is each cell outside the standard: more may follow. */
void cells_fill(const struct standard *standard, iconv_t source, struct prefix prefix,
                uint32_t row[0x100])
{
    uint32_t answers[0x100] = {0};

    if (source == NO_CONVERTER)
        return;
    if (!standard || !prefix.n || !ask_at_once(standard, source, prefix, answers)) {
        memset(answers, 0, sizeof answers);
        ask_singly(standard, source, prefix, answers);
    }
    for (size_t i = 0; i < 0x100; i++)
        if (row[i] == CELL_NONE)
            row[i] = answers[i];
}

uint32_t cells_listed(const struct standard_cell *listed)
{
    return !listed->scalar ? CELL_VOID : listed->second ? CELL_TWO : cells_of(listed->scalar);
}

static uint32_t bytes_of(struct prefix prefix)
{
    uint32_t bytes = 0;

    for (size_t i = 0; i < prefix.n; i++)
        bytes = bytes << 8 | prefix.bytes[i];
    return bytes;
}

void cells_correct(const struct standard *standard, struct prefix prefix, uint32_t row[0x100])
{
    size_t count = 0;
    const struct standard_cell *cells = standard ? standard_decoded(standard, &count) : NULL;

    for (size_t i = 0; i < count; i++)
        if (cells[i].bytes >> 8 == bytes_of(prefix))
            row[cells[i].bytes & 0xFF] = cells_listed(cells + i);
}

uint32_t cells_one(const struct standard *standard, iconv_t source, unsigned char lead,
                   unsigned char trail)
{
    struct prefix prefix = {1, {lead}};
    struct byte_range trails = trails_of(standard, prefix);
    unsigned char question[3];
    size_t n;

    if (trail < trails.first || trail > trails.last)
        return CELL_NONE;
    n = question_of(standard, prefix, trail, question);
    return cell_of_answer(standard, converter_read(source, question, n));
}
