/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "text/converter.h"

static iconv_t source_of(const char *name)
{
    iconv_t source = converter_open_source(name);

    if (source == NO_CONVERTER)
        fail_msg("iconv does not know %s", name);
    return source;
}

/* The answer of a charset that is opened for it alone. */
static struct converter_answer read_in(const char *name, const char *bytes)
{
    iconv_t source = source_of(name);
    struct converter_answer answer =
        converter_read(source, (const unsigned char *)bytes, strlen(bytes));

    converter_close(&source);
    assert_ptr_equal(source, NO_CONVERTER);
    return answer;
}

static void assert_reads(const char *name, const char *bytes, uint32_t scalar, uint32_t second)
{
    struct converter_answer answer = read_in(name, bytes);

    assert_int_equal(answer.kind, ANSWER_CHAR);
    assert_int_equal(answer.scalar, scalar);
    assert_int_equal(answer.second, second);
}

/* ---- opening ---- */

static void first_known_name_counts(void **state)
{
    static const char several[][CONVERTER_NAME] = {"klingon", "romulan", "KOI8-R", "KOI8-U"};
    iconv_t source = converter_open_first_source(several, 4);

    (void)state;
    assert_ptr_not_equal(source, NO_CONVERTER);
    assert_int_equal(converter_read(source, (const unsigned char *)"\xA4", 1).scalar, 0x2553);
    converter_close(&source);
    errno = 0;
    assert_ptr_equal(converter_open_first_source(several, 2), NO_CONVERTER);
    assert_int_equal(errno, EINVAL);
}

static void list_of_names_ends_at_an_empty_one(void **state)
{
    static const char names[][CONVERTER_NAME] = {"klingon", "", "KOI8-R"};

    (void)state;
    assert_ptr_equal(converter_open_first_source(names, 3), NO_CONVERTER);
    assert_ptr_equal(converter_open_target("klingon"), NO_CONVERTER);
    assert_int_equal(errno, EINVAL);
}

static void close_takes_a_converter_that_is_not_open(void **state)
{
    iconv_t none = NO_CONVERTER;

    (void)state;
    converter_close(&none);
    assert_ptr_equal(none, NO_CONVERTER);
}

/* ---- reading ---- */

static void bytes_are_one_character_or_none(void **state)
{
    (void)state;
    assert_reads("KOI8-R", "\xF0", 0x41F, 0);
    assert_reads("GB18030", "\xC4\xE3", 0x4F60, 0);
    assert_reads("GB18030", "\x94\x39\xFC\x36", 0x1F600, 0);
    assert_reads("EUC-JP", "\x8F\xB0\xA1", 0x4E02, 0);
    assert_int_equal(read_in("KOI8-R", "\xF0\xF0\xF0").kind, ANSWER_NONE);
    assert_int_equal(read_in("EUC-KR", "\xC9\xA1").kind, ANSWER_NONE);
    assert_int_equal(read_in("GB18030", "\xC4\xE3\xC4").kind, ANSWER_CUT);
    assert_int_equal(read_in("GB18030", "\xC4").kind, ANSWER_CUT);
    assert_int_equal(read_in("GB18030", "\x81\x30\x81").kind, ANSWER_CUT);
}

static void two_characters_of_one_pair_are_told(void **state)
{
    (void)state;
    assert_reads("BIG5-HKSCS", "\x88\x62", 0xCA, 0x304);
    assert_reads("BIG5-HKSCS", "\x88\x66", 0xCA, 0);
}

static void letter_that_iconv_holds_back_is_told(void **state)
{
    (void)state;
    assert_true(read_in("CP1258", "a").was_held);
    assert_true(read_in("TCVN", "a").was_held);
    assert_int_equal(read_in("CP1258", "a").scalar, 'a');
    assert_int_equal(read_in("CP1258", "\xEA").scalar, 0xEA);
    assert_false(read_in("KOI8-R", "\xF0").was_held);
    assert_false(read_in("GB18030", "\xC4\xE3").was_held);
}

/* An earlier question leaves nothing behind. */
static void each_question_starts_in_the_first_state(void **state)
{
    iconv_t source = source_of("CP1258");
    struct converter_answer answer;

    (void)state;
    converter_read(source, (const unsigned char *)"a", 1);
    answer = converter_read(source, (const unsigned char *)"\xEC", 1);
    assert_int_equal(answer.kind, ANSWER_CHAR);
    assert_int_equal(answer.scalar, 0x301);
    converter_close(&source);
    source = source_of("ISO-2022-JP");
    converter_read(source, (const unsigned char *)"\x1B$B", 3);
    answer = converter_read(source, (const unsigned char *)"$", 1);
    assert_int_equal(answer.scalar, '$');
    converter_close(&source);
}

static void row_has_zero_where_there_is_no_character(void **state)
{
    static const char questions[] = "\xC9\xFE\xB0\xA1\xC9\xA1\xC9\xA2\xB0\xA2\xFE\xFE";
    static const uint32_t expected[] = {0, 0xAC00, 0, 0, 0xAC01, 0};
    iconv_t source = source_of("EUC-KR");
    uint32_t chars[6];

    (void)state;
    memset(chars, 0xFF, sizeof chars);
    assert_true(converter_read_row(source, (const unsigned char *)questions, 12, 2, chars));
    assert_memory_equal(chars, expected, sizeof chars);
    converter_close(&source);
}

/* The length of the answer does not say which characters are whose. */
static void row_with_two_characters_is_refused(void **state)
{
    iconv_t source = source_of("BIG5-HKSCS");
    uint32_t chars[2];

    (void)state;
    assert_false(
        converter_read_row(source, (const unsigned char *)"\x88\x62\xA7\x41", 4, 2, chars));
    converter_close(&source);
}

/* ---- writing ---- */

static size_t write_in(const char *name, uint32_t scalar, unsigned char out[CONVERTER_BYTES],
                       bool *has_shift)
{
    iconv_t target = converter_open_target(name);
    size_t n;

    assert_ptr_not_equal(target, NO_CONVERTER);
    n = converter_write(target, scalar, out, has_shift);
    converter_close(&target);
    return n;
}

static void assert_writes(const char *name, uint32_t scalar, const char *expected)
{
    unsigned char out[CONVERTER_BYTES];
    bool has_shift;

    assert_int_equal(write_in(name, scalar, out, &has_shift), strlen(expected));
    assert_memory_equal(out, expected, strlen(expected));
    assert_false(has_shift);
}

static void character_is_written_or_lacking(void **state)
{
    (void)state;
    assert_writes("KOI8-R", 0x41F, "\xF0");
    assert_writes("GB18030", 0x1F600, "\x94\x39\xFC\x36");
    assert_writes("EUC-TW", 0x4E28, "\x8E\xA3\xA1\xA1");
    assert_writes("KOI8-R", 0x4F60, "");
    assert_writes("JOHAB", 0x1EBF, "");
    assert_writes("KOI8-R", 0xE0041, ""); /* glibc leaves tags out */
}

/* ISO-2022-JP returns to ASCII behind a letter; BIG5-HKSCS holds the letter back. */
static void bytes_behind_the_character_are_told(void **state)
{
    unsigned char out[CONVERTER_BYTES];
    bool has_shift;

    (void)state;
    assert_int_equal(write_in("ISO-2022-JP", 0x3042, out, &has_shift), 8);
    assert_memory_equal(out, "\x1B$B$\"\x1B(B", 8);
    assert_true(has_shift);
    assert_int_equal(write_in("BIG5-HKSCS", 0xCA, out, &has_shift), 2);
    assert_true(has_shift);
}

static void library_has_a_name(void **state)
{
    (void)state;
    assert_true(!strncmp(converter_library(), "glibc ", 6) ||
                !strncmp(converter_library(), "GNU libiconv ", 13));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_known_name_counts),
        cmocka_unit_test(list_of_names_ends_at_an_empty_one),
        cmocka_unit_test(close_takes_a_converter_that_is_not_open),
        cmocka_unit_test(bytes_are_one_character_or_none),
        cmocka_unit_test(two_characters_of_one_pair_are_told),
        cmocka_unit_test(letter_that_iconv_holds_back_is_told),
        cmocka_unit_test(each_question_starts_in_the_first_state),
        cmocka_unit_test(row_has_zero_where_there_is_no_character),
        cmocka_unit_test(row_with_two_characters_is_refused),
        cmocka_unit_test(character_is_written_or_lacking),
        cmocka_unit_test(bytes_behind_the_character_are_told),
        cmocka_unit_test(library_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
