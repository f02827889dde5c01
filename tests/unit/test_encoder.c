/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <stdio.h>
#include <string.h>

#include "text/encoder.h"
#include "text/utf8.h"
#include "text/vector.h"

/* ---- meaning ---- */

static void ascii_is_ascii_in_every_charset(void **state)
{
    (void)state;
    assert_keeps_ascii(encode_text);
    for (size_t i = 0; i < NAMES; i++)
        for (uint32_t scalar = 0; scalar < 128; scalar++)
            assert_int_equal(encoder_length(find(names[i]), scalar), 1);
}

static void backslash_and_tilde_encode_as_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        assert_encodes(names[i], "C:\\dir\\~user", "C:\\dir\\~user");
    assert_encodes("shift_jis", "C:\\日本\\~", "C:\\\x93\xFA\x96\x7B\\~");
    assert_encodes("shift_jis", "¥‾", "\\~"); /* WHATWG, "shift_jis encoder" */
}

static void known_characters_encode(void **state)
{
    (void)state;
    assert_encodes("gbk", "问题正在处理中...",
                   "\xCE\xCA\xCC\xE2\xD5\xFD\xD4\xDA\xB4\xA6\xC0\xED\xD6\xD0...");
    assert_encodes("big5", "你好", "\xA7\x41\xA6\x6E");
    assert_encodes("shift_jis", "あｱ①㈱", "\x82\xA0\xB1\x87\x40\x87\x8A");
    assert_encodes("euc-jp", "あｱ丂①㈱", "\xA4\xA2\x8E\xB1\x8F\xB0\xA1\xAD\xA1\xAD\xEA");
    assert_encodes("euc-kr", "가갂", "\xB0\xA1\x81\x41");
    assert_encodes("johab", "가", "\x88\x61");
    assert_encodes("windows-1252", "€é", "\x80\xE9");
    assert_encodes("koi8-t", "При", "\xF0\xD2\xC9");
    assert_encodes("utf-8", "你😀", "你😀");
}

static void gbk_euro_sign_is_one_byte(void **state)
{
    (void)state;
    assert_encodes("gbk", "€", "\x80");
    assert_encodes("gbk", "a€€z你€", "a\x80\x80z\xC4\xE3\x80");
    assert_encodes("gb18030", "€", "\xA2\xE3");
}

static void gbk_encodes_two_bytes_at_most(void **state)
{
    (void)state;
    assert_encodes("gbk", "你好😀x", "\xC4\xE3\xBA\xC3?x");
    assert_encodes("gbk", "é一é\u0180", "\xA8\xA6\xD2\xBB\xA8\xA6?");
    for (uint32_t scalar = 0x80; scalar < 0x10000; scalar++)
        assert_true(encoder_length(find("gbk"), scalar) <= 2);
    assert_int_equal(encoder_length(find("gbk"), 0x1F600), 0);
}

static void gb18030_encodes_every_scalar(void **state)
{
    struct charset *gb18030 = find("gb18030");

    (void)state;
    assert_encodes("gb18030", "😀", "\x94\x39\xFC\x36");
    assert_encodes("gb18030", "\uFFFD", "\x84\x31\xA4\x37");
    assert_encodes("gb18030", "a\U000E0041b", "a\xD3\x36\x9C\x33\x62");
    for (uint32_t scalar = 0; scalar < 0x110000; scalar += scalar < 0x10000 ? 1 : 97)
        if ((scalar < 0xD800 || scalar > 0xDFFF) && scalar != 0xE5E5)
            assert_true(encoder_length(gb18030, scalar) > 0);
}

/* glibc leaves them out without an error. */
static void tags_of_plane_14_are_lacking(void **state)
{
    (void)state;
    assert_encodes("koi8-r", "\U000E0041", "?");
    assert_encodes("koi8-t", "\U000E0041", "?");
    assert_encodes("johab", "가\U000E007F.", "\x88\x61?.");
    assert_encodes("windows-1252", "é\U000E007F.", "\xE9?.");
    assert_encodes("gbk", "你\U000E0001好", "\xC4\xE3?\xBA\xC3");
}

static void cantonese_is_written_in_big5(void **state)
{
    static const char letters[] = "㗎哋啱喺嗰嘢咗啲嚟";

    (void)state;
    assert_encodes("big5", letters,
                   "\x9D\xEE\x92\x5D\x95\xDA\x9D\xF6\x9D\xF5\x9D\xCF\x9D\xF7\x9D\xF8\x91\xC1");
}

/* The four pairs that decode to two characters, and Ê before anything else. */
static void big5_writes_two_characters_as_one(void **state)
{
    (void)state;
    assert_encodes("big5", "Ê̄Ê̌ê̄ê̌", "\x88\x62\x88\x64\x88\xA3\x88\xA5");
    assert_encodes("big5", "Ê", "\x88\x66");
    assert_encodes("big5", "ÊzêÊ", "\x88\x66z\x88\xA7\x88\x66");
    assert_encodes("big5", "Ê你Ê\u0304好", "\x88\x66\xA7\x41\x88\x62\xA6\x6E");
    assert_encodes("big5", "Ê\xCC", "\x88\x66?");
    assert_encodes("big5", "\u0304", "?");
}

static void letter_that_is_lacking_is_decomposed(void **state)
{
    (void)state;
    assert_encodes("windows-1258", "ế", "\xEA\xEC");
    assert_encodes("windows-1258", "Tiếng Việt", "Ti\xEA\xECng Vi\xEA\xF2t");
    assert_encodes("windows-1258", "ự", "\xFD\xF2");
    assert_encodes("windows-1255", "\uFB2A", "\xF9\xD1");
    assert_encodes("windows-1252", "ế", "?");
}

/* ---- round trips ---- */

/* The text comes back, and each of its characters has `length` bytes. */
static void assert_comes_back(const char *name, uint32_t first, uint32_t last, size_t length)
{
    struct buf text, wire, back;

    buf_init(&text, ROOM);
    buf_init(&wire, ROOM);
    buf_init(&back, ROOM);
    for (uint32_t scalar = first; scalar <= last; scalar++) {
        unsigned char one[UTF8_MAX];

        assert_int_equal(buf_append(&text, one, utf8_put(scalar, one)), 0);
    }
    assert_int_equal(encode_text(find(name), buf_bytes(&text), buf_length(&text), &wire), 0);
    assert_int_equal(buf_length(&wire), length * (last - first + 1));
    assert_int_equal(decode_text(find(name), buf_bytes(&wire), buf_length(&wire), &back), 0);
    if (!is_same_text(&text, &back))
        fail_msg("%s: U+%04X to U+%04X do not come back", name, first, last);
    buf_fini(&text);
    buf_fini(&wire);
    buf_fini(&back);
}

static void circled_numbers_and_kabu_come_back(void **state)
{
    static const char *const japanese[] = {"shift_jis", "euc-jp"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_comes_back(japanese[i], 0x2460, 0x2473, 2); /* ① to ⑳ */
        assert_comes_back(japanese[i], 0x3231, 0x3232, 2); /* ㈱ and ㈲ */
        assert_comes_back(japanese[i], 0x2160, 0x2169, 2); /* Ⅰ to Ⅹ */
        assert_comes_back(japanese[i], 0x3041, 0x3093, 2); /* Hiragana */
    }
}

static void every_korean_syllable_comes_back(void **state)
{
    (void)state;
    assert_comes_back("euc-kr", 0xAC00, 0xD7A3, 2);
    assert_comes_back("cp949", 0xAC00, 0xD7A3, 2);
    assert_comes_back("johab", 0xAC00, 0xD7A3, 2);
}

static void every_hanzi_comes_back_from_gbk(void **state)
{
    (void)state;
    assert_comes_back("gbk", 0x4E00, 0x9FA5, 2);
    assert_comes_back("gb18030", 0x4E00, 0x9FA5, 2);
}

/* Each pair of GBK makes the round trip, but for a second form of the blank and the euro sign. */
static void gbk_pairs_round_trip(void **state)
{
    struct charset *gbk = find("gbk");
    struct buf text, back;

    (void)state;
    buf_init(&text, ROOM);
    buf_init(&back, ROOM);
    for (unsigned lead = 0x81; lead < 0xFF; lead++)
        for (unsigned trail = 0x40; trail < 0xFF; trail++) {
            unsigned char bytes[2] = {(unsigned char)lead, (unsigned char)trail};
            unsigned pair = lead << 8 | trail;

            buf_truncate(&text, 0);
            buf_truncate(&back, 0);
            if (pair == 0xA2E3 || pair == 0xA3A0 || decode_text(gbk, bytes, 2, &text))
                continue;
            encode_text(gbk, buf_bytes(&text), buf_length(&text), &back);
            if (buf_length(&back) != 2 || memcmp(buf_bytes(&back), bytes, 2))
                fail_msg("%04X does not come back", pair);
        }
    buf_fini(&text);
    buf_fini(&back);
}

/* ---- faults ---- */

static void assert_lacks(const char *name, const char *text, size_t at, uint32_t scalar)
{
    unsigned char to[64];
    struct pass pass = pass_of(text, strlen(text), to, sizeof to);

    assert_int_equal(encoder_pass(find(name), &pass), PASS_LACKS);
    assert_ptr_equal(pass.from, (const unsigned char *)text + at);
    assert_int_equal(pass.scalar, scalar);
    assert_int_equal(pass.length, utf8_next(pass.from, strlen(text) - at).length);
    assert_int_equal(encoder_length(find(name), scalar), 0);
}

static void pass_stops_at_a_lacking_character(void **state)
{
    (void)state;
    assert_lacks("koi8-r", "При你", 6, 0x4F60);
    assert_lacks("windows-1252", "é你é", 2, 0x4F60);
    assert_lacks("big5", "你好 😀", 7, 0x1F600);
    assert_lacks("euc-kr", "가😀", 3, 0x1F600);
    assert_lacks("gbk", "你好😀x", 6, 0x1F600);
    assert_lacks("johab", "가ế", 3, 0x1EBF);
    assert_lacks("shift_jis", "あ한", 3, 0xD55C);
}

static void pass_stops_at_bad_utf8(void **state)
{
    static const unsigned char text[] = "ab\xE4\xBDz";
    unsigned char to[32];
    struct pass pass = pass_of(text, 5, to, sizeof to);

    (void)state;
    assert_int_equal(encoder_pass(find("gbk"), &pass), PASS_BAD);
    assert_ptr_equal(pass.from, text + 2);
    assert_int_equal(pass.length, 2);
    assert_ptr_equal(pass.to, to + 2);
    pass = pass_of(text, 4, to, sizeof to);
    assert_int_equal(encoder_pass(find("gbk"), &pass), PASS_CUT);
    assert_int_equal(pass.length, 2);
    pass.last = true;
    assert_int_equal(encoder_pass(find("gbk"), &pass), PASS_BAD);
    assert_int_equal(pass.length, 2);
}

static void pass_stops_at_lf_where_that_is_asked_for(void **state)
{
    static const char text[] = "你 and so on, for more than thirty-two bytes\n";
    unsigned char to[128];
    struct pass pass = pass_of(text, sizeof text - 1, to, sizeof to);

    (void)state;
    pass.stops_at_lf = true;
    assert_int_equal(encoder_pass(find("big5"), &pass), PASS_LF);
    assert_int_equal(pass.end - pass.from, 1);
    assert_int_equal(pass.length, 1);
    pass = pass_of(text, sizeof text - 1, to, sizeof to);
    assert_int_equal(encoder_pass(find("big5"), &pass), PASS_DONE);
}

/* Runs of hanzi are taken four at a time, by the form of their bytes. */
static void odd_threes_are_bad_at_each_place_of_a_run(void **state)
{
    static const char *const odd[] = {"\xE0\x9F\xBF", "\xED\xA0\x80", "\xE4\xBD\x41",
                                      "\xE4\x41\x80", "\xE0\x80\x80"};
    static const char *const charset[] = {"gbk", "gb18030", "big5", "shift_jis", "euc-jp"};
    char text[8 * 3 + 1], wire[64];

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (size_t at = 0; at < 8; at++)
            for (size_t c = 0; c < sizeof charset / sizeof *charset; c++) {
                struct buf out;
                size_t n = 0, length = 0;

                for (size_t k = 0; k < 8; k++)
                    n += (size_t)sprintf(text + n, "%s", k == at ? odd[i] : "中");
                buf_init(&out, ROOM);
                assert_true(encode_text(find(charset[c]), text, n, &out) > 0);
                for (size_t k = 0; k < buf_length(&out); k++)
                    if (buf_bytes(&out)[k] >= 0x80)
                        wire[length++] = (char)buf_bytes(&out)[k];
                assert_int_equal(length, 14); /* seven are written */
                for (size_t k = 2; k < length; k += 2)
                    assert_memory_equal(wire + k, wire, 2);
                buf_fini(&out);
            }
}

/* Ê and the first byte of what may be its mark wait; other characters do not. */
static void first_of_two_characters_waits_for_the_second(void **state)
{
    static const char text[] = "aÊ\u0304";
    unsigned char to[32];

    (void)state;
    for (size_t n = 3; n < 5; n++) {
        struct pass pass = pass_of(text, n, to, sizeof to);

        assert_int_equal(encoder_pass(find("big5"), &pass), PASS_CUT);
        assert_ptr_equal(pass.from, (const unsigned char *)text + 1);
        assert_int_equal(pass.length, n - 1);
        pass = pass_of(text, n, to, sizeof to);
        assert_int_equal(encoder_pass(find("windows-1252"), &pass), n == 3 ? PASS_DONE : PASS_CUT);
        assert_ptr_equal(pass.from, (const unsigned char *)text + 3);
    }
}

/* ---- runs ---- */

/* Encodes one character at a time, by the inverse alone. */
static size_t encode_singly(struct charset *charset, const void *text, size_t n, struct buf *out)
{
    const unsigned char *at = text;
    size_t faults = 0;

    while (n) {
        struct utf8_char next = utf8_next(at, n), second = {.status = UTF8_BAD};
        unsigned char bytes[INVERSE_BYTES] = {(unsigned char)next.scalar};
        size_t taken = next.length, length = 0;

        if (taken < n)
            second = utf8_next(at + taken, n - taken);
        if (next.status == UTF8_GOOD && second.status == UTF8_GOOD &&
            (length = inverse_put_both(charset->inverse, next.scalar, second.scalar, bytes)))
            taken += second.length;
        else if (next.status == UTF8_GOOD)
            length = next.scalar < 0x80 ? 1 : inverse_put(charset->inverse, next.scalar, bytes);
        faults += !length;
        assert_int_equal(buf_append(out, length ? bytes : (const void *)"?", length ? length : 1),
                         0);
        at += taken;
        n -= taken;
    }
    return faults;
}

/* A text that the charset has in part, with bytes that are no UTF-8. */
static size_t random_utf8(struct dice *dice, unsigned char *text, size_t most)
{
    static const char *const some[] = {"你", "好", "中", "あ", "カ",     "가",
                                       "각", "Ж",  "é",  "Ê",  "ê",      "ế",
                                       "ש",  "€",  "😀",  "①",  "\u0304", "\u030C"};
    size_t n = random_text(dice, text, most);

    for (size_t i = dice_roll(dice, 8); i; i--) {
        const char *one = some[dice_roll(dice, sizeof some / sizeof *some)];
        size_t at = dice_roll(dice, (uint32_t)n), length = strlen(one);

        memcpy(text + at, one, length < n - at ? length : n - at);
    }
    return n;
}

static void runs_give_what_single_characters_give(void **state)
{
    struct dice dice = {21};
    struct buf whole;

    (void)state;
    buf_init(&whole, ROOM);
    for (int i = 0; i < 14000; i++) {
        struct charset *charset = find(names[1 + (size_t)i % (NAMES - 1)]); /* not UTF-8 */
        unsigned char text[96];
        size_t n = random_utf8(&dice, text, sizeof text);

        assert_same(encode_text, encode_singly, charset, text, n, &whole);
    }
    buf_fini(&whole);
}

static void full_pass_goes_on_later(void **state)
{
    struct dice dice = {22};

    (void)state;
    for (int i = 0; i < 7000; i++) {
        unsigned char text[64];
        size_t n = random_utf8(&dice, text, sizeof text);

        assert_goes_on(encoder_pass, find(names[(size_t)i % NAMES]), "?", INVERSE_BYTES, text, n,
                       &dice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_is_ascii_in_every_charset),
        cmocka_unit_test(backslash_and_tilde_encode_as_themselves),
        cmocka_unit_test(known_characters_encode),
        cmocka_unit_test(gbk_euro_sign_is_one_byte),
        cmocka_unit_test(gbk_encodes_two_bytes_at_most),
        cmocka_unit_test(gb18030_encodes_every_scalar),
        cmocka_unit_test(tags_of_plane_14_are_lacking),
        cmocka_unit_test(cantonese_is_written_in_big5),
        cmocka_unit_test(big5_writes_two_characters_as_one),
        cmocka_unit_test(letter_that_is_lacking_is_decomposed),
        cmocka_unit_test(circled_numbers_and_kabu_come_back),
        cmocka_unit_test(every_korean_syllable_comes_back),
        cmocka_unit_test(every_hanzi_comes_back_from_gbk),
        cmocka_unit_test(gbk_pairs_round_trip),
        cmocka_unit_test(pass_stops_at_a_lacking_character),
        cmocka_unit_test(pass_stops_at_bad_utf8),
        cmocka_unit_test(pass_stops_at_lf_where_that_is_asked_for),
        cmocka_unit_test(odd_threes_are_bad_at_each_place_of_a_run),
        cmocka_unit_test(first_of_two_characters_waits_for_the_second),
        cmocka_unit_test(runs_give_what_single_characters_give),
        cmocka_unit_test(full_pass_goes_on_later),
    };

    int failed = cmocka_run_group_tests_name("vectors", tests, NULL, close_charsets);

    vector_forbid(true);
    return failed + cmocka_run_group_tests_name("portable", tests, NULL, close_charsets);
}
