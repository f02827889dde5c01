/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <stdio.h>

#include "text/pair_blocks.h"
#include "text/vector.h"

enum { LONGEST = 512 };

/* Charsets of pairs, and characters that are pairs there and three bytes in UTF-8. */
static const struct {
    const char *charset;
    const char *common[8];
} scripts[] = {
    {"gbk", {"你", "好", "丂", "镕", "，", "々", "鼺", "あ"}}, /* 8140: the second byte is '@' */
    {"gb18030", {"中", "文", "丂", "镕", "，", "々", "鼺", "ア"}},
    {"big5", {"一", "乙", "功", "淚", "，", "裏", "乂", "の"}}, /* A440, A55C */
    {"shift_jis", {"日", "本", "表", "ソ", "、", "熙", "あ", "亜"}},
    {"euc-jp", {"日", "本", "表", "ソ", "、", "熙", "あ", "亜"}},
    {"euc-kr", {"가", "각", "갂", "힝", "똠", "、", "漢", "힣"}},
    {"johab", {"가", "각", "힝", "똠", "한", "글", "漢", "힣"}},
};

enum { SCRIPTS = sizeof scripts / sizeof *scripts, COMMON = 8, PLACES = 50 };

/* Characters that are no pairs, or not in each charset, and bytes that are none. */
static const char *const others[] = {"é",
                                     "·",
                                     "Ж",
                                     "😀",
                                     "€",
                                     "\uFF71",
                                     "\n",
                                     "ế",
                                     "\x80",
                                     "\xFF",
                                     "\xC3",
                                     "\xE4\xBD",
                                     "\xE4\x3D\xA0",
                                     "\xE4\xFD\xA0",
                                     "\xE4\xBD\x20",
                                     "\xE4\xBD\xE0",
                                     "\xED\xA0\x80",
                                     "\xE0\x80\xB0",
                                     "\xF4\xBD\xA0",
                                     "\xC4\xBD\xA0",
                                     "\xA4\xBD\xA0"};

enum { OTHERS = sizeof others / sizeof *others };

struct text {
    unsigned char bytes[LONGEST];
    size_t n;
};

static void add(struct text *text, const char *bytes)
{
    size_t n = strlen(bytes);

    assert_true(text->n + n <= LONGEST);
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
}

static void add_ascii(struct text *text, unsigned number)
{
    add(text, (char[]){(char)(' ' + number % 95), '\0'});
}

/* The text in a charset, with the bytes that are no characters as they are. */
static struct text encoded(struct charset *charset, const struct text *utf8)
{
    struct text text = {.n = 0};
    struct buf out;

    buf_init(&out, ROOM);
    encode_text(charset, utf8->bytes, utf8->n, &out);
    text.n = buf_length(&out) < LONGEST ? buf_length(&out) : LONGEST;
    memcpy(text.bytes, buf_bytes(&out), text.n);
    buf_fini(&out);
    return text;
}

/* ---- comparing ---- */

struct outcome {
    enum pass_stop stop;
    struct pass pass;
    unsigned char *in, *out;
};

/* Both memories end with what the pass may touch, so that a sanitizer sees more. */
static struct outcome run(way *go, struct charset *charset, const unsigned char *bytes, size_t n,
                          size_t room, bool lf)
{
    struct outcome outcome = {.in = malloc(n + !n), .out = calloc(1, room + !room)};
    struct pass *pass = &outcome.pass;

    assert_true(outcome.in && outcome.out);
    memcpy(outcome.in, bytes, n);
    *pass = (struct pass){.from = outcome.in, .end = outcome.in + n, .stops_at_lf = lf};
    pass->to = outcome.out;
    pass->full = outcome.out + room;
    outcome.stop = go(charset, pass);
    return outcome;
}

static void assert_agrees(way *go, struct charset *charset, const unsigned char *bytes, size_t n,
                          size_t room, bool lf)
{
    struct outcome vector = run(go, charset, bytes, n, room, lf), portable;
    size_t taken = (size_t)(vector.pass.from - vector.in),
           given = (size_t)(vector.pass.to - vector.out);

    vector_forbid(true);
    portable = run(go, charset, bytes, n, room, lf);
    vector_forbid(false);
    assert_int_equal(vector.stop, portable.stop);
    assert_int_equal(taken, portable.pass.from - portable.in);
    assert_int_equal(given, portable.pass.to - portable.out);
    assert_memory_equal(vector.out, portable.out, given);
    if (vector.stop != PASS_DONE && vector.stop != PASS_FULL)
        assert_int_equal(vector.pass.length, portable.pass.length);
    if (vector.stop == PASS_LACKS)
        assert_int_equal(vector.pass.scalar, portable.pass.scalar);
    free(vector.in);
    free(vector.out);
    free(portable.in);
    free(portable.out);
}

/* Encodes, and decodes what the text is in the charset. */
static void assert_both_agree(size_t script, const struct text *utf8, bool lf)
{
    struct charset *charset = find(scripts[script].charset);
    struct text wire = encoded(charset, utf8);

    assert_agrees(encoder_pass, charset, utf8->bytes, utf8->n, 4 * LONGEST, lf);
    assert_agrees(decoder_pass, charset, wire.bytes, wire.n, 4 * LONGEST, lf);
}

/* ---- blocks ---- */

/* A text of each script, long enough for some blocks: three characters, a blank, two letters. */
static struct text common_text(size_t script)
{
    struct text text = {.n = 0};

    for (unsigned i = 0; text.n + 3 <= LONGEST; i++)
        if (i % 6 < 3)
            add(&text, scripts[script].common[i * 5 % COMMON]);
        else
            add_ascii(&text, i);
    return text;
}

/* Converts a text for the sake of the cells. */
static void fill_cells(struct charset *charset, const struct text *utf8, const struct text *wire)
{
    struct buf out;

    buf_init(&out, 2 * ROOM);
    assert_int_equal(encode_text(charset, utf8->bytes, utf8->n, &out), 0);
    decode_text(charset, wire->bytes, wire->n, &out);
    buf_fini(&out);
}

static void take_all(const char *name, const struct text *utf8, size_t least)
{
    struct charset *charset = find(name);
    struct text wire = encoded(charset, utf8);
    unsigned char to[4 * LONGEST];
    struct pass encoded_pass = {.from = utf8->bytes, .end = utf8->bytes + utf8->n},
                decoded_pass = {.from = wire.bytes, .end = wire.bytes + wire.n};
    struct pair_try next = {.pause = 0};

    charset->table->spared = charset->inverse->spared = TABLE_SPARED;
    fill_cells(charset, utf8, &wire);
    encoded_pass.to = decoded_pass.to = to;
    encoded_pass.full = decoded_pass.full = to + sizeof to;
    pair_blocks_encode(charset->inverse, &encoded_pass, true, &next);
    assert_true((size_t)(encoded_pass.from - utf8->bytes) >= least);
    pair_blocks_decode(charset->table, &decoded_pass, true, &next);
    assert_true((size_t)(decoded_pass.from - wire.bytes) >= least);
    if (!least)
        assert_true(encoded_pass.to == to && encoded_pass.from == utf8->bytes);
}

static void common_text_goes_in_blocks_where_vectors_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        struct text text = common_text(i), pure = {.n = 0};

        while (pure.n + 3 <= LONGEST)
            add(&pure, scripts[i].common[pure.n % COMMON]);
        take_all(scripts[i].charset, &text, vector_is_there() ? 200 : 0);
        take_all(scripts[i].charset, &pure, vector_is_there() ? 200 : 0);
        vector_forbid(true);
        take_all(scripts[i].charset, &text, 0);
        vector_forbid(false);
    }
}

/* Each order of thirteen: a window has at most twelve characters. */
static void each_mix_of_ascii_and_pairs_agrees(void **state)
{
    enum { MIX = 13 };

    (void)state;
    for (unsigned mix = 0; mix < 1 << MIX; mix++) {
        struct text text = {.n = 0};
        size_t script = mix % SCRIPTS;

        for (unsigned i = 0; i < 5 * MIX; i++)
            if (mix >> i % MIX & 1)
                add(&text, scripts[script].common[(i + mix) % COMMON]);
            else
                add_ascii(&text, i * mix);
        assert_both_agree(script, &text, false);
    }
}

static void each_length_and_room_agrees(void **state)
{
    enum { EDGE = 48 };

    (void)state;
    for (size_t script = 0; script < SCRIPTS; script++) {
        struct charset *charset = find(scripts[script].charset);
        struct text text = common_text(script), wire = encoded(charset, &text);

        for (size_t n = 0; n <= 256; n++) {
            assert_agrees(encoder_pass, charset, text.bytes, n, 2 * LONGEST, false);
            assert_agrees(decoder_pass, charset, wire.bytes, n, 2 * LONGEST, false);
            assert_agrees(encoder_pass, charset, text.bytes, LONGEST, n, false);
            assert_agrees(decoder_pass, charset, wire.bytes, wire.n, n, false);
        }
        for (size_t n = 0; n < EDGE; n++)
            assert_agrees(decoder_pass, charset, wire.bytes + n, 64 + EDGE, 2 * LONGEST, false);
    }
}

/* Among pairs alone, or with ASCII. */
static struct text with_other(size_t script, size_t other, unsigned place, bool mixed)
{
    struct text text = {.n = 0};

    for (unsigned i = 0; i < PLACES; i++)
        if (i == place)
            add(&text, others[other]);
        else if (mixed && i % 5 == 0)
            add_ascii(&text, i);
        else
            add(&text, scripts[script].common[(i + place) % COMMON]);
    return text;
}

static void other_character_at_each_place_agrees(void **state)
{
    (void)state;
    for (size_t script = 0; script < SCRIPTS; script++)
        for (size_t other = 0; other < OTHERS; other++)
            for (unsigned place = 0; place < PLACES; place++) {
                struct text pure = with_other(script, other, place, false);
                struct text mixed = with_other(script, other, place, true);

                assert_both_agree(script, &pure, place % 2);
                assert_both_agree(script, &mixed, place % 2);
            }
}

/* ---- chance ---- */

/* Words, and now and then an other character or a changed byte. */
static struct text random_words(struct dice *dice, size_t script)
{
    struct text text = {.n = 0};
    unsigned rarity = 1 + dice_roll(dice, 90), longest = 1 + dice_roll(dice, 30);

    while (text.n + 5 * longest < LONGEST) {
        bool ascii = dice_roll(dice, 2);

        for (unsigned i = dice_roll(dice, longest); i; i--)
            if (!dice_roll(dice, rarity))
                add(&text, others[dice_roll(dice, OTHERS)]);
            else if (ascii)
                add_ascii(&text, dice_roll(dice, 95));
            else
                add(&text, scripts[script].common[dice_roll(dice, COMMON)]);
        if (!dice_roll(dice, 8))
            add(&text, " ");
    }
    return text;
}

static void random_cuts_of_random_text_agree(void **state)
{
    struct dice dice = {5};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t script = (size_t)i % SCRIPTS, at, n;
        struct charset *charset = find(scripts[script].charset);
        struct text text = random_words(&dice, script);
        way *go = i % 2 ? encoder_pass : decoder_pass;

        if (go == decoder_pass)
            text = encoded(charset, &text);
        if (!dice_roll(&dice, 4))
            text.bytes[dice_roll(&dice, (uint32_t)text.n)] ^=
                (unsigned char)(1 << dice_roll(&dice, 8));
        at = dice_roll(&dice, (uint32_t)text.n);
        n = dice_roll(&dice, (uint32_t)(text.n - at + 1));
        assert_agrees(go, charset, text.bytes + at, n, dice_roll(&dice, 3 * LONGEST),
                      dice_roll(&dice, 2));
    }
}

/* ---- tries ---- */

static void try_in_vain_doubles_the_distance_to_the_next(void **state)
{
    struct charset *charset = find("gbk");
    unsigned char text[LONGEST], to[4 * LONGEST];
    struct pass pass = {.from = text, .end = text + sizeof text, .to = to};
    struct pair_try next = {.at = text};

    (void)state;
    memset(text, 0x80, sizeof text);
    pass.full = to + sizeof to;
    pair_blocks_decode(charset->table, &pass, false, &next);
    assert_ptr_equal(pass.from, text);
    assert_int_equal(next.at - text, vector_is_there() ? 64 : LONGEST);
    pair_blocks_decode(charset->table, &pass, false, &next);
    assert_int_equal(next.at - text, vector_is_there() ? 192 : LONGEST);
    pair_blocks_decode(charset->table, &pass, false, &next);
    pair_blocks_decode(charset->table, &pass, false, &next);
    assert_ptr_equal(next.at, pass.end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_text_goes_in_blocks_where_vectors_are_there),
        cmocka_unit_test(each_mix_of_ascii_and_pairs_agrees),
        cmocka_unit_test(each_length_and_room_agrees),
        cmocka_unit_test(other_character_at_each_place_agrees),
        cmocka_unit_test(random_cuts_of_random_text_agree),
        cmocka_unit_test(try_in_vain_doubles_the_distance_to_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
