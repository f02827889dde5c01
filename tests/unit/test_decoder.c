/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"
#include "valid.h"

#include <string.h>

#include "text/decoder.h"
#include "text/utf8.h"
#include "text/vector.h"

/* ---- meaning ---- */

static void ascii_is_ascii_in_every_charset(void **state)
{
    (void)state;
    assert_keeps_ascii(decode_text);
}

/* glibc has a yen sign and an overline in Shift_JIS, a won sign in JOHAB. */
static void backslash_and_tilde_decode_as_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        assert_decodes(names[i], "C:\\dir\\~user", "C:\\dir\\~user");
    assert_decodes("shift_jis", "C:\\\x93\xFA\x96\x7B\\~", "C:\\日本\\~");
}

static void known_characters_decode(void **state)
{
    (void)state;
    assert_decodes("gbk", "\xC4\xE3\xBA\xC3", "你好");
    assert_decodes("gb18030", "\xC4\xE3\xBA\xC3", "你好");
    assert_decodes("big5", "\xA7\x41\xA6\x6E", "你好");
    assert_decodes("shift_jis", "\x82\xA0\xB1", "あｱ");
    assert_decodes("shift_jis", "\x87\x40\x87\x8A", "①㈱");
    assert_decodes("euc-jp", "\xA4\xA2\x8E\xB1\x8F\xB0\xA1", "あｱ丂");
    assert_decodes("euc-jp", "\xAD\xA1\xAD\xEA", "①㈱");
    assert_decodes("euc-kr", "\xB0\xA1\x81\x41", "가갂");
    assert_decodes("cp949", "\xB0\xA1\x81\x41", "가갂");
    assert_decodes("johab", "\x88\x61", "가");
    assert_decodes("koi8-r", "\xF0\xD2\xC9", "При");
    assert_decodes("windows-1252", "\x80\xE9", "€é");
}

/* WHATWG Encoding, "gbk": the decoder is GB18030's and 0x80 is the euro sign. */
static void gbk_euro_sign_is_one_byte(void **state)
{
    (void)state;
    assert_decodes("gbk", "\x80", "€");
    assert_decodes("gbk", "a\x80\x80z\xC4\xE3\x80", "a€€z你€");
    assert_decodes("gbk", "\xA2\xE3", "€");
    assert_decodes("gb18030", "\x80\xA2\xE3", "€€");
}

static void four_bytes_decode_in_gbk_and_gb18030(void **state)
{
    (void)state;
    assert_decodes("gbk", "\x94\x39\xFC\x36", "😀");
    assert_decodes("gb18030", "\x94\x39\xFC\x36", "😀");
    assert_decodes("gb18030", "\x81\x30\x83\x37", "\xC2\x9B");
    assert_decodes("gb18030", "\x81\x36\xA7\x31", "\u202E");
}

/* The Hong Kong letters come from Big5-HKSCS, and four pairs are two characters each. */
static void big5_has_hkscs(void **state)
{
    (void)state;
    assert_decodes("big5",
                   "\x9D\xEE\x92\x5D\x95\xDA\x9D\xF6\x9D\xF5\x9D\xCF\x9D\xF7\x9D\xF8\x91\xC1",
                   "㗎哋啱喺嗰嘢咗啲嚟");
    assert_decodes("big5", "\x88\x62\x88\x64\x88\xA3\x88\xA5\x88\x66", "Ê̄Ê̌ê̄ê̌Ê");
}

/* iconv holds these letters back, because an accent may follow. */
static void letter_does_not_wait_for_an_accent(void **state)
{
    (void)state;
    assert_decodes("windows-1258", "a\xEC", "a\u0301");
    assert_decodes("windows-1255", "\xF9\xD1", "\u05E9\u05C1");
    for (unsigned byte = 0; byte < 0x100; byte++) {
        unsigned char one = (unsigned char)byte;

        assert_int_equal(decoder_unfinished(find("windows-1258"), &one, 1), 0);
        assert_int_equal(decoder_unfinished(find("windows-1255"), &one, 1), 0);
    }
}

/* ---- bad text ---- */

static void utf8_refuses_forms_that_glibc_accepts(void **state)
{
    (void)state;
    assert_decodes("utf-8", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD");
    assert_decodes("utf-8", "\xF8\x88\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
    assert_decodes("utf-8", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD");
    assert_decodes("utf-8",
                   "\xEF\xBB\xBF"
                   "x",
                   "\uFEFF"
                   "x");
}

/* Runs of hanzi are copied four at a time. */
static void odd_threes_are_bad_at_each_place_of_a_run(void **state)
{
    static const char *const odd[] = {"\xE0\x9F\xBF", "\xED\xA0\x80", "\xE4\xBD\x41",
                                      "\xE4\x41\x80"};
    unsigned char text[8 * 3];

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (size_t at = 0; at < 8; at++) {
            struct buf out;

            for (size_t k = 0; k < 8; k++)
                memcpy(text + 3 * k, k == at ? odd[i] : "中", 3);
            buf_init(&out, ROOM);
            assert_true(decode_text(find("utf-8"), text, sizeof text, &out) > 0);
            assert_memory_equal(buf_bytes(&out), text, 3 * at);
            assert_memory_equal(buf_bytes(&out) + 3 * at, "\uFFFD", 3);
            assert_memory_equal(buf_bytes(&out) + buf_length(&out) - 3 * (7 - at),
                                text + 3 * (at + 1), 3 * (7 - at));
            buf_fini(&out);
        }
}

static void lone_80_is_bad_where_the_standard_has_no_character(void **state)
{
    (void)state;
    assert_decodes("big5", "a\x80z\x80\x80\xA7\x41", "a\uFFFDz\uFFFD\uFFFD你");
    assert_decodes("euc-kr", "a\x80z\x80\x80\xB0\xA1", "a\uFFFDz\uFFFD\uFFFD가");
    assert_decodes("euc-jp", "a\x80z\x80\x80\xA4\xA2", "a\uFFFDz\uFFFD\uFFFDあ");
    assert_decodes("johab", "a\x80z\x80\x80\x88\x61", "a\uFFFDz\uFFFD\uFFFD가");
    assert_decodes("shift_jis", "\x80", "\xC2\x80");
}

static void lacking_letter_leaves_the_letters_behind_it(void **state)
{
    static const char *const korean[] = {"euc-kr", "cp949", "uhc"};

    (void)state;
    for (size_t i = 0; i < sizeof korean / sizeof *korean; i++) {
        assert_decodes(korean[i], "\xC9\xA1\xB3\xAA\xB6\xF3\xB8\xBB\xBE\xB8", "\uFFFD나라말씀");
        assert_decodes(korean[i], "\xB3\xAA\xC9\xA1\xB6\xF3\xFE\xFE\xB8\xBB", "나\uFFFD라\uFFFD말");
        assert_decodes(korean[i], "\xA2\xE8", "\uFFFD");
        assert_decodes(korean[i], "\xA2\xE8\n", "\uFFFD\n");
        assert_decodes(korean[i],
                       "\xA2\xE8"
                       "A",
                       "\uFFFD"
                       "A");
    }
    assert_decodes("big5", "\x81\xA1\xA7\x41\xA6\x6E", "\uFFFD你好");
    assert_decodes("johab", "\xD4\xA1\x88\x61\xDF\xFE\x88\x61", "\uFFFD가\uFFFD가");
    assert_decodes("shift_jis", "\xEB\xA1\x82\xA0\xFC\xFC\xB1", "\uFFFDあ\uFFFDｱ");
}

/* First bytes whose pairs the charset has in part or not at all, and a text behind them. */
struct poor {
    const char *name;
    unsigned char first, last;
    const char *bytes, *text;
};

static const struct poor poor[] = {
    {"big5", 0x81, 0xA0, "\xA7\x41\xA6\x6E", "你好"},
    {"big5", 0xFA, 0xFE, "\xA7\x41\xA6\x6E", "你好"},
    {"euc-kr", 0x81, 0xA0, "\xB3\xAA\xB6\xF3", "나라"},
    {"euc-kr", 0xC9, 0xC9, "\xB3\xAA\xB6\xF3", "나라"},
    {"euc-kr", 0xFE, 0xFE, "\xB3\xAA\xB6\xF3", "나라"},
    {"shift_jis", 0xEB, 0xFC, "\x82\xA0\x82\xA2", "あい"},
    {"johab", 0xD4, 0xD8, "\x88\x61\x88\x61", "가가"},
    {"johab", 0xDF, 0xDF, "\x88\x61\x88\x61", "가가"},
    {"johab", 0xFA, 0xFD, "\x88\x61\x88\x61", "가가"},
};

/* Whether this pair is bad. One fault is one U+FFFD and keeps an ASCII byte; the rest is right. */
static bool check_pair(struct charset *charset, const struct poor *row, unsigned lead,
                       unsigned trail, struct buf *out)
{
    size_t n = strlen(row->bytes), length = strlen(row->text), bad, front;
    unsigned char bytes[8] = {(unsigned char)lead, (unsigned char)trail};
    const unsigned char *text;

    memcpy(bytes + 2, row->bytes, n);
    buf_truncate(out, 0);
    bad = decode_text(charset, bytes, n + 2, out);
    text = buf_bytes(out);
    front = buf_length(out) - length;
    if (bad > 1 || buf_length(out) < length || memcmp(text + front, row->text, length))
        fail_msg("%s: %02X %02X spoils the text behind it", row->name, lead, trail);
    if (bad && (memcmp(text, "\uFFFD", 3) || front != (trail < 0x80 ? 4u : 3u) ||
                (trail < 0x80 && text[3] != trail)))
        fail_msg("%s: %02X %02X is more than one fault", row->name, lead, trail);
    return bad;
}

static void pair_that_is_lacking_leaves_the_text_behind_it(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, ROOM);
    for (size_t i = 0; i < sizeof poor / sizeof *poor; i++) {
        struct charset *charset = find(poor[i].name);
        size_t faults = 0;

        for (unsigned lead = poor[i].first; lead <= poor[i].last; lead++)
            for (unsigned trail = 0x40; trail < 0x100; trail++)
                faults += check_pair(charset, poor + i, lead, trail, &out);
        assert_true(faults > 0);
    }
    buf_fini(&out);
}

static bool ends_with(const struct buf *buf, unsigned char byte)
{
    return buf_length(buf) && buf_bytes(buf)[buf_length(buf) - 1] == byte;
}

/* An ASCII byte of two bytes that are no character comes out as itself. */
static void bad_lead_before_ascii_consumes_only_itself(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, ROOM);
    for (size_t i = 0; i < NAMES; i++) {
        struct charset *charset = find(names[i]);

        for (unsigned lead = 0x80; lead < 0x100; lead++)
            for (unsigned ascii = 0; ascii < 0x80; ascii++) {
                unsigned char bytes[3] = {(unsigned char)lead, (unsigned char)ascii, 'A'};

                buf_truncate(&out, 0);
                if (decode_text(charset, bytes, 3, &out) &&
                    (buf_length(&out) != 5 || buf_bytes(&out)[3] != ascii || !ends_with(&out, 'A')))
                    fail_msg("%s: %02X %02X 41: something is lost", names[i], lead, ascii);
            }
    }
    buf_fini(&out);
}

/* Newline, quote and comma are in no longer character, and survive any bytes before them. */
static void newline_never_disappears_and_never_waits(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, ROOM);
    for (size_t i = 0; i < NAMES; i++) {
        struct charset *charset = find(names[i]);

        for (unsigned first = 0x80; first < 0x100; first++)
            for (unsigned second = 0; second < 0x100; second++) {
                unsigned char bytes[3] = {(unsigned char)first, (unsigned char)second, '\n'};

                buf_truncate(&out, 0);
                decode_text(charset, bytes, 3, &out);
                if (!ends_with(&out, '\n'))
                    fail_msg("%s: %02X %02X 0A: the newline is lost", names[i], first, second);
                if (decoder_unfinished(charset, bytes, 3))
                    fail_msg("%s: %02X %02X 0A: the newline waits", names[i], first, second);
            }
    }
    buf_fini(&out);
}

/* WHATWG Encoding, "gb18030": four bytes in the right form are one fault, or all that is there of
 * them at the end; where the form breaks, the lead is at fault and the digit a character. */
static void gb18030_faults_follow_whatwg(void **state)
{
    static const char *const family[] = {"gbk", "gb18030"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_decodes(family[i], "\x81\x30\xFF", "\uFFFD0\uFFFD");
        assert_decodes(family[i], "\x81\x30\xFFz", "\uFFFD0\uFFFDz");
        assert_decodes(family[i], "\x81\x30\x81\n", "\uFFFD0\uFFFD\n");
        assert_decodes(family[i],
                       "\x81\x30\x81"
                       "A",
                       "\uFFFD0丄");
        assert_decodes(family[i], "\x81\x30\x81", "\uFFFD");
        assert_decodes(family[i], "\x81\x30", "\uFFFD");
        assert_decodes(family[i], "\x81\x30\n", "\uFFFD0\n");
        assert_decodes(family[i], "\xFE\x39\xFE\x39z", "\uFFFDz");
        assert_decodes(family[i], "\xFF\x30", "\uFFFD0");
    }
}

/* The same for "euc-jp". */
static void euc_jp_faults_follow_whatwg(void **state)
{
    (void)state;
    assert_decodes("euc-jp", "\x8F\xA2\xFFz", "\uFFFDz");
    assert_decodes("euc-jp", "\x8F\xA1\xA2z", "\uFFFDz");
    assert_decodes("euc-jp", "\x8F\xA2z", "\uFFFDz");
    assert_decodes("euc-jp", "\x8F\xA1", "\uFFFD");
    assert_decodes("euc-jp", "\x8Fz", "\uFFFDz");
    assert_decodes("euc-jp", "\x8F\xFFz", "\uFFFDz");
}

/* ---- passes ---- */

static void pass_stops_in_front_of_a_fault(void **state)
{
    static const unsigned char text[] = "ab\xE4\xBDz";
    unsigned char to[32];
    struct pass pass = pass_of(text, 5, to, sizeof to);

    (void)state;
    assert_int_equal(decoder_pass(find("utf-8"), &pass), PASS_BAD);
    assert_ptr_equal(pass.from, text + 2);
    assert_int_equal(pass.length, 2);
    assert_ptr_equal(pass.to, to + 2);
    pass.from += pass.length;
    assert_int_equal(decoder_pass(find("utf-8"), &pass), PASS_DONE);
    assert_memory_equal(to, "abz", 3);
}

static void pass_stops_at_lf_where_that_is_asked_for(void **state)
{
    static const unsigned char text[] = "\xC4\xE3 and so on, for more than thirty-two bytes\nx\n";
    unsigned char to[128];
    struct pass pass = pass_of(text, sizeof text - 1, to, sizeof to);

    (void)state;
    pass.stops_at_lf = true;
    assert_int_equal(decoder_pass(find("gbk"), &pass), PASS_LF);
    assert_int_equal(*pass.from, '\n');
    assert_int_equal(pass.length, 1);
    assert_ptr_equal(pass.from, text + sizeof text - 4);
    pass.from++;
    assert_int_equal(decoder_pass(find("gbk"), &pass), PASS_LF);
    pass.from++;
    assert_int_equal(decoder_pass(find("gbk"), &pass), PASS_DONE);
    pass = pass_of(text, sizeof text - 1, to, sizeof to);
    assert_int_equal(decoder_pass(find("gbk"), &pass), PASS_DONE);
}

/* ASCII is copied 32 bytes, 8 bytes and one byte at a time. */
static void pass_stops_at_each_place_of_ascii(void **state)
{
    enum { LONG = 80 };
    unsigned char text[LONG], to[LONG + 2 * UTF8_MAX];

    (void)state;
    for (size_t at = 0; at < LONG; at++)
        for (int lf = 0; lf < 2; lf++) {
            struct pass pass = pass_of(text, LONG, to, sizeof to);

            memset(text, 'x', LONG);
            text[at] = lf ? '\n' : 0xFF;
            pass.stops_at_lf = lf;
            memset(to, 0, LONG);
            assert_int_equal(decoder_pass(find("gbk"), &pass), lf ? PASS_LF : PASS_BAD);
            assert_ptr_equal(pass.from, text + at);
            assert_ptr_equal(pass.to, to + at);
            assert_memory_equal(to, text, at);
        }
}

static void cut_character_waits_and_is_bad_at_the_end(void **state)
{
    static const struct {
        const char *name, *bytes;
    } cut[] = {
        {"utf-8", "\xE4\xBD"},   {"utf-8", "\xF0\x9F\x98"}, {"gbk", "\xC4"},
        {"gbk", "\x81\x30\x81"}, {"gb18030", "\x94\x39"},   {"big5", "\xA7"},
        {"shift_jis", "\x82"},   {"euc-jp", "\x8F\xB0"},    {"euc-kr", "\xB0"},
        {"johab", "\x88"},       {"euc-jp-ms", "\xA4"},     {"euc-tw", "\x8E\xA2\xA1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        const unsigned char *bytes = (const unsigned char *)cut[i].bytes;
        size_t n = strlen(cut[i].bytes);
        unsigned char to[32];
        struct pass pass = pass_of(bytes, n, to, sizeof to);

        assert_int_equal(decoder_pass(find(cut[i].name), &pass), PASS_CUT);
        assert_int_equal(pass.length, n);
        assert_ptr_equal(pass.from, bytes);
        assert_ptr_equal(pass.to, to);
        assert_int_equal(decoder_unfinished(find(cut[i].name), bytes, n), n);
        assert_false(is_valid(find(cut[i].name), bytes, n));
        pass.last = true;
        assert_int_equal(decoder_pass(find(cut[i].name), &pass), PASS_BAD);
        assert_int_equal(pass.length, n);
        assert_ptr_equal(pass.from, bytes);
    }
}

/* Decodes one character at a time. */
static size_t decode_singly(struct charset *charset, const void *bytes, size_t n, struct buf *out)
{
    const unsigned char *at = bytes;
    size_t faults = 0;

    while (n) {
        struct table_char next = decoder_next(charset, at, n);
        unsigned char text[2 * UTF8_MAX];
        size_t length = 0;

        assert_true(next.length > 0 && next.length <= n);
        if (next.status != TABLE_GOOD)
            faults++;
        length += utf8_put(next.status == TABLE_GOOD ? next.scalar : 0xFFFD, text);
        if (next.status == TABLE_GOOD && next.second)
            length += utf8_put(next.second, text + length);
        assert_int_equal(buf_append(out, text, length), 0);
        at += next.length;
        n -= next.length;
    }
    return faults;
}

/* Eight bytes are looked at together: what the runs make is what single characters make. */
static void runs_give_what_single_characters_give(void **state)
{
    struct dice dice = {11};
    struct buf whole;

    (void)state;
    buf_init(&whole, ROOM);
    for (int i = 0; i < 14000; i++) {
        struct charset *charset = find(names[(size_t)i % NAMES]);
        unsigned char text[96];
        size_t n = random_text(&dice, text, sizeof text);
        size_t faults = assert_same(decode_text, decode_singly, charset, text, n, &whole);

        assert_int_equal(is_valid(charset, text, n), !faults);
        assert_int_equal(utf8_span(buf_bytes(&whole), buf_length(&whole)), buf_length(&whole));
    }
    buf_fini(&whole);
}

static void full_pass_goes_on_later(void **state)
{
    struct dice dice = {12};

    (void)state;
    for (int i = 0; i < 7000; i++) {
        unsigned char text[64];
        size_t n = random_text(&dice, text, sizeof text);

        assert_goes_on(decoder_pass, find(names[(size_t)i % NAMES]), "\uFFFD", 2 * UTF8_MAX, text,
                       n, &dice);
    }
}

/* At each cut the pass leaves at most three bytes, those that decoder_unfinished counts. */
static void pass_leaves_what_is_unfinished(void **state)
{
    struct dice dice = {13};

    (void)state;
    for (int i = 0; i < 1400; i++) {
        struct charset *charset = find(names[(size_t)i % NAMES]);
        unsigned char text[48], to[4 * sizeof text + 2 * UTF8_MAX];
        size_t n = random_text(&dice, text, sizeof text);

        for (size_t cut = 1; cut <= n; cut++) {
            struct pass pass = pass_of(text, cut, to, sizeof to);
            size_t unfinished = decoder_unfinished(charset, text, cut);

            while (decoder_pass(charset, &pass) == PASS_BAD)
                pass.from += pass.length;
            assert_int_equal(pass.end - pass.from, unfinished);
            assert_true(unfinished < 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_is_ascii_in_every_charset),
        cmocka_unit_test(backslash_and_tilde_decode_as_themselves),
        cmocka_unit_test(known_characters_decode),
        cmocka_unit_test(gbk_euro_sign_is_one_byte),
        cmocka_unit_test(four_bytes_decode_in_gbk_and_gb18030),
        cmocka_unit_test(big5_has_hkscs),
        cmocka_unit_test(letter_does_not_wait_for_an_accent),
        cmocka_unit_test(utf8_refuses_forms_that_glibc_accepts),
        cmocka_unit_test(odd_threes_are_bad_at_each_place_of_a_run),
        cmocka_unit_test(lone_80_is_bad_where_the_standard_has_no_character),
        cmocka_unit_test(lacking_letter_leaves_the_letters_behind_it),
        cmocka_unit_test(pair_that_is_lacking_leaves_the_text_behind_it),
        cmocka_unit_test(bad_lead_before_ascii_consumes_only_itself),
        cmocka_unit_test(newline_never_disappears_and_never_waits),
        cmocka_unit_test(gb18030_faults_follow_whatwg),
        cmocka_unit_test(euc_jp_faults_follow_whatwg),
        cmocka_unit_test(pass_stops_in_front_of_a_fault),
        cmocka_unit_test(pass_stops_at_lf_where_that_is_asked_for),
        cmocka_unit_test(pass_stops_at_each_place_of_ascii),
        cmocka_unit_test(cut_character_waits_and_is_bad_at_the_end),
        cmocka_unit_test(runs_give_what_single_characters_give),
        cmocka_unit_test(full_pass_goes_on_later),
        cmocka_unit_test(pass_leaves_what_is_unfinished),
    };

    int failed = cmocka_run_group_tests_name("vectors", tests, NULL, close_charsets);

    vector_forbid(true);
    return failed + cmocka_run_group_tests_name("portable", tests, NULL, close_charsets);
}
