/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "text/inverse.h"

/* A table and its inverse, which the caller closes. */
struct both {
    struct table *table;
    struct inverse *inverse;
};

static struct both open_both(const char *name)
{
    struct both both = {.table = table_new(standard_find(name), name)};

    if (both.table)
        both.inverse = inverse_new(both.table, name);
    if (!both.inverse)
        fail_msg("%s: %s", name, strerror(errno));
    return both;
}

static void close_both(struct both *both)
{
    inverse_free(both->inverse);
    table_free(both->table);
}

static void assert_put(struct both *both, uint32_t scalar, const char *expected)
{
    unsigned char out[INVERSE_BYTES];
    size_t n = inverse_put(both->inverse, scalar, out);

    if (n != strlen(expected) || memcmp(out, expected, n))
        fail_msg("U+%04X is not written in these %zu bytes", scalar, strlen(expected));
}

/* The bytes of one character in a charset that is opened for it alone. */
static void assert_put_in(const char *name, uint32_t scalar, const char *expected)
{
    struct both both = open_both(name);

    assert_put(&both, scalar, expected);
    close_both(&both);
}

/* ---- the standard ---- */

static void characters_have_the_bytes_of_the_standard(void **state)
{
    (void)state;
    assert_put_in("windows-1252", 0x20AC, "\x80");
    assert_put_in("windows-1252", 0x81, "\x81");
    assert_put_in("koi8-r", 0x41F, "\xF0");
    assert_put_in("gbk", 0x4F60, "\xC4\xE3");
    assert_put_in("gbk", 0x20AC, "\x80");
    assert_put_in("gb18030", 0x20AC, "\xA2\xE3");
    assert_put_in("big5", 0x4F60, "\xA7\x41");
    assert_put_in("euc-kr", 0xAC02, "\x81\x41");
    assert_put_in("shift_jis", 0xFF71, "\xB1");
    assert_put_in("shift_jis", 0xA5, "\\");
}

static void character_that_is_lacking_has_no_bytes(void **state)
{
    (void)state;
    assert_put_in("windows-1252", 0x4F60, "");
    assert_put_in("gbk", 0x1F600, "");
    assert_put_in("gbk", 0x180, "");
    assert_put_in("big5", 0xE000, "");
    assert_put_in("euc-kr", 0xE000, "");
    assert_put_in("shift_jis", 0xAC00, "");
}

/* WHATWG, "gb18030": U+E5E5 is not written, and some letters of GB 18030-2005 have two bytes. */
static void gb18030_writes_four_bytes_for_all_others(void **state)
{
    struct both both = open_both("gb18030");

    (void)state;
    assert_put(&both, 0x1F600, "\x94\x39\xFC\x36");
    assert_put(&both, 0x80, "\x81\x30\x81\x30");
    assert_put(&both, 0xFFFD, "\x84\x31\xA4\x37");
    assert_put(&both, 0xE5E5, "");
    assert_put(&both, 0xE78D, "\xA6\xD9");
    assert_put(&both, 0xE7C7, "\x81\x35\xF4\x37");
    assert_put(&both, 0x10FFFF, "\xE3\x32\x9A\x35");
    close_both(&both);
}

static void euc_jp_writes_three_bytes(void **state)
{
    struct both both = open_both("euc-jp");

    (void)state;
    assert_put(&both, 0x4E02, "\x8F\xB0\xA1");
    assert_put(&both, 0x3042, "\xA4\xA2");
    assert_put(&both, 0xFF71, "\x8E\xB1");
    assert_put(&both, 0x2460, "\xAD\xA1");
    assert_put(&both, 0x9FA5, "\x8F\xED\xE3");
    close_both(&both);
}

/* IBM's letters stand in Shift_JIS twice; NEC's selection of them is read and not written. */
static void late_pairs_are_written_only_for_want_of_others(void **state)
{
    struct both shift_jis = open_both("shift_jis"), big5 = open_both("big5");

    (void)state;
    assert_put(&shift_jis, 0x2170, "\xFA\x40"); /* EE EF, too */
    assert_put(&shift_jis, 0x7E8A, "\xFA\x5C"); /* ED 40, too */
    assert_put(&big5, 0x5341, "\xA4\x51");      /* A2 CC, too */
    assert_put(&big5, 0x2550, "\xF9\xF9");      /* A2 A4, too */
    assert_put(&big5, 0x35CE, "\x9D\xEE");      /* nowhere else */
    close_both(&shift_jis);
    close_both(&big5);
}

/* Many letters of Hong Kong stand beyond U+FFFF. */
static void big5_has_characters_beyond_the_bmp(void **state)
{
    struct both both = open_both("big5");
    size_t count;

    (void)state;
    assert_put(&both, 0x4F60, "\xA7\x41");
    assert_put(&both, 0x20547, "\xFA\x40");
    assert_put(&both, 0x1F600, "");
    count = both.inverse->astral_count;
    assert_true(count > 1000 && count < INVERSE_ASTRAL);
    for (size_t i = 1; i < count; i++)
        assert_true(both.inverse->astral[i].scalar > both.inverse->astral[i - 1].scalar);
    assert_put(&both, both.inverse->astral[0].scalar,
               (char[]){(char)(both.inverse->astral[0].bytes >> 8),
                        (char)both.inverse->astral[0].bytes, '\0'});
    close_both(&both);
}

/* A row costs some 5 us, so a chat line pays only for those in front of its characters. */
static void table_is_turned_as_far_as_a_text_needs_it(void **state)
{
    struct both both = open_both("big5");

    (void)state;
    both.inverse->spared = TABLE_SPARED;
    assert_int_equal(both.inverse->turned, 0);
    assert_put(&both, 0x4F60, "\xA7\x41");
    assert_int_equal(both.inverse->turned, 7);
    assert_put(&both, 0x35CE, "\x9D\xEE");
    assert_in_range(both.inverse->turned, 2 * 0x80, 3 * 0x80);
    assert_put(&both, 0x1F600, "");
    assert_int_equal(both.inverse->turned, INVERSE_ROWS);
    close_both(&both);
}

/* ---- letters and marks ---- */

static void vietnamese_letter_is_a_letter_and_a_mark(void **state)
{
    struct both both = open_both("windows-1258");

    (void)state;
    assert_put(&both, 0xEA, "\xEA");
    assert_put(&both, 0x1EBF, "\xEA\xEC"); /* ế: ê and the acute */
    assert_put(&both, 0x1EC6, "\xCA\xF2"); /* Ệ: Ê and the dot below */
    assert_put(&both, 0x1EF1, "\xFD\xF2"); /* ự: ư and the dot below */
    assert_put(&both, 0x1EAF, "\xE3\xEC"); /* ắ: ă and the acute */
    assert_put(&both, 0x1EA3, "a\xD2");    /* ả: a and the hook */
    assert_put(&both, 0xE3, "a\xDE");      /* ã: a and the tilde */
    assert_put(&both, 0x1FB, "\xE5\xEC");  /* ǻ: å and the acute */
    assert_put(&both, 0x1E69, "");         /* ṩ: the charset has no dot above */
    assert_put(&both, 0x1E4F, "");         /* ṏ: ö and the tilde would be another letter */
    assert_put(&both, 0x4F60, "");
    close_both(&both);
}

static void hebrew_letter_is_a_letter_and_points(void **state)
{
    struct both both = open_both("windows-1255");

    (void)state;
    assert_put(&both, 0x5E9, "\xF9");
    assert_put(&both, 0xFB2A, "\xF9\xD1");     /* shin with its dot */
    assert_put(&both, 0xFB2C, "\xF9\xCC\xD1"); /* and with dagesh */
    assert_put(&both, 0xFB4B, "\xE5\xC9");     /* vav with holam */
    close_both(&both);
}

static void other_charsets_decompose_nothing(void **state)
{
    (void)state;
    assert_put_in("windows-1252", 0x1EBF, "");
    assert_put_in("euc-kr", 0x1EBF, "");
    assert_put_in("johab", 0x1EBF, "");
}

/* ---- two characters as one ---- */

static void big5_joins_two_characters(void **state)
{
    struct both both = open_both("big5");
    unsigned char out[INVERSE_BYTES];

    (void)state;
    assert_true(inverse_joins(both.inverse, 0xCA));
    assert_true(inverse_joins(both.inverse, 0xEA));
    assert_false(inverse_joins(both.inverse, 0xC9));
    assert_false(inverse_joins(both.inverse, 0x304));
    assert_false(inverse_joins(both.inverse, 0x4F60));
    assert_int_equal(inverse_put_both(both.inverse, 0xEA, 0x30C, out), 2);
    assert_memory_equal(out, "\x88\xA5", 2);
    assert_int_equal(inverse_put_both(both.inverse, 0xEA, 0x301, out), 0);
    assert_int_equal(inverse_put_both(both.inverse, 0x4F60, 0x304, out), 0);
    assert_put(&both, 0xEA, "\x88\xA7");
    close_both(&both);
    both = open_both("windows-1258");
    assert_false(inverse_joins(both.inverse, 0xCA));
    close_both(&both);
}

/* ---- charsets of iconv ---- */

static void foreign_characters_are_those_of_iconv(void **state)
{
    struct both both = open_both("johab");

    (void)state;
    assert_put(&both, 0xAC00, "\x88\x61");
    assert_put(&both, 0x4F60, "");
    assert_put(&both, 0x1F600, "");
    assert_put(&both, 0xD800, "");
    close_both(&both);
    both = open_both("koi8-t");
    assert_put(&both, 0x41F, "\xF0");
    assert_put(&both, 0x49A, "\x90");
    close_both(&both);
    both = open_both("euc-tw");
    assert_put(&both, 0x4E00, "\xC4\xA1");
    assert_put(&both, 0x4E28, "\x8E\xA3\xA1\xA1");
    close_both(&both);
}

/* glibc writes ← as ESC and ◙ as LF in CP922, as a PC once showed these controls. */
static void foreign_character_is_never_a_control(void **state)
{
    struct both both = {.table = table_new(NULL, "cp922")};

    (void)state;
    if (!both.table)
        return; /* GNU libiconv does not know it */
    both.inverse = inverse_new(both.table, "cp922");
    assert_non_null(both.inverse);
    assert_put(&both, 0x2190, "");
    assert_put(&both, 0x25D9, "");
    assert_put(&both, 0x161, "\xF0");
    for (uint32_t scalar = 0x80; scalar < 0x3000; scalar++) {
        unsigned char out[INVERSE_BYTES];
        size_t n = inverse_put(both.inverse, scalar, out);

        assert_false(n && (out[0] < ' ' || out[0] == 0x7F));
    }
    close_both(&both);
}

static void iconv_is_asked_for_a_block_when_a_text_has_it(void **state)
{
    struct both both = open_both("johab");

    (void)state;
    assert_false(both.inverse->is_asked[0xAC]);
    assert_put(&both, 0xAC00, "\x88\x61");
    assert_true(both.inverse->is_asked[0xAC]);
    assert_false(both.inverse->is_asked[0xAD]);
    close_both(&both);
}

static void inverse_of_an_unknown_charset_is_not_opened(void **state)
{
    struct table *table = table_new(NULL, "johab");

    (void)state;
    assert_non_null(table);
    errno = 0;
    assert_null(inverse_new(table, "klingon"));
    assert_int_equal(errno, EINVAL);
    table_free(table);
    inverse_free(NULL);
}

/* ---- memory ---- */

/* The size of the pages that hold anything; the system has no memory for the others. */
static size_t touched(const void *memory, size_t size)
{
    enum { PAGE = 4096 };
    static const unsigned char nothing[PAGE];
    const unsigned char *bytes = memory;
    size_t sum = 0;

    for (size_t at = 0; at < size; at += PAGE) {
        size_t n = size - at < PAGE ? size - at : PAGE;

        sum += memcmp(bytes + at, nothing, n) ? PAGE : 0;
    }
    return sum;
}

static void tables_of_a_charset_take_at_most_256_kib(void **state)
{
    static const char *const names[] = {"gbk",    "gb18030", "big5",  "shift_jis",
                                        "euc-jp", "euc-kr",  "koi8-r"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct both both = open_both(names[i]);
        unsigned char out[INVERSE_BYTES];
        size_t size;

        for (unsigned lead = 0x80; lead < 0x100; lead++)
            for (unsigned trail = 0x30; trail < 0x100; trail++)
                table_next(both.table,
                           (unsigned char[]){(unsigned char)lead, (unsigned char)trail, 0xA1}, 3);
        for (uint32_t scalar = 0x80; scalar < 0x30000; scalar++)
            inverse_put(both.inverse, scalar, out);
        size =
            touched(both.table, sizeof *both.table) + touched(both.inverse, sizeof *both.inverse);
        if (size > 256 * 1024)
            fail_msg("%s: %zu KiB", names[i], size / 1024);
        close_both(&both);
    }
}

static void longer_text_turns_the_table(void **state)
{
    struct both both = open_both("gbk");

    (void)state;
    for (uint32_t i = 0; i < TABLE_SPARED; i++)
        assert_put(&both, 0x4F60, "\xC4\xE3");
    assert_int_equal(both.inverse->turned, 0);
    assert_put(&both, 0x4F60, "\xC4\xE3");
    assert_true(both.inverse->turned > 0);
    close_both(&both);
}

static void character_that_is_not_found_turns_the_table(void **state)
{
    struct both both = open_both("gbk");

    (void)state;
    assert_put(&both, 0x4F60, "\xC4\xE3");
    assert_put(&both, 0x1F600, ""); /* known to be lacking */
    assert_int_equal(both.inverse->turned, 0);
    assert_put(&both, 0x3000, "\xA1\xA1");
    assert_true(both.inverse->turned > 0);
    assert_true(inverse_has_cells(both.inverse));
    close_both(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_have_the_bytes_of_the_standard),
        cmocka_unit_test(character_that_is_lacking_has_no_bytes),
        cmocka_unit_test(gb18030_writes_four_bytes_for_all_others),
        cmocka_unit_test(euc_jp_writes_three_bytes),
        cmocka_unit_test(late_pairs_are_written_only_for_want_of_others),
        cmocka_unit_test(big5_has_characters_beyond_the_bmp),
        cmocka_unit_test(table_is_turned_as_far_as_a_text_needs_it),
        cmocka_unit_test(vietnamese_letter_is_a_letter_and_a_mark),
        cmocka_unit_test(hebrew_letter_is_a_letter_and_points),
        cmocka_unit_test(other_charsets_decompose_nothing),
        cmocka_unit_test(big5_joins_two_characters),
        cmocka_unit_test(foreign_characters_are_those_of_iconv),
        cmocka_unit_test(foreign_character_is_never_a_control),
        cmocka_unit_test(iconv_is_asked_for_a_block_when_a_text_has_it),
        cmocka_unit_test(inverse_of_an_unknown_charset_is_not_opened),
        cmocka_unit_test(tables_of_a_charset_take_at_most_256_kib),
        cmocka_unit_test(longer_text_turns_the_table),
        cmocka_unit_test(character_that_is_not_found_turns_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
