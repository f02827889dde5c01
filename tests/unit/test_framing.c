/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "text/framing.h"

static struct charsets charsets;

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

static struct framing parsed(const char *text)
{
    struct framing framing = {0};
    struct err err = {0};

    if (framing_parse(&framing, text, &err) < 0)
        fail_msg("%s: %s", text, err.sentence);
    return framing;
}

static void words_are_marks(void **state)
{
    (void)state;
    assert_int_equal(parsed("lf").kind, FRAMING_MARK);
    assert_true(parsed("lf").is_text);
    assert_memory_equal(parsed("crlf").mark, "\r\n", 2);
    assert_int_equal(parsed("nul").mark_length, 1);
    assert_false(parsed("nul").is_text);
    assert_int_equal(parsed("byte:0a").mark[0], '\n');
    assert_int_equal(parsed("byte:Fe").mark[0], 0xFE);
    assert_int_equal(parsed("none").kind, FRAMING_READS);
}

static void numbers_are_read(void **state)
{
    (void)state;
    assert_int_equal(parsed("bytes:65536").bytes, 65536);
    assert_int_equal(parsed("len:u32le-8").more, -8);
    assert_int_equal(parsed("len:u32le-8").head, 4);
    assert_true(parsed("len:u32le-8").low_first);
    assert_int_equal(parsed("len:u8").more, 0);
    assert_int_equal(parsed("len:u16be+65536").more, 65536);
    assert_int_equal(parsed("gap:50ms").gap_ms, 50);
    assert_int_equal(parsed("gap:0.5s").gap_ms, 500);
    assert_int_equal(parsed("gap:2").gap_ms, 2000);
}

static void mistakes_are_quoted(void **state)
{
    static const char *const wrong[] = {
        "",           "LF",          "byte:",     "byte:3",      "byte:003",    "byte:0x3",
        "byte:g0",    "bytes:0",     "bytes:",    "bytes:65537", "bytes:-1",    "bytes:1k",
        "len:",       "len:u16",     "len:u64be", "len:u16be+",  "len:u16be+x", "len:u16be+65537",
        "len:u16be2", "len:u8+1+1",  "gap:",      "gap:0",       "gap:-1",      "gap:50us",
        "gap:1e3",    "gap:3601",    "gap:0.1ms", "gap:nan",     "nonesuch",    "byte",
        "gap:.",      "len:u16be+-1"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct framing framing;
        struct err err = {0};

        if (framing_parse(&framing, wrong[i], &err) == 0)
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(err.kind, ERR_USAGE);
        if (!strstr(err.sentence, wrong[i]))
            fail_msg("'%s' is not quoted: %s", wrong[i], err.sentence);
    }
}

/* Which marks the charset admits, as a table of 256. */
static void assert_admits(const char *name, bool (*expected)(unsigned byte))
{
    struct charset *charset = charset_find(&charsets, name, NULL);

    assert_non_null(charset);
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[16];
        struct framing framing;
        struct err err;

        snprintf(text, sizeof text, "byte:%02X", byte);
        framing = parsed(text);
        if ((framing_check(&framing, charset, &err) == 0) != expected(byte))
            fail_msg("%s in %s", text, name);
    }
}

static bool is_no_later_byte(unsigned byte)
{
    return !((byte >= 0x30 && byte <= 0x39) || (byte >= 0x40 && byte <= 0xFE));
}

static bool is_no_byte_of_utf8(unsigned byte)
{
    return byte < 0x80 || byte == 0xFF;
}

static bool is_any(unsigned byte)
{
    (void)byte;
    return true;
}

static void mark_inside_characters_is_refused(void **state)
{
    (void)state;
    assert_admits("gbk", is_no_later_byte);
    assert_admits("gb18030", is_no_later_byte);
    assert_admits("big5", is_no_later_byte);
    assert_admits("euc-jp", is_no_later_byte);
    assert_admits("utf-8", is_no_byte_of_utf8);
    assert_admits("windows-1252", is_any);
    assert_admits("koi8-r", is_any);
    assert_admits("us-ascii", is_any);
}

static void numbers_and_gaps_go_with_any_charset(void **state)
{
    static const char *const forms[] = {"lf", "crlf", "bytes:48", "len:u16be+48", "gap:64ms"};
    struct charset *gbk = charset_find(&charsets, "gbk", NULL);

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct framing framing = parsed(forms[i]);

        assert_int_equal(framing_check(&framing, gbk, NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_marks),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(mistakes_are_quoted),
        cmocka_unit_test(mark_inside_characters_is_refused),
        cmocka_unit_test(numbers_and_gaps_go_with_any_charset),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
