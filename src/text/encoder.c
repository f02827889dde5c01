/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/encoder.h"

#include "text/decoder.h"
#include "text/pair_blocks.h"
#include "text/utf8.h"

/* The code points of two characters of three bytes, in bits 16 to 31 and 40 to 55. The fields of
 * four and six bits are moved side by side. */
static inline uint64_t two_scalars(uint64_t six)
{
    return (six & UINT64_C(0x00000F00000F)) << 28 | (six & UINT64_C(0x003F00003F00)) << 14 |
           (six & UINT64_C(0x3F00003F0000));
}

/* Four characters of three bytes and their pairs. */
struct quad {
    uint64_t low, high; /* the bytes, six in each */
    uint64_t a, b, c, d;
};

static inline struct quad quad_at(const uint16_t *cells, const unsigned char *from)
{
    uint64_t low = pass_load(from), high = pass_load(from + 6);
    uint64_t first = two_scalars(low), last = two_scalars(high);

    return (struct quad){low,
                         high,
                         cells[first >> 16 & 0xFFFF],
                         cells[first >> 40],
                         cells[last >> 16 & 0xFFFF],
                         cells[last >> 40]};
}

static inline void quad_store(const struct quad *quad, unsigned char *to)
{
    pass_store_first_high(to, quad->a << 48 | quad->b << 32 | quad->c << 16 | quad->d);
}

static inline bool quad_is_whole(const struct quad *quad)
{
    uint64_t cells = quad->a & quad->b & quad->c & quad->d;

    return !(utf8_from_threes(quad->low) | utf8_from_threes(quad->high) | (~cells & CELL_PAIR));
}

/* The number of pairs in front of the first other character; the fourth is not looked at. */
static inline unsigned quad_count(const struct quad *quad)
{
    uint64_t a = utf8_is_three(quad->low) ? quad->a & CELL_PAIR : 0;
    uint64_t b = utf8_is_three(quad->low >> 24) ? quad->b & a : 0;
    uint64_t c = utf8_is_three(quad->high) ? quad->c & b : 0;

    return (unsigned)((a + b + c) / CELL_PAIR);
}

/* Characters of three bytes that make pairs, and the ASCII between them, up to the first other
 * character. Over-long forms and surrogates have no cell. */
static inline void encode_threes(const struct inverse *inverse, struct pass *pass, bool lf)
{
    enum { IN = 24, OUT = 16 };
    const unsigned char *from = pass->from, *end = pass_stretch(pass);
    unsigned char *to = pass->to, *full = pass->full;

    while (end - from >= IN && full - to >= OUT) {
        struct quad quad;
        unsigned n = *from < 0x80 ? pass_step(from, to, lf) : 0;

        from += n;
        to += n;
        if (n == 8)
            continue;
        quad = quad_at(inverse->cells, from);
        quad_store(&quad, to);
        if (!quad_is_whole(&quad)) {
            n = quad_count(&quad);
            if (!n)
                break;
            from += 3 * n;
            to += 2 * n;
            continue;
        }
        from += 12;
        to += 8;
    }
    pass->from = from;
    pass->to = to;
}

/* Characters of two bytes, or of three that make one, and the ASCII between them, up to the first
 * other character. */
static inline void encode_twos(const struct inverse *inverse, struct pass *pass, bool lf)
{
    const unsigned char *from = pass->from, *end = pass->end;
    unsigned char *to = pass->to, *full = pass->full;

    while (end - from >= 8 && full - to >= 8) {
        uint64_t eight = pass_load(from), scalar;
        unsigned cell, n;

        if (*from < 0x80) {
            n = pass_step(from, to, lf);
            if (!n)
                break;
            from += n;
            to += n;
            continue;
        }
        n = utf8_is_three(eight) ? 3 : 2;
        scalar =
            n == 3 ? two_scalars(eight) >> 16 & 0xFFFF : (eight & 0x1F) << 6 | (eight >> 8 & 0x3F);
        cell = n == 3 ? inverse->cells[scalar] : inverse->low[scalar];
        if ((n == 2 && (eight & 0xC0E0) != 0x80C0) || cell <= CELL_ASK ||
            (cell >= 0x100 && (n == 3 || cell < CELL_PAIR)) || scalar <= inverse->last_joined)
            break;
        if (cell >= 0x100)
            *to++ = (unsigned char)(cell >> 8);
        *to++ = (unsigned char)cell;
        from += n;
    }
    pass->from = from;
    pass->to = to;
}

/* Whether a character may change with the next one, a mark of two bytes, that is not whole yet. */
static bool waits_for_mark(const struct inverse *inverse, const struct pass *pass,
                           struct utf8_char next)
{
    const unsigned char *behind = pass->from + next.length;
    bool may_follow = behind == pass->end || (behind + 1 == pass->end && *behind >= 0xC0);

    return !pass->last && may_follow && inverse_joins(inverse, next.scalar);
}

/* Writes a character together with the next one; 0: the charset does not have them as one. */
static size_t put_both(const struct inverse *inverse, const struct pass *pass,
                       struct utf8_char *next, unsigned char out[INVERSE_BYTES])
{
    const unsigned char *behind = pass->from + next->length;
    struct utf8_char mark;
    size_t n;

    if (behind == pass->end || !inverse_joins(inverse, next->scalar))
        return 0;
    mark = utf8_next(behind, (size_t)(pass->end - behind));
    if (mark.status != UTF8_GOOD)
        return 0;
    n = inverse_put_both(inverse, next->scalar, mark.scalar, out);
    next->length += n ? mark.length : 0;
    return n;
}

static inline enum pass_stop encode_one(struct inverse *inverse, struct pass *pass)
{
    struct utf8_char next = utf8_next(pass->from, (size_t)(pass->end - pass->from));
    unsigned char bytes[INVERSE_BYTES];
    size_t n;

    pass->length = next.length;
    pass->scalar = next.scalar;
    if (next.status != UTF8_GOOD)
        return next.status == UTF8_BAD || pass->last ? PASS_BAD : PASS_CUT;
    if (waits_for_mark(inverse, pass, next)) {
        pass->length = (size_t)(pass->end - pass->from);
        return PASS_CUT;
    }
    n = put_both(inverse, pass, &next, bytes);
    n = n ? n : inverse_put(inverse, next.scalar, bytes);
    if (!n)
        return PASS_LACKS;
    if ((size_t)(pass->full - pass->to) < n)
        return PASS_FULL;
    memcpy(pass->to, bytes, n);
    pass->to += n;
    pass->from += next.length;
    return PASS_DONE;
}

static inline __attribute__((always_inline)) enum pass_stop encode(struct inverse *inverse,
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
        if (inverse_has_cells(inverse)) {
            if (pass->from >= next.at)
                pair_blocks_encode(inverse, pass, lf, &next);
            encode_threes(inverse, pass, lf);
            encode_twos(inverse, pass, lf);
        }
        if (pass->from < pass->end && *pass->from >= 0x80)
            stop = encode_one(inverse, pass);
        if (stop != PASS_DONE)
            return stop;
    }
    return PASS_DONE;
}

enum pass_stop encoder_pass(struct charset *charset, struct pass *pass)
{
    if (!charset->inverse)
        return decoder_pass(charset, pass);
    return pass->stops_at_lf ? encode(charset->inverse, pass, true)
                             : encode(charset->inverse, pass, false);
}

size_t encoder_length(struct charset *charset, uint32_t scalar)
{
    unsigned char out[INVERSE_BYTES];

    if (scalar < 0x80)
        return 1;
    return charset->inverse ? inverse_put(charset->inverse, scalar, out) : utf8_put(scalar, out);
}
