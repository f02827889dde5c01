/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "text/charset.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

/* ui/wcwidth replaces wcwidth, but not wcswidth. */
static int width_in_c_library(uint32_t scalar)
{
    wchar_t one[] = {(wchar_t)scalar, 0};

    return wcswidth(one, 1);
}

static void width_is_at_least_that_of_libc(void **state)
{
    unsigned seen = 0;

    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        skip();
    for (uint32_t scalar = 0x20; scalar <= 0x10FFFF; scalar++) {
        if (!safetext_is_plain(scalar))
            continue;
        seen++;
        if (width_in_c_library(scalar) > (int)width_of(scalar))
            fail_msg("U+%04X", scalar);
    }
    assert_true(seen > 130000);
    setlocale(LC_CTYPE, "C");
}

static void disputed_width_is_the_largest(void **state)
{
    (void)state;
    assert_int_equal(width_of('a'), 1);
    assert_int_equal(width_of(0x4F60), 2);
    assert_int_equal(width_of(0x0301), 0);
    assert_int_equal(width_of(0x093E), 1);  /* a mark that stands beside its base */
    assert_int_equal(width_of(0x0600), 1);  /* a sign below the number that follows */
    assert_int_equal(width_of(0x4DC0), 2);  /* a hexagram, wide since Unicode 16 */
    assert_int_equal(width_of(0x2630), 2);  /* so is a trigram */
    assert_int_equal(width_of(0x1D300), 2); /* and a monogram */
    assert_int_equal(width_of(0x3248), 2);
}

/* ---- other charsets ---- */

static unsigned columns_in(const char *charset, const char *text)
{
    struct charsets charsets = {0};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = strlen(text);
    unsigned columns = 0;
    struct utf8_char next;
    struct err err;

    width_follow(charset_find(&charsets, charset, &err));
    while (utf8_take(&bytes, &n, &next))
        columns += width_of(next.scalar);
    width_follow(NULL);
    charsets_fini(&charsets);
    return columns;
}

static void ambiguous_characters_are_wide_in_east_asian_charsets(void **state)
{
    static const char *const charsets[] = {"gbk", "gb18030"};

    (void)state;
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
        assert_int_equal(columns_in(charsets[i], "abc"), 3);
        assert_int_equal(columns_in(charsets[i], "你好"), 4);
        assert_int_equal(columns_in(charsets[i], "“”…—·éЖα①│"), 20);
    }
    assert_int_equal(columns_in("big5", "你α…"), 6);
    assert_int_equal(columns_in("euc-kr", "가Жα"), 6);
    assert_int_equal(columns_in("shift_jis", "あЖα"), 6);
    assert_int_equal(columns_in("euc-jp", "あЖα"), 6);
    assert_int_equal(columns_in("utf-8", "“”…—·éЖα①│"), 10);
    assert_int_equal(columns_in("koi8-r", "Ж"), 1);
    assert_int_equal(columns_in("windows-1252", "é“"), 2);
}

static void half_width_katakana_are_narrow(void **state)
{
    (void)state;
    assert_int_equal(columns_in("shift_jis", "ｱｲｳ"), 3);
    assert_int_equal(columns_in("euc-jp", "ｱｲｳ"), 3);
    assert_int_equal(columns_in("utf-8", "ｱｲｳ"), 3);
}

/* A mark that the charset lacks becomes a question mark, too. */
static void lacking_character_takes_one_column(void **state)
{
    (void)state;
    assert_int_equal(columns_in("gbk", "😀"), 1);
    assert_int_equal(columns_in("gbk", "a\u0301\u0301"), 3);
    assert_int_equal(columns_in("koi8-r", "你"), 1);
    assert_int_equal(columns_in("gb18030", "😀a\u0301"), 3);
}

/* ---- readline's ---- */

static void wcwidth_agrees_with_width(void **state)
{
    (void)state;
    for (uint32_t scalar = 0x20; scalar <= 0x10FFFF; scalar++)
        if (safetext_is_plain(scalar))
            assert_int_equal(wcwidth((wchar_t)scalar), width_of(scalar));
    assert_int_equal(wcwidth(0), 0);
    assert_int_equal(wcwidth(0x1B), -1);
    assert_int_equal(wcwidth(0x202E), 1); /* U+FFFD stands for it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_is_at_least_that_of_libc),
        cmocka_unit_test(disputed_width_is_the_largest),
        cmocka_unit_test(ambiguous_characters_are_wide_in_east_asian_charsets),
        cmocka_unit_test(half_width_katakana_are_narrow),
        cmocka_unit_test(lacking_character_takes_one_column),
        cmocka_unit_test(wcwidth_agrees_with_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
