/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/decoder.h"

#include "text/pair_blocks.h"
#include "text/utf8.h"

struct table_char decoder_next(struct charset *charset, const unsigned char *bytes, size_t n)
{
    struct utf8_char next;

    if (*bytes < 0x80)
        return (struct table_char){TABLE_GOOD, *bytes, 0, 1};
    if (charset->table)
        return table_next(charset->table, bytes, n);
    next = utf8_next(bytes, n);
    return (struct table_char){next.status == UTF8_GOOD  ? TABLE_GOOD
                               : next.status == UTF8_CUT ? TABLE_CUT
                                                         : TABLE_BAD,
                               next.scalar, 0, next.length};
}

/* ---- runs ---- */

/* Four pairs and their characters of three bytes. */
struct quad {
    uint64_t pairs; /* the first one highest */
    uint32_t a, b, c, d;
};

static inline struct quad quad_at(const uint32_t *cells, const unsigned char *from)
{
    uint64_t pairs = pass_load_first_high(from);

    return (struct quad){pairs, cells[pairs >> 48 & 0x7FFF], cells[pairs >> 32 & 0x7FFF],
                         cells[pairs >> 16 & 0x7FFF], cells[pairs & 0x7FFF]};
}

/* Writes sixteen bytes, of which twelve count. */
static inline void quad_store(const struct quad *quad, unsigned char *to)
{
    pass_store(to, quad->a | (uint64_t)quad->b << 24 | (uint64_t)quad->c << 48);
    pass_store(to + 8, quad->c >> 16 | (uint64_t)quad->d << 8);
}

static inline bool quad_is_whole(const struct quad *quad)
{
    uint32_t cells = quad->a & quad->b & quad->c & quad->d;

    return !((~quad->pairs & UINT64_C(0x8000800080008000)) | (~cells & CELL_THREE));
}

/* The number of characters in front of the first other one; the fourth is not looked at. */
static inline unsigned quad_count(const struct quad *quad)
{
    unsigned a = quad->a & (unsigned)(quad->pairs >> 58) & CELL_THREE;
    unsigned b = quad->b & (unsigned)(quad->pairs >> 42) & a;
    unsigned c = quad->c & (unsigned)(quad->pairs >> 26) & b;

    return (a + b + c) / CELL_THREE;
}

/* Pairs that make characters of three bytes, and the ASCII between them, up to the first other
 * character. */
static inline void decode_pairs(const struct table *table, struct pass *pass, bool lf)
{
    enum { IN = 16, OUT = 24 };
    const uint32_t *cells = table->pairs[0];
    const unsigned char *from = pass->from, *end = pass_stretch(pass);
    unsigned char *to = pass->to, *full = pass->full;

    while (end - from >= IN && full - to >= OUT) {
        struct quad quad;
        unsigned n = *from < 0x80 ? pass_step(from, to, lf) : 0;

        from += n;
        to += n;
        if (n == 8)
            continue;
        quad = quad_at(cells, from);
        quad_store(&quad, to);
        if (!quad_is_whole(&quad)) {
            n = quad_count(&quad);
            if (!n)
                break;
            from += 2 * n;
            to += 3 * n;
            continue;
        }
        from += 8;
        to += 12;
    }
    pass->from = from;
    pass->to = to;
}

/* Single bytes, and the ASCII between them, up to the first other character. */
static inline void decode_singles(const struct table *table, struct pass *pass, bool lf)
{
    const unsigned char *from = pass->from, *end = pass->end;
    unsigned char *to = pass->to, *full = pass->full;

    while (end - from >= 8 && full - to >= 8) {
        uint32_t cell = table->singles[*from];
        unsigned n = 1;

        if (*from < 0x80) {
            n = pass_step(from, to, lf);
            if (!n)
                break;
            to += n;
        } else if (cell & CELL_BYTES) {
            pass_store(to, cell);
            to += cell & CELL_THREE ? 3 : 2;
        } else {
            break;
        }
        from += n;
    }
    pass->from = from;
    pass->to = to;
}

static inline enum pass_stop stop_at(struct pass *pass, const struct table_char *next)
{
    pass->length = next->length;
    return next->status == TABLE_BAD || pass->last ? PASS_BAD : PASS_CUT;
}

static inline enum pass_stop decode_one(struct table *table, struct pass *pass)
{
    struct table_char next = table_next(table, pass->from, (size_t)(pass->end - pass->from));
    unsigned char text[2 * UTF8_MAX];
    size_t n;

    if (next.status != TABLE_GOOD)
        return stop_at(pass, &next);
    n = utf8_put(next.scalar, text);
    if (next.second)
        n += utf8_put(next.second, text + n);
    if ((size_t)(pass->full - pass->to) < n)
        return PASS_FULL;
    memcpy(pass->to, text, n);
    pass->to += n;
    pass->from += next.length;
    return PASS_DONE;
}

/* Written once and compiled for each case, as no case pays for the others. */
static inline __attribute__((always_inline)) enum pass_stop decode(struct table *table,
                                                                   struct pass *pass, bool lf)
{
    struct pair_try next = {.at = pass->from};

    while (pass->from < pass->end) {
        enum pass_stop stop = PASS_DONE;

        if (*pass->from < 0x80) {
            pass_ascii(pass, lf);
            if (pass->from == pass->end)
                break;
            if (*pass->from < 0x80)
                return lf && *pass->from == '\n' ? (pass->length = 1, PASS_LF) : PASS_FULL;
        }
        if (table->kinds[*pass->from] == KIND_SINGLE) {
            decode_singles(table, pass, lf);
        } else if (table_has_cells(table)) {
            if (pass->from >= next.at)
                pair_blocks_decode(table, pass, lf, &next);
            decode_pairs(table, pass, lf);
        }
        if (pass->from < pass->end && *pass->from >= 0x80)
            stop = decode_one(table, pass);
        if (stop != PASS_DONE)
            return stop;
    }
    return PASS_DONE;
}

/* Copies good characters, up to an LF where the pass stops there. The run is short, so that a fault
 * behind it costs little. */
static size_t copy_run(struct pass *pass, bool *meets_lf)
{
    enum { RUN = 1024 };
    size_t n = (size_t)(pass->end - pass->from), room = (size_t)(pass->full - pass->to);
    size_t run = n < room ? n : room;
    const unsigned char *lf;

    run = run < RUN ? run : RUN;
    lf = pass->stops_at_lf ? memchr(pass->from, '\n', run) : NULL;
    run = utf8_span(pass->from, lf ? (size_t)(lf - pass->from) : run);
    memcpy(pass->to, pass->from, run);
    pass->to += run;
    pass->from += run;
    *meets_lf = pass->from == lf;
    return run;
}

/* Characters that stay as they are. */
static enum pass_stop copy(struct pass *pass)
{
    struct utf8_char next;
    bool meets_lf;

    while (copy_run(pass, &meets_lf) && !meets_lf)
        ;
    if (pass->from == pass->end)
        return PASS_DONE;
    next = utf8_next(pass->from, (size_t)(pass->end - pass->from));
    pass->length = next.length;
    if (next.status == UTF8_GOOD)
        return meets_lf ? PASS_LF : PASS_FULL;
    return next.status == UTF8_BAD || pass->last ? PASS_BAD : PASS_CUT;
}

enum pass_stop decoder_pass(struct charset *charset, struct pass *pass)
{
    struct table *table = charset->table;

    if (!table)
        return copy(pass);
    return pass->stops_at_lf ? decode(table, pass, true) : decode(table, pass, false);
}

size_t decoder_unfinished(struct charset *charset, const void *text, size_t n)
{
    const unsigned char *bytes = text, *end = bytes + n;

    while (bytes < end) {
        struct table_char next = decoder_next(charset, bytes, (size_t)(end - bytes));

        if (next.status == TABLE_CUT)
            return next.length;
        bytes += next.length;
    }
    return 0;
}
