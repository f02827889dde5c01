/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/charset.h"
#include "text/decoder.h"
#include "text/encoder.h"
#include "text/utf8.h"

static const char *const names[] = {"utf-8",  "gbk",    "gb18030", "big5",   "shift_jis",
                                    "euc-jp", "euc-kr", "uhc",     "koi8-r", "windows-1252"};

enum { NAMES = sizeof names / sizeof *names, ROOM = 1 << 16 };

static struct charsets charsets;

static struct charset *find(const char *name)
{
    struct err err = {0};
    struct charset *charset = charset_find(&charsets, name, &err);

    if (!charset)
        fail_msg("%s: %s", name, err.sentence);
    return charset;
}

static int close_all(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

/* ---- helpers: whole texts through decoder and encoder ---- */

/* Pushes bytes that end with their memory; each fault becomes U+FFFD. */
static size_t push(struct decoder *decoder, const unsigned char *bytes, size_t n, bool last,
                   struct buf *out)
{
    unsigned char *exact = malloc(n ? n : 1);
    enum text_status status;
    size_t done = 0, faults = 0;

    if (n)
        memcpy(exact, bytes, n);
    do {
        size_t used;
        status = decoder_push(decoder, exact + done, n - done, last, out, &used);
        assert_true(used <= n - done);
        done += used;
        if (status == TEXT_BAD) {
            assert_true(decoder->bad_length > 0 && decoder->bad_length <= DECODER_KEPT);
            assert_int_equal(buf_append(out, "\xEF\xBF\xBD", 3), 0);
            faults++;
        }
    } while (status == TEXT_BAD);
    assert_int_equal(status, TEXT_DONE);
    assert_int_equal(done, n);
    free(exact);
    return faults;
}

/* Decodes bytes in three pieces. */
static size_t decode_cut(struct charset *charset, const unsigned char *bytes, size_t n, size_t cut,
                         size_t second_cut, struct buf *out)
{
    struct decoder decoder;
    size_t faults;

    decoder_init(&decoder, charset);
    buf_init(out, ROOM);
    faults = push(&decoder, bytes, cut, false, out);
    faults += push(&decoder, bytes + cut, second_cut - cut, false, out);
    return faults + push(&decoder, bytes + second_cut, n - second_cut, true, out);
}

static size_t decode_whole(struct charset *charset, const void *bytes, size_t n, struct buf *out)
{
    return decode_cut(charset, bytes, n, n, n, out);
}

static void assert_decodes_n(const char *name, const char *bytes, size_t n, const char *expected)
{
    struct buf out;

    decode_whole(find(name), bytes, n, &out);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&out), expected);
    buf_fini(&out);
}

#define assert_decodes(name, bytes, expected) \
    assert_decodes_n(name, bytes, sizeof bytes - 1, expected)

static void assert_encodes(const char *name, const char *text, const char *expected)
{
    struct buf out;
    size_t used;

    buf_init(&out, ROOM);
    assert_int_equal(encoder_push(find(name), text, strlen(text), &out, &used), TEXT_DONE);
    assert_int_equal(used, strlen(text));
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&out), expected);
    buf_fini(&out);
}

/* The character at `at` is the first that the charset lacks. */
static void assert_lacks(const char *name, const char *text, size_t at)
{
    struct buf out;
    size_t used;

    buf_init(&out, ROOM);
    assert_int_equal(encoder_push(find(name), text, strlen(text), &out, &used), TEXT_BAD);
    assert_int_equal(used, at);
    buf_fini(&out);
}

/* ---- names ---- */

static void find_returns_one_pointer_per_charset(void **state)
{
    (void)state;
    assert_ptr_equal(find("gbk"), find("GBK"));
    assert_ptr_equal(find("gbk"), find("gb2312"));
    assert_ptr_equal(find("gbk"), find("cp936"));
    assert_ptr_equal(find("utf8"), find("UTF-8"));
    assert_ptr_equal(find("utf8"), find("Utf-8"));
    assert_ptr_equal(find("koi8-r"), find("KOI8-R"));
    assert_ptr_not_equal(find("gbk"), find("gb18030"));
    assert_ptr_not_equal(find("gbk"), find("utf-8"));
    assert_ptr_not_equal(find("koi8-r"), find("koi8-u"));
}

static void name_is_in_upper_case(void **state)
{
    (void)state;
    assert_string_equal(charset_name(find("windows-1251")), "WINDOWS-1251");
    assert_string_equal(charset_name(find("utf8")), "UTF-8");
}

static void assert_refused(const char *name)
{
    struct err err = {0};

    if (charset_find(&charsets, name, &err))
        fail_msg("'%s' was taken", name);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_true(*err.sentence);
    assert_null(charset_find(&charsets, name, NULL));
}

static void unusable_charsets_are_refused(void **state)
{
    static const char *const refused[] = {
        "",
        "klingon",
        "/bin/sh",
        "gbk//IGNORE",
        "utf-8//TRANSLIT",
        "gbk/",
        "UTF-16",
        "UTF-16LE",
        "UTF-16BE",
        "UTF-32",
        "UCS-2",
        "WCHAR_T",
        "UTF-7",
        "UTF-7-IMAP",
        "ISO-2022-JP",
        "ISO-2022-KR",
        "ISO-2022-CN",
        "HZ",
        "HZ-GB-2312",
        "ISO-2022-JP-3",
        "EBCDIC-US",
        "IBM037",
        "auto",
        "utf-8,gbk",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(refused[i]);
}

static void refusal_quotes_the_name(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(charset_find(&charsets, "klingon", &err));
    assert_non_null(strstr(err.sentence, "klingon"));
    assert_null(charset_find(&charsets, "gbk//IGNORE", &err));
    assert_non_null(strstr(err.sentence, "gbk//IGNORE"));
    assert_null(charset_find(&charsets, "utf-16", &err));
    assert_non_null(strstr(err.sentence, "UTF-16"));
}

/* A second call must not find a refused charset, and open ones stay. */
static void refusal_keeps_no_charset(void **state)
{
    struct charsets own = {0};
    struct charset *gbk;

    (void)state;
    assert_null(charset_find(&own, "UTF-7", NULL));
    assert_null(own.first);
    gbk = charset_find(&own, "gbk", NULL);
    assert_non_null(gbk);
    assert_null(charset_find(&own, "UTF-7", NULL));
    assert_ptr_equal(charset_find(&own, "gb2312", NULL), gbk);
    charsets_fini(&own);
    assert_null(own.first);
}

/* These are glibc's other names of UTF-8. */
static void utf8_under_another_name_is_utf8(void **state)
{
    static const char *const names_of_utf8[] = {"iso-ir-193", "osf05010001"};

    (void)state;
    for (size_t i = 0; i < sizeof names_of_utf8 / sizeof *names_of_utf8; i++) {
        struct charset *charset = charset_find(&charsets, names_of_utf8[i], NULL);

        if (!charset)
            continue;
        assert_true(charset_same(charset, find("utf-8")));
        assert_false(charset_same(charset, find("gbk")));
        assert_decodes(names_of_utf8[i], "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD");
    }
}

/* ---- meaning ---- */

static void ascii_is_ascii_in_every_charset(void **state)
{
    char ascii[128];

    (void)state;
    for (int i = 0; i < 127; i++)
        ascii[i] = (char)(i + 1);
    ascii[127] = '\0';
    /* Shift_JIS has national signs there. */
    ascii['\\' - 1] = ascii['~' - 1] = '.';
    for (size_t i = 0; i < NAMES; i++) {
        assert_decodes_n(names[i], ascii, 127, ascii);
        assert_encodes(names[i], ascii, ascii);
    }
}

static void known_characters_decode(void **state)
{
    (void)state;
    assert_decodes("gbk", "\xC4\xE3\xBA\xC3", "你好");
    assert_decodes("gb18030", "\xC4\xE3\xBA\xC3", "你好");
    assert_decodes("big5", "\xA7\x41\xA6\x6E", "你好");
    assert_decodes("shift_jis", "\x82\xA0\xB1", "あｱ");
    assert_decodes("euc-jp", "\xA4\xA2\x8E\xB1\x8F\xB0\xA1", "あｱ丂");
    assert_decodes("euc-kr", "\xB0\xA1", "가");
    assert_decodes("uhc", "\xB0\xA1\x81\x41", "가갂");
    assert_decodes("koi8-r", "\xF0\xD2\xC9", "При");
    assert_decodes("windows-1252", "\x80\xE9", "€é");
}

static void known_characters_encode(void **state)
{
    (void)state;
    assert_encodes("gbk", "问题正在处理中...",
                   "\xCE\xCA\xCC\xE2\xD5\xFD\xD4\xDA\xB4\xA6\xC0\xED\xD6\xD0...");
    assert_encodes("big5", "你好", "\xA7\x41\xA6\x6E");
    assert_encodes("shift_jis", "あ", "\x82\xA0");
    assert_encodes("windows-1252", "€é", "\x80\xE9");
    assert_encodes("utf-8", "你😀", "你😀");
}

/* WHATWG Encoding, "gbk": the decoder is GB18030's and 0x80 is the euro sign. */
static void gbk_euro_sign_is_one_byte(void **state)
{
    (void)state;
    assert_decodes("gbk", "\x80", "€");
    assert_decodes("gbk", "a\x80\x80z\xC4\xE3\x80", "a€€z你€");
    assert_decodes("gbk", "\xA2\xE3", "€");
    assert_encodes("gbk", "€", "\x80");
    assert_encodes("gbk", "a€€z你€", "a\x80\x80z\xC4\xE3\x80");
    assert_encodes("gb18030", "€", "\xA2\xE3");
}

static void gbk_decodes_four_bytes_but_encodes_two(void **state)
{
    (void)state;
    assert_decodes("gbk", "\x94\x39\xFC\x36", "😀");
    assert_lacks("gbk", "😀", 0);
    assert_lacks("gbk", "你好😀x", 6);
    assert_lacks("gbk", "é一é\u0180", 7);
}

static void gb18030_encodes_every_scalar(void **state)
{
    (void)state;
    assert_decodes("gb18030", "\x94\x39\xFC\x36", "😀");
    assert_decodes("gb18030", "\x81\x30\x83\x37", "\xC2\x9B");
    assert_decodes("gb18030", "\x81\x36\xA7\x31", "\u202E");
    assert_encodes("gb18030", "😀", "\x94\x39\xFC\x36");
    assert_encodes("gb18030", "\uFFFD", "\x84\x31\xA4\x37");
}

static void encoder_stops_at_a_lacking_character(void **state)
{
    (void)state;
    assert_lacks("koi8-r", "При你", 6);
    assert_lacks("windows-1252", "é你é", 2);
    assert_lacks("big5", "你好 😀", 7);
    assert_lacks("euc-kr", "가😀", 3);
}

/* glibc leaves them out without an error. */
static void tags_of_plane_14_are_lacking(void **state)
{
    (void)state;
    assert_lacks("koi8-r", "\U000E0041", 0);
    assert_lacks("windows-1252", "é\U000E007F.", 2);
    assert_lacks("gbk", "你\U000E0001好", 3);
    assert_encodes("gb18030", "a\U000E0041b", "a\xD3\x36\x9C\x33\x62");
}

/* They are more than a few doubled runs of iconv. */
static void plane_14_without_tags_is_encoded(void **state)
{
    enum { COUNT = 300 };
    char text[COUNT * 5 + 1] = "", expected[COUNT * 5 + 1] = "";

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        memcpy(text + (size_t)i * 5, "\U000E0041\n", 6);
        memcpy(expected + (size_t)i * 5, "\xD3\x36\x9C\x33\n", 6);
    }
    assert_encodes("gb18030", text, expected);
}

/* Every pair of bytes makes the round trip. */
static void gbk_pairs_round_trip(void **state)
{
    struct charset *gbk = find("gbk");

    (void)state;
    for (unsigned lead = 0x81; lead < 0xFF; lead++)
        for (unsigned trail = 0x40; trail < 0xFF; trail++) {
            unsigned char bytes[2] = {(unsigned char)lead, (unsigned char)trail};
            struct buf text, back;
            size_t used;

            buf_init(&back, ROOM);
            if (decode_whole(gbk, bytes, 2, &text) == 0 &&
                memcmp(buf_bytes(&text), "\xE2\x82\xAC", 3)) {
                if (encoder_push(gbk, buf_bytes(&text), buf_length(&text), &back, &used) !=
                        TEXT_DONE ||
                    buf_length(&back) != 2 || memcmp(buf_bytes(&back), bytes, 2))
                    fail_msg("%02X %02X does not come back", lead, trail);
            }
            buf_fini(&text);
            buf_fini(&back);
        }
}

/* ---- cuts ---- */

/* A text of many scripts with bad bytes, without characters that the charset lacks. */
static size_t mixed_text(struct charset *charset, unsigned char bytes[256])
{
    static const char text[] = "Hi, 你好€ café Привет\r\nこんにちは 안녕 中文\t|😀ü!\n";
    static const char *const bad[] = {"\xFF", "\x81\n", "\xE4\xBD", "\x81\x30\x81", "\x8F\xA2"};
    const char *rest = text;
    size_t count = 0, left = sizeof text - 1;
    struct buf out;

    buf_init(&out, 256);
    while (left) {
        size_t used;
        enum text_status status = encoder_push(charset, rest, left, &out, &used);

        if (status == TEXT_BAD) {
            used += utf8_next((const unsigned char *)rest + used, left - used).length;
            assert_int_equal(buf_append(&out, bad[count % 5], strlen(bad[count % 5])), 0);
            count++;
        }
        rest += used;
        left -= used;
    }
    for (; count < 5; count++)
        assert_int_equal(buf_append(&out, bad[count], strlen(bad[count])), 0);
    count = buf_length(&out);
    memcpy(bytes, buf_bytes(&out), count);
    buf_fini(&out);
    return count;
}

static void cuts_do_not_change_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        unsigned char bytes[256];
        size_t n = mixed_text(find(names[i]), bytes);
        struct buf whole, parts;
        size_t faults = decode_whole(find(names[i]), bytes, n, &whole);

        for (size_t cut = 0; cut <= n; cut++)
            for (size_t second = cut; second <= n; second++) {
                size_t again = decode_cut(find(names[i]), bytes, n, cut, second, &parts);
                if (again != faults || buf_length(&parts) != buf_length(&whole) ||
                    memcmp(buf_bytes(&parts), buf_bytes(&whole), buf_length(&whole)))
                    fail_msg("%s differs when cut at %zu and %zu", names[i], cut, second);
                buf_fini(&parts);
            }
        buf_fini(&whole);
    }
}

static void single_bytes_do_not_change_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        unsigned char bytes[256];
        size_t n = mixed_text(find(names[i]), bytes), faults = 0;
        struct buf whole, parts;
        struct decoder decoder;

        buf_init(&parts, ROOM);
        decoder_init(&decoder, find(names[i]));
        for (size_t k = 0; k < n; k++)
            faults += push(&decoder, bytes + k, 1, k == n - 1, &parts);
        assert_int_equal(faults, decode_whole(find(names[i]), bytes, n, &whole));
        assert_int_equal(buf_length(&parts), buf_length(&whole));
        assert_memory_equal(buf_bytes(&parts), buf_bytes(&whole), buf_length(&whole));
        buf_fini(&parts);
        buf_fini(&whole);
    }
}

static void cut_character_is_kept_and_bad_at_the_end(void **state)
{
    static const struct {
        const char *name, *bytes;
    } cut[] = {
        {"utf-8", "\xE4\xBD"},   {"utf-8", "\xF0\x9F\x98"}, {"gbk", "\xC4"},
        {"gbk", "\x81\x30\x81"}, {"gb18030", "\x94\x39"},   {"big5", "\xA7"},
        {"shift_jis", "\x82"},   {"euc-jp", "\x8F\xB0"},    {"euc-kr", "\xB0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        size_t n = strlen(cut[i].bytes), used;
        struct decoder decoder;
        struct buf out;

        buf_init(&out, ROOM);
        decoder_init(&decoder, find(cut[i].name));
        assert_int_equal(decoder_push(&decoder, cut[i].bytes, n, false, &out, &used), TEXT_DONE);
        assert_int_equal(used, n);
        assert_int_equal(decoder.kept_length, n);
        assert_int_equal(buf_length(&out), 0);
        assert_int_equal(decoder_push(&decoder, NULL, 0, true, &out, &used), TEXT_BAD);
        assert_int_equal(used, 0);
        assert_int_equal(decoder.bad_length, n);
        assert_memory_equal(decoder.bad, cut[i].bytes, n);
        assert_int_equal(decoder_push(&decoder, NULL, 0, true, &out, &used), TEXT_DONE);
        buf_fini(&out);
    }
}

/* ---- bad text ---- */

static void bad_holds_the_bytes_of_the_fault(void **state)
{
    struct decoder decoder;
    struct buf out;
    size_t used;

    (void)state;
    buf_init(&out, ROOM);
    decoder_init(&decoder, find("utf-8"));
    assert_int_equal(decoder_push(&decoder, "ab\xE4\xBDz", 5, false, &out, &used), TEXT_BAD);
    assert_int_equal(used, 4);
    assert_int_equal(decoder.bad_length, 2);
    assert_memory_equal(decoder.bad, "\xE4\xBD", 2);
    assert_memory_equal(buf_bytes(&out), "ab", 2);
    assert_int_equal(decoder_push(&decoder, "z", 1, false, &out, &used), TEXT_DONE);
    assert_int_equal(buf_length(&out), 3);
    buf_fini(&out);
}

static void fault_may_begin_in_an_earlier_push(void **state)
{
    struct decoder decoder;
    struct buf out;
    size_t used;

    (void)state;
    buf_init(&out, ROOM);
    decoder_init(&decoder, find("gb18030"));
    assert_int_equal(decoder_push(&decoder, "\x81\x30\x81", 3, false, &out, &used), TEXT_DONE);
    assert_int_equal(decoder_push(&decoder, "A", 1, false, &out, &used), TEXT_BAD);
    assert_int_equal(used, 0);
    assert_int_equal(decoder.bad_length, 1);
    assert_int_equal(decoder_push(&decoder, "A", 1, true, &out, &used), TEXT_DONE);
    assert_int_equal(used, 1);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&out), "0丄");
    buf_fini(&out);
}

static bool ends_with(const struct buf *buf, unsigned char byte)
{
    return buf_length(buf) && buf_bytes(buf)[buf_length(buf) - 1] == byte;
}

/* An ASCII byte of two bytes that are no character comes out as itself; Shift_JIS has
 * national signs for two of them. */
static void bad_lead_before_ascii_consumes_only_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        for (unsigned lead = 0x80; lead < 0x100; lead++)
            for (unsigned ascii = 0; ascii < 0x80; ascii++) {
                unsigned char bytes[3] = {(unsigned char)lead, (unsigned char)ascii, 'A'};
                struct buf out;

                if (decode_whole(find(names[i]), bytes, 3, &out) && ascii != '\\' && ascii != '~' &&
                    (buf_length(&out) != 5 || buf_bytes(&out)[3] != ascii || !ends_with(&out, 'A')))
                    fail_msg("%s: %02X %02X 41: something is lost", names[i], lead, ascii);
                buf_fini(&out);
            }
}

/* Bytes that are in no longer character (newline, quote, comma) survive any bytes before them. */
static void newline_never_disappears(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        for (unsigned first = 0x80; first < 0x100; first++)
            for (unsigned second = 0; second < 0x100; second++) {
                unsigned char bytes[3] = {(unsigned char)first, (unsigned char)second, '\n'};
                struct buf out;

                decode_whole(find(names[i]), bytes, 3, &out);
                if (!ends_with(&out, '\n'))
                    fail_msg("%s: %02X %02X 0A: the newline is lost", names[i], first, second);
                buf_fini(&out);
            }
}

static void newline_is_never_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        for (unsigned first = 0x80; first < 0x100; first++)
            for (unsigned second = 0; second < 0x100; second++) {
                unsigned char bytes[3] = {(unsigned char)first, (unsigned char)second, '\n'};
                struct decoder decoder;
                struct buf out;

                buf_init(&out, ROOM);
                decoder_init(&decoder, find(names[i]));
                push(&decoder, bytes, 3, false, &out);
                if (!ends_with(&out, '\n'))
                    fail_msg("%s: %02X %02X 0A: the newline waits", names[i], first, second);
                buf_fini(&out);
            }
}

/* glibc's UHC takes both bytes of A2 E8 before it reports them as bad. */
static void fault_ends_at_the_end_of_input(void **state)
{
    (void)state;
    assert_decodes("uhc", "\xA2\xE8", "\uFFFD");
    assert_decodes("uhc",
                   "\xA2\xE8"
                   "A",
                   "\uFFFD"
                   "A");
    assert_decodes("uhc", "\xA2\xE8\n", "\uFFFD\n");
    for (size_t i = 0; i < NAMES; i++)
        for (unsigned first = 0x80; first < 0x100; first++)
            for (unsigned second = 0; second < 0x100; second++) {
                unsigned char bytes[2] = {(unsigned char)first, (unsigned char)second};
                struct buf out;

                decode_whole(find(names[i]), bytes, 2, &out);
                buf_fini(&out);
            }
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

/* iconv holds letters of these charsets back, because an accent may follow. */
static void letter_does_not_wait_for_an_accent(void **state)
{
    static const struct {
        const char *name, *bytes, *text;
    } letters[] = {{"windows-1258", "a\xEC", "a\u0301"},
                   {"windows-1255", "\xF9\xD1", "\u05E9\u05C1"},
                   {"euc-jisx0213", "\xA4\xF7", "\u304B\u309A"}};

    (void)state;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        const unsigned char *bytes = (const unsigned char *)letters[i].bytes;
        size_t n = strlen(letters[i].bytes);

        for (size_t cut = 0; cut <= n; cut++) {
            struct buf out;

            decode_cut(find(letters[i].name), bytes, n, cut, cut, &out);
            assert_int_equal(buf_append(&out, "", 1), 0);
            assert_string_equal((const char *)buf_bytes(&out), letters[i].text);
            buf_fini(&out);
        }
    }
    assert_encodes("big5-hkscs", "Ê", "\x88\x66");
    assert_encodes("big5-hkscs", "Êz", "\x88\x66z");
}

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

/* ---- a full out ---- */

/* With any cap, `out` holds whole characters, *used counts them, and the rest can follow. */
static void full_out_holds_whole_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        const char text[] = "a€b你好 cé中文";
        struct buf wire, small, rest;
        size_t used, n;

        buf_init(&wire, ROOM);
        while (encoder_push(find(names[i]), text, sizeof text - 1, &wire, &used) == TEXT_BAD)
            break;
        n = buf_length(&wire);
        decode_whole(find(names[i]), buf_bytes(&wire), n, &rest);
        for (size_t cap = 0; cap <= buf_length(&rest); cap++) {
            struct decoder decoder;
            enum text_status status;
            size_t length;

            buf_init(&small, cap);
            decoder_init(&decoder, find(names[i]));
            status = decoder_push(&decoder, buf_bytes(&wire), n, true, &small, &used);
            length = buf_length(&small);
            assert_int_equal(status, cap < buf_length(&rest) ? TEXT_FULL : TEXT_DONE);
            assert_int_equal(used < n, cap < buf_length(&rest));
            assert_true(cap - length < UTF8_MAX);
            if (length) {
                assert_int_equal(utf8_span(buf_bytes(&small), length), length);
                assert_memory_equal(buf_bytes(&small), buf_bytes(&rest), length);
            }
            small.cap = ROOM;
            assert_int_equal(push(&decoder, buf_bytes(&wire) + used, n - used, true, &small), 0);
            assert_int_equal(buf_length(&small), buf_length(&rest));
            assert_memory_equal(buf_bytes(&small), buf_bytes(&rest), buf_length(&rest));
            buf_fini(&small);
        }
        buf_fini(&rest);
        buf_fini(&wire);
    }
}

/* A cut character survives a full `out`, too. */
static void full_out_keeps_the_kept_bytes(void **state)
{
    struct decoder decoder;
    struct buf out;
    size_t used;

    (void)state;
    buf_init(&out, 2);
    decoder_init(&decoder, find("gbk"));
    assert_int_equal(decoder_push(&decoder, "\xC4", 1, false, &out, &used), TEXT_DONE);
    assert_int_equal(decoder_push(&decoder, "\xE3z", 2, false, &out, &used), TEXT_FULL);
    out.cap = ROOM;
    assert_int_equal(push(&decoder, (const unsigned char *)"\xE3z" + used, 2 - used, true, &out),
                     0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&out), "你z");
    buf_fini(&out);
}

static void encoder_goes_on_after_a_full_out(void **state)
{
    static const char text[] = "a\u20ACb\u4F60\u597D c\u4E2D\u6587";

    (void)state;
    for (size_t i = 0; i < 3; i++) { /* utf-8, gbk, gb18030 have the whole text */
        struct buf whole, small;
        size_t used;

        buf_init(&whole, ROOM);
        assert_int_equal(encoder_push(find(names[i]), text, sizeof text - 1, &whole, &used),
                         TEXT_DONE);
        for (size_t cap = 0; cap < buf_length(&whole); cap++) {
            size_t first;

            buf_init(&small, cap);
            assert_int_equal(encoder_push(find(names[i]), text, sizeof text - 1, &small, &first),
                             TEXT_FULL);
            assert_true(buf_length(&small) <= cap);
            assert_int_equal(utf8_span((const unsigned char *)text, first), first);
            small.cap = ROOM;
            assert_int_equal(
                encoder_push(find(names[i]), text + first, sizeof text - 1 - first, &small, &used),
                TEXT_DONE);
            assert_int_equal(buf_length(&small), buf_length(&whole));
            assert_memory_equal(buf_bytes(&small), buf_bytes(&whole), buf_length(&whole));
            buf_fini(&small);
        }
        buf_fini(&whole);
    }
}

/* If a character has no room, the charset does not lack it. */
static void full_out_is_not_a_lacking_character(void **state)
{
    struct charset *gbk = find("gbk");

    (void)state;
    for (uint32_t scalar = 0x80; scalar < 0x10000; scalar++) {
        unsigned char text[UTF8_MAX];
        size_t used, n = utf8_put(scalar, text);
        struct buf out;

        if (scalar >= 0xD800 && scalar < 0xE000)
            continue;
        buf_init(&out, 2);
        if (encoder_push(gbk, text, n, &out, &used) == TEXT_DONE && buf_length(&out) == 2) {
            buf_fini(&out);
            buf_init(&out, 1);
            if (encoder_push(gbk, text, n, &out, &used) != TEXT_FULL)
                fail_msg("U+%04X has no room, and is called missing", scalar);
        }
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_returns_one_pointer_per_charset),
        cmocka_unit_test(name_is_in_upper_case),
        cmocka_unit_test(unusable_charsets_are_refused),
        cmocka_unit_test(refusal_quotes_the_name),
        cmocka_unit_test(refusal_keeps_no_charset),
        cmocka_unit_test(utf8_under_another_name_is_utf8),
        cmocka_unit_test(ascii_is_ascii_in_every_charset),
        cmocka_unit_test(known_characters_decode),
        cmocka_unit_test(known_characters_encode),
        cmocka_unit_test(gbk_euro_sign_is_one_byte),
        cmocka_unit_test(gbk_decodes_four_bytes_but_encodes_two),
        cmocka_unit_test(gb18030_encodes_every_scalar),
        cmocka_unit_test(encoder_stops_at_a_lacking_character),
        cmocka_unit_test(tags_of_plane_14_are_lacking),
        cmocka_unit_test(plane_14_without_tags_is_encoded),
        cmocka_unit_test(gbk_pairs_round_trip),
        cmocka_unit_test(cuts_do_not_change_the_text),
        cmocka_unit_test(single_bytes_do_not_change_the_text),
        cmocka_unit_test(cut_character_is_kept_and_bad_at_the_end),
        cmocka_unit_test(bad_holds_the_bytes_of_the_fault),
        cmocka_unit_test(fault_may_begin_in_an_earlier_push),
        cmocka_unit_test(bad_lead_before_ascii_consumes_only_itself),
        cmocka_unit_test(newline_never_disappears),
        cmocka_unit_test(newline_is_never_kept),
        cmocka_unit_test(fault_ends_at_the_end_of_input),
        cmocka_unit_test(gb18030_faults_follow_whatwg),
        cmocka_unit_test(euc_jp_faults_follow_whatwg),
        cmocka_unit_test(letter_does_not_wait_for_an_accent),
        cmocka_unit_test(utf8_refuses_forms_that_glibc_accepts),
        cmocka_unit_test(full_out_holds_whole_characters),
        cmocka_unit_test(full_out_keeps_the_kept_bytes),
        cmocka_unit_test(encoder_goes_on_after_a_full_out),
        cmocka_unit_test(full_out_is_not_a_lacking_character),
    };

    return cmocka_run_group_tests(tests, NULL, close_all);
}
