/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/pair_blocks.h"

#include "text/vector.h"

#ifdef __x86_64__

/* ---- shapes ---- */

/* Characters of one direction: `in` bytes become `out`. The bytes of a character go into a lane, as
 * a number, and those of its cell come out of a lane, from the places in `order`. The first of
 * these has the flag of a common character. A shape is for `window` bytes. */
struct direction {
    unsigned window, in, in_lane, out, out_lane;
    unsigned char order[3], flag;
};

enum { DECODE_WINDOW = 8, ENCODE_WINDOW = 12 };

static const struct direction decoding = {DECODE_WINDOW, 2, 2, 3, 4, {0, 1, 2}, CELL_THREE};
static const struct direction encoding = {ENCODE_WINDOW, 3, 4, 2, 2, {1, 0}, CELL_PAIR >> 8};

/* The moves of bytes for the characters that begin in a window, of which at most four are longer
 * than a byte. 0x80 is a byte of zero. */
struct shape {
    unsigned char lanes[16]; /* from the input to numbers */
    unsigned char ascii[16]; /* from the input to the output */
    unsigned char cells[16]; /* from the cells to the output */
    unsigned char flags[16]; /* the flags that the cells need */
};

enum { ENCODE_SHAPES = 129 };

/* By the first bytes of characters: directly, and by a number. */
static struct shape decode_shapes[1 << DECODE_WINDOW], encode_shapes[ENCODE_SHAPES];
static unsigned char encode_numbers[1 << ENCODE_WINDOW];
static bool has_shapes;

static void make_shape(struct shape *shape, const struct direction *way, unsigned leads)
{
    unsigned from = 0, to = 0;

    memset(shape, 0x80, sizeof *shape);
    memset(shape->flags, 0, sizeof shape->flags);
    for (unsigned lane = 0; from < way->window;) {
        if (!(leads >> from & 1)) {
            shape->ascii[to++] = (unsigned char)from++;
            continue;
        }
        for (unsigned i = 0; i < way->in; i++)
            shape->lanes[lane * way->in_lane + i] = (unsigned char)(from + way->in - 1 - i);
        for (unsigned i = 0; i < way->out; i++)
            shape->cells[to++] = (unsigned char)(lane * way->out_lane + way->order[i]);
        shape->flags[lane * way->out_lane + way->order[0]] = way->flag;
        from += way->in;
        lane++;
    }
}

/* Characters do not overlap. */
static void make_shapes(void)
{
    unsigned char number = 0;

    for (unsigned leads = 0; leads < 1 << DECODE_WINDOW; leads++)
        if (!(leads & leads << 1))
            make_shape(&decode_shapes[leads], &decoding, leads);
    for (unsigned leads = 0; leads < 1 << ENCODE_WINDOW; leads++)
        if (!(leads & (leads << 1 | leads << 2))) {
            make_shape(&encode_shapes[number], &encoding, leads);
            encode_numbers[leads] = number++;
        }
    has_shapes = true;
}

/* ---- blocks ---- */

enum { WORTH = 128 };                    /* bytes that pay for a try that ends */
enum { BLOCK = 64, ROOM = 5 * 13 + 16 }; /* decoding's sixth window is behind five of 13 bytes */

/* Shapes are made for the first text that is long enough. */
static bool can_try(const struct pass *pass)
{
    if (pass->end - pass->from < BLOCK || !vector_is_there())
        return false;
    if (!has_shapes)
        make_shapes();
    return true;
}

/* Blocks were tried at `from`. */
static void note_try(struct pair_try *next, const struct pass *pass, const unsigned char *from)
{
    size_t rest = (size_t)(pass->end - pass->from);

    next->pause = pass->from - from >= WORTH ? 0 : 2 * next->pause + BLOCK;
    next->at = pass->from + (next->pause < rest ? next->pause : rest);
}

/* A block on its way. It counts when it is through and nothing was lacking. */
struct block {
    const unsigned char *from;
    unsigned char *to;
    uint64_t leads;  /* the first bytes of characters, from `from` on */
    __m128i lacking; /* flags */
};

/* Writes a window's ASCII and cells; sixteen bytes, of which the first ones count. */
VECTOR static inline void put_window(struct block *block, const struct shape *shape, __m128i bytes,
                                     __m128i cells)
{
    __m128i ascii = _mm_shuffle_epi8(bytes, vector_load(shape->ascii));
    __m128i others = _mm_shuffle_epi8(cells, vector_load(shape->cells));
    __m128i lacking = _mm_andnot_si128(cells, vector_load(shape->flags));

    vector_store(block->to, _mm_or_si128(ascii, others));
    block->lacking = _mm_or_si128(block->lacking, lacking);
}

VECTOR static inline bool has_lf(const unsigned char *from)
{
    const __m128i lf = _mm_set1_epi8('\n');

    return vector_high_bits(
        _mm_cmpeq_epi8(vector_load(from), lf), _mm_cmpeq_epi8(vector_load(from + 16), lf),
        _mm_cmpeq_epi8(vector_load(from + 32), lf), _mm_cmpeq_epi8(vector_load(from + 48), lf));
}

/* ---- decoding ---- */

VECTOR static inline __m128i decode_four(const uint32_t *cells, uint64_t pairs)
{
    __m128i four = _mm_cvtsi32_si128((int)cells[pairs & 0x7FFF]);

    four = _mm_insert_epi32(four, (int)cells[pairs >> 16 & 0x7FFF], 1);
    four = _mm_insert_epi32(four, (int)cells[pairs >> 32 & 0x7FFF], 2);
    return _mm_insert_epi32(four, (int)cells[pairs >> 48 & 0x7FFF], 3);
}

/* The bytes that begin a pair. A high byte does, if it is not the second of another one. In a run
 * of high bytes these are the first, third and so on; the carry of an addition finds its end. */
VECTOR static inline uint64_t pair_leads(const unsigned char *from)
{
    const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    uint64_t high = vector_high_bits(vector_load(from), vector_load(from + 16),
                                     vector_load(from + 32), vector_load(from + 48));

    return (((high << 1 | odd) - high) ^ odd) & high;
}

VECTOR static inline void decode_window(const uint32_t *cells, struct block *block)
{
    unsigned leads = block->leads & ((1 << DECODE_WINDOW) - 1);
    unsigned spill = leads >> (DECODE_WINDOW - 1), taken = DECODE_WINDOW + spill;
    const struct shape *shape = &decode_shapes[leads];
    __m128i bytes = vector_load(block->from);
    __m128i pairs = _mm_shuffle_epi8(bytes, vector_load(shape->lanes));

    put_window(block, shape, bytes, decode_four(cells, (uint64_t)_mm_cvtsi128_si64(pairs)));
    block->from += taken;
    block->to += taken + (unsigned)__builtin_popcount(leads);
    block->leads >>= taken;
}

VECTOR static inline bool decode_block(const uint32_t *cells, struct pass *pass)
{
    enum { WINDOWS = 6 };
    struct block block = {pass->from, pass->to, pair_leads(pass->from), _mm_setzero_si128()};

    for (unsigned i = 0; i < WINDOWS; i++)
        decode_window(cells, &block);
    if (!_mm_testz_si128(block.lacking, block.lacking))
        return false;
    pass->from = block.from;
    pass->to = block.to;
    return true;
}

/* Sixteen pairs without ASCII. */
VECTOR static inline bool decode_run(const uint32_t *cells, struct pass *pass)
{
    const __m128i swap = _mm_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    const __m128i order = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    __m128i first = _mm_shuffle_epi8(vector_load(pass->from), swap);
    __m128i last = _mm_shuffle_epi8(vector_load(pass->from + 16), swap), a, b, c, d;

    if (!_mm_testc_si128(_mm_and_si128(first, last), _mm_set1_epi16(INT16_MIN)))
        return false;
    a = decode_four(cells, (uint64_t)_mm_cvtsi128_si64(first));
    b = decode_four(cells, (uint64_t)_mm_extract_epi64(first, 1));
    c = decode_four(cells, (uint64_t)_mm_cvtsi128_si64(last));
    d = decode_four(cells, (uint64_t)_mm_extract_epi64(last, 1));
    if (!_mm_testc_si128(_mm_and_si128(_mm_and_si128(a, b), _mm_and_si128(c, d)),
                         _mm_set1_epi32(CELL_THREE)))
        return false;
    vector_store(pass->to, _mm_shuffle_epi8(a, order));
    vector_store(pass->to + 12, _mm_shuffle_epi8(b, order));
    vector_store(pass->to + 24, _mm_shuffle_epi8(c, order));
    vector_store(pass->to + 36, _mm_shuffle_epi8(d, order));
    pass->from += 32;
    pass->to += 48;
    return true;
}

VECTOR static void decode_blocks(const uint32_t *cells, struct pass *at, bool lf)
{
    struct pass pass = *at;

    while (pass.end - pass.from >= BLOCK && pass.full - pass.to >= ROOM)
        if (!decode_run(cells, &pass) && ((lf && has_lf(pass.from)) || !decode_block(cells, &pass)))
            break;
    *at = pass;
}

void pair_blocks_decode(const struct table *table, struct pass *pass, bool lf,
                        struct pair_try *next)
{
    const unsigned char *from = pass->from;

    next->at = pass->end;
    if (!can_try(pass))
        return;
    decode_blocks(table->pairs[0], pass, lf);
    note_try(next, pass, from);
}

/* ---- encoding ---- */

VECTOR static inline __m128i encode_four(const uint16_t *cells, uint64_t scalars)
{
    __m128i four = _mm_cvtsi32_si128(cells[scalars & 0xFFFF]);

    four = _mm_insert_epi16(four, cells[scalars >> 16 & 0xFFFF], 1);
    four = _mm_insert_epi16(four, cells[scalars >> 32 & 0xFFFF], 2);
    return _mm_insert_epi16(four, cells[scalars >> 48 & 0xFFFF], 3);
}

/* Three fields of a lane, the last one of them lowest, make a number of 32 bits. */
VECTOR static inline __m128i scalars_of(__m128i fields)
{
    __m128i low = _mm_maddubs_epi16(fields, _mm_set1_epi32(1 | 1 << 6 << 8 | 1 << 16));

    return _mm_madd_epi16(low, _mm_set1_epi32(1 | 1 << 12 << 16));
}

/* The bytes that begin a character of three bytes. False: a byte is none of one and not ASCII. */
VECTOR static inline bool find_threes(const unsigned char *from, uint64_t *leads)
{
    const __m128i four = _mm_set1_epi8((char)0xF0), lead = _mm_set1_epi8((char)0xE0),
                  behind = _mm_set1_epi8((char)0xC0);
    __m128i a = vector_load(from), b = vector_load(from + 16), c = vector_load(from + 32),
            d = vector_load(from + 48);
    uint64_t high = vector_high_bits(a, b, c, d);
    uint64_t tails = vector_high_bits(_mm_cmplt_epi8(a, behind), _mm_cmplt_epi8(b, behind),
                                      _mm_cmplt_epi8(c, behind), _mm_cmplt_epi8(d, behind));

    *leads = vector_high_bits(
        _mm_cmpeq_epi8(_mm_and_si128(a, four), lead), _mm_cmpeq_epi8(_mm_and_si128(b, four), lead),
        _mm_cmpeq_epi8(_mm_and_si128(c, four), lead), _mm_cmpeq_epi8(_mm_and_si128(d, four), lead));
    return tails == (*leads << 1 | *leads << 2) && high == (*leads | tails);
}

VECTOR static inline void encode_window(const uint16_t *cells, struct block *block)
{
    unsigned leads = block->leads & ((1 << ENCODE_WINDOW) - 1);
    unsigned spill = leads >> (ENCODE_WINDOW - 2), taken = ENCODE_WINDOW + spill;
    const struct shape *shape = &encode_shapes[encode_numbers[leads]];
    __m128i bytes = vector_load(block->from);
    __m128i lanes = _mm_shuffle_epi8(bytes, vector_load(shape->lanes));
    __m128i scalars = scalars_of(_mm_and_si128(lanes, _mm_set1_epi32(0x0F3F3F)));

    scalars = _mm_packus_epi32(scalars, scalars);
    put_window(block, shape, bytes, encode_four(cells, (uint64_t)_mm_cvtsi128_si64(scalars)));
    block->from += taken;
    block->to += taken - (unsigned)__builtin_popcount(leads);
    block->leads >>= taken;
}

VECTOR static inline bool encode_block(const uint16_t *cells, struct pass *pass)
{
    enum { WINDOWS = 4 };
    struct block block = {pass->from, pass->to, 0, _mm_setzero_si128()};

    if (!find_threes(pass->from, &block.leads))
        return false;
    for (unsigned i = 0; i < WINDOWS; i++)
        encode_window(cells, &block);
    if (!_mm_testz_si128(block.lacking, block.lacking))
        return false;
    pass->from = block.from;
    pass->to = block.to;
    return true;
}

/* The fields of four characters of three bytes, one in each lane. A bit of MARKED remains set if a
 * byte has not the form of its place. */
#define MARKS _mm_set1_epi32(0xE08080)
#define MARKED _mm_set1_epi32(0xF0C0C0)

VECTOR static inline __m128i fields_at(const unsigned char *from)
{
    const __m128i order = _mm_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1);

    return _mm_xor_si128(_mm_shuffle_epi8(vector_load(from), order), MARKS);
}

VECTOR static inline __m128i encode_eight(const uint16_t *cells, __m128i first, __m128i last)
{
    __m128i scalars = _mm_packus_epi32(scalars_of(first), scalars_of(last));

    return _mm_unpacklo_epi64(encode_four(cells, (uint64_t)_mm_cvtsi128_si64(scalars)),
                              encode_four(cells, (uint64_t)_mm_extract_epi64(scalars, 1)));
}

/* Sixteen characters of three bytes. */
VECTOR static inline bool encode_run(const uint16_t *cells, struct pass *pass)
{
    const __m128i swap = _mm_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    const unsigned char *from = pass->from;
    __m128i a = fields_at(from), b = fields_at(from + 12), c = fields_at(from + 24),
            d = fields_at(from + 36), first, last;

    if (!_mm_testz_si128(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)), MARKED))
        return false;
    first = encode_eight(cells, a, b);
    last = encode_eight(cells, c, d);
    if (!_mm_testc_si128(_mm_and_si128(first, last), _mm_set1_epi16((short)CELL_PAIR)))
        return false;
    vector_store(pass->to, _mm_shuffle_epi8(first, swap));
    vector_store(pass->to + 16, _mm_shuffle_epi8(last, swap));
    pass->from += 48;
    pass->to += 32;
    return true;
}

VECTOR static void encode_blocks(const uint16_t *cells, struct pass *at, bool lf)
{
    struct pass pass = *at;

    while (pass.end - pass.from >= BLOCK && pass.full - pass.to >= ROOM)
        if (!encode_run(cells, &pass) && ((lf && has_lf(pass.from)) || !encode_block(cells, &pass)))
            break;
    *at = pass;
}

void pair_blocks_encode(const struct inverse *inverse, struct pass *pass, bool lf,
                        struct pair_try *next)
{
    const unsigned char *from = pass->from;

    next->at = pass->end;
    if (!can_try(pass))
        return;
    encode_blocks(inverse->cells, pass, lf);
    note_try(next, pass, from);
}

#else
void pair_blocks_decode(const struct table *table, struct pass *pass, bool lf,
                        struct pair_try *next)
{
    (void)table;
    (void)lf;
    next->at = pass->end;
}

void pair_blocks_encode(const struct inverse *inverse, struct pass *pass, bool lf,
                        struct pair_try *next)
{
    (void)inverse;
    (void)lf;
    next->at = pass->end;
}
#endif
