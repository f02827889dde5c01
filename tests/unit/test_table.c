/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "text/table.h"

/* A label of the standard, or a charset of iconv. */
static struct table *table_of(const char *name)
{
    struct table *table = table_new(standard_find(name), name);

    if (!table)
        fail_msg("%s: %s", name, strerror(errno));
    return table;
}

static struct table_char next_in(struct table *table, const char *bytes)
{
    return table_next(table, (const unsigned char *)bytes, strlen(bytes));
}

static void assert_char(struct table *table, const char *bytes, uint32_t scalar, size_t length)
{
    struct table_char next = next_in(table, bytes);

    assert_int_equal(next.status, TABLE_GOOD);
    assert_int_equal(next.scalar, scalar);
    assert_int_equal(next.second, 0);
    assert_int_equal(next.length, length);
}

static void assert_bad(struct table *table, const char *bytes, size_t length)
{
    struct table_char next = next_in(table, bytes);

    assert_int_equal(next.status, TABLE_BAD);
    assert_int_equal(next.length, length);
}

static void assert_cut(struct table *table, const char *bytes)
{
    struct table_char next = next_in(table, bytes);

    assert_int_equal(next.status, TABLE_CUT);
    assert_int_equal(next.length, strlen(bytes));
}

/* ---- opening ---- */

static void unknown_charset_has_no_table(void **state)
{
    (void)state;
    errno = 0;
    assert_null(table_new(NULL, "klingon"));
    assert_int_equal(errno, EINVAL);
    table_free(NULL);
}

static void first_bytes_have_their_roles(void **state)
{
    struct table *table = table_of("shift_jis");

    (void)state;
    assert_int_equal(table->kinds[0x80], KIND_SINGLE);
    assert_int_equal(table->kinds[0x81], KIND_LEAD);
    assert_int_equal(table->kinds[0x9F], KIND_LEAD);
    assert_int_equal(table->kinds[0xA0], KIND_BAD);
    assert_int_equal(table->kinds[0xA1], KIND_SINGLE);
    assert_int_equal(table->kinds[0xDF], KIND_SINGLE);
    assert_int_equal(table->kinds[0xE0], KIND_LEAD);
    assert_int_equal(table->kinds[0xFC], KIND_LEAD);
    assert_int_equal(table->kinds[0xFD], KIND_BAD);
    table_free(table);
    table = table_of("johab");
    assert_int_equal(table->kinds[0x80], KIND_BAD);
    assert_int_equal(table->kinds[0x88], KIND_LEAD);
    assert_int_equal(table->kinds[0xFF], KIND_BAD);
    table_free(table);
}

/* ---- rows ---- */

static void row_is_filled_behind_the_first_pairs(void **state)
{
    struct table *table = table_of("euc-kr");

    (void)state;
    for (int i = 0; i < TABLE_SPARED; i++)
        assert_char(table, "\xB0\xA1", 0xAC00, 2);
    assert_false(table->is_filled[0x30]);
    assert_char(table, "\xB0\xA1", 0xAC00, 2);
    assert_true(table->is_filled[0x30]);
    assert_false(table->is_filled[0x31]);
    assert_false(table->is_complete[0x30]);
    assert_int_equal(cells_scalar(table->pairs[0x30][0xA2]), 0xAC01);
    table_free(table);
}

/* Big5 has the letters of ETEN from one charset of iconv, those of Hong Kong from another. */
static void further_source_is_asked_for_the_cells_that_are_lacking(void **state)
{
    struct table *table = table_of("big5");

    (void)state;
    table_fill(table, 0x9D);
    assert_int_equal(table->pairs[0x1D][0xEE], CELL_NONE);
    assert_char(table, "\x9D\xEE", 0x35CE, 2); /* 㗎 */
    assert_true(table->is_complete[0x1D]);
    assert_char(table, "\xA7\x41", 0x4F60, 2);
    assert_false(table->is_complete[0x27]);
    table_free(table);
}

static void three_bytes_of_utf8_are_a_cell(void **state)
{
    struct table *table = table_of("gbk");
    const uint32_t *row = table->pairs[0x44];

    (void)state;
    table_fill(table, 0xC4);
    assert_int_equal(row[0xE3], 0xA0BDE4); /* E4 BD A0 */
    assert_true(row[0xE3] & CELL_BYTES && row[0xE3] & CELL_THREE);
    assert_int_equal(cells_scalar(row[0xE3]), 0x4F60);
    assert_int_equal(cells_scalar(0x1F600u << 8 | CELL_SCALAR), 0x1F600);
    assert_int_equal(cells_scalar(0xE9 << 8 | CELL_SCALAR), 0xE9);
    assert_int_equal(cells_scalar(CELL_NONE), 0);
    assert_int_equal(cells_scalar(CELL_VOID), 0);
    assert_int_equal(cells_scalar(CELL_ASK), 0);
    assert_int_equal(cells_scalar(CELL_TWO), 0);
    assert_int_equal(cells_scalar(row[0x7F]), 0);
    table_free(table);
}

/* iconv's CP932, from which EUC-JP is filled, has some. */
static void private_use_is_lacking_unless_the_standard_has_it(void **state)
{
    static const char *const labels[] = {"big5", "euc-kr", "euc-jp"};
    struct table *shift_jis = table_of("shift_jis");

    (void)state;
    assert_char(shift_jis, "\xF0\x40", 0xE000, 2);
    table_free(shift_jis);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        struct table *table = table_of(labels[i]);

        for (unsigned lead = 0x81; lead < 0xFF; lead++)
            for (unsigned trail = 0x40; trail < 0xFF; trail++) {
                char bytes[] = {(char)lead, (char)trail, '\0'};
                struct table_char next = next_in(table, bytes);

                assert_false(next.status == TABLE_GOOD && next.scalar >= 0xE000 &&
                             next.scalar < 0xF900);
            }
        table_free(table);
    }
}

/* ---- one character ---- */

static void standard_is_the_source_where_iconv_differs(void **state)
{
    struct table *table = table_of("windows-1252");

    (void)state;
    assert_char(table, "\x81", 0x81, 1);
    assert_char(table, "\x80", 0x20AC, 1);
    table_free(table);
    table = table_of("koi8-u");
    assert_char(table, "\xAE", 0x45E, 1);
    table_free(table);
    table = table_of("big5");
    assert_char(table, "\xA1\x45", 0x2027, 2);
    table_free(table);
}

static void pair_may_be_two_characters(void **state)
{
    struct table *table = table_of("big5");
    struct table_char next = next_in(table, "\x88\xA5z");

    (void)state;
    assert_int_equal(next.status, TABLE_GOOD);
    assert_int_equal(next.scalar, 0xEA);
    assert_int_equal(next.second, 0x30C);
    assert_int_equal(next.length, 2);
    table_free(table);
}

/* A bad pair is one fault of two bytes, or of one in front of ASCII. */
static void pairs_are_cut_and_bad_as_in_the_standard(void **state)
{
    struct table *table = table_of("euc-kr");

    (void)state;
    assert_cut(table, "\xB0");
    assert_bad(table, "\xC9\xA1\xB0\xA1", 2);
    assert_bad(table, "\xC9\xFF", 2);
    assert_bad(table, "\xC9\x80", 2);
    assert_bad(table, "\xC9z", 1);
    assert_bad(table, "\x80", 1);
    assert_bad(table, "\x80\xB0\xA1", 1);
    assert_bad(table, "\xFF\xB0\xA1", 1);
    table_free(table);
}

static void gb18030_has_four_bytes(void **state)
{
    struct table *table = table_of("gb18030");

    (void)state;
    assert_char(table, "\x80", 0x20AC, 1);
    assert_char(table, "\xC4\xE3\xBA", 0x4F60, 2);
    assert_char(table, "\x94\x39\xFC\x36\x36", 0x1F600, 4);
    assert_cut(table, "\x94");
    assert_cut(table, "\x94\x39");
    assert_cut(table, "\x94\x39\xFC");
    assert_bad(table, "\x94\x39\xFC\x80", 1);
    assert_bad(table,
               "\x94\x39"
               "A",
               1);
    assert_bad(table, "\xFE\x39\xFE\x39", 4);
    assert_bad(table, "\x94\xFF", 2);
    assert_bad(table, "\xFF\x39", 1);
    table_free(table);
}

static void euc_jp_has_three_bytes(void **state)
{
    struct table *table = table_of("euc-jp");

    (void)state;
    assert_char(table, "\xA4\xA2", 0x3042, 2);
    assert_char(table, "\x8E\xB1", 0xFF71, 2);
    assert_char(table, "\xAD\xA1", 0x2460, 2);
    assert_char(table, "\x8F\xB0\xA1", 0x4E02, 3);
    assert_cut(table, "\x8F");
    assert_cut(table, "\x8F\xB0");
    assert_bad(table, "\x8Fz", 1);
    assert_bad(table, "\x8F\xFF", 2);
    assert_bad(table, "\x8F\xB0z", 2);
    assert_bad(table, "\x8F\xA1\xA1", 3);
    assert_bad(table, "\x8E\xFE", 2);
    table_free(table);
}

/* Outside the standard a byte takes the next one into its fault if neither is a character. */
static void foreign_faults_are_one_byte_or_two(void **state)
{
    struct table *table = table_of("johab");

    (void)state;
    assert_bad(table, "\xD4\xA1\x88\x61", 2);
    assert_bad(table, "\xD4z", 1);
    assert_bad(table, "\x80\xA1", 1);
    assert_bad(table, "\xFF\xA1", 1);
    assert_bad(table, "\x80", 1);
    assert_bad(table, "\xFF", 1);
    assert_cut(table, "\xD4");
    table_free(table);
    table = table_of("armscii-8");
    assert_char(table, "\xB2", 0x531, 1);
    assert_bad(table, "\xA1\xB2", 1);
    assert_bad(table, "\xFF\xB2", 1);
    table_free(table);
}

/* ARMSCII-8 has a full stop and ISIRI-3342 a set of marks above 7F, and that one LF, too. */
static void foreign_bytes_may_be_ascii_but_no_control(void **state)
{
    struct table *table = table_of("armscii-8");

    (void)state;
    assert_char(table, "\xA9", '.', 1);
    assert_char(table, "\xA5", '(', 1);
    table_free(table);
    table = table_new(NULL, "isiri-3342");
    if (!table)
        return; /* GNU libiconv does not know it */
    assert_char(table, "\xA0", ' ', 1);
    assert_char(table, "\xA3", '!', 1);
    for (unsigned char byte = 0x80; byte < 0xA0; byte++)
        assert_int_equal(table->kinds[byte], KIND_BAD);
    table_free(table);
}

/* iconv is asked each time where the table has no room. */
static void foreign_characters_may_have_four_bytes(void **state)
{
    struct table *table = table_of("euc-tw");

    (void)state;
    assert_char(table, "\xC4\xA1", 0x4E00, 2);
    assert_char(table, "\x8E\xA3\xA1\xA1z", 0x4E28, 4);
    assert_cut(table, "\x8E");
    assert_cut(table, "\x8E\xA3");
    assert_cut(table, "\x8E\xA3\xA1");
    assert_bad(table, "\x8E\xA3z", 2);
    assert_bad(table, "\x8E\xA6\n", 2);
    assert_bad(table, "\x8E\xA3\xA1\n", 2);
    assert_bad(table, "\x8Ez", 1);
    assert_bad(table, "\x8E\xB1\xB1\xB1", 2);
    table_free(table);
}

/* ---- comparing ---- */

static void assert_same(const char *one, const char *other, bool same)
{
    struct table *a = table_of(one), *b = table_of(other);

    if (table_same(a, b) != same)
        fail_msg("%s and %s are %s", one, other, same ? "the same" : "not the same");
    table_free(a);
    table_free(b);
}

static void tables_are_the_same_cell_by_cell(void **state)
{
    (void)state;
    assert_same("gbk", "gb2312", true);
    assert_same("gbk", "gb18030", false); /* one encodes what the other lacks */
    assert_same("euc-jp", "x-euc-jp", true);
    assert_same("euc-jp", "shift_jis", false);
    assert_same("cp850", "ibm850", true);
    assert_same("cp850", "cp858", false); /* the euro sign */
    assert_same("iso-8859-8", "iso-8859-8-i", true);
    assert_same("big5", "big5-hkscs", true);
    assert_same("big5", "euc-kr", false);
    assert_same("johab", "cp1361", true);
}

/* ---- the first pairs ---- */

static void compare(struct table *rows, struct table *asked, unsigned char lead)
{
    for (unsigned trail = 0; trail < 0x100; trail++) {
        const unsigned char pair[] = {lead, (unsigned char)trail};
        struct table_char wanted, got;

        table_complete(rows, lead);
        wanted = table_next(rows, pair, sizeof pair);
        asked->spared = 0;
        asked->is_filled[lead & 0x7F] = false;
        got = table_next(asked, pair, sizeof pair);
        assert_int_equal(got.status, wanted.status);
        assert_int_equal(got.scalar, wanted.scalar);
        assert_int_equal(got.second, wanted.second);
        assert_int_equal(got.length, wanted.length);
    }
}

static void first_pairs_are_those_of_the_rows(void **state)
{
    static const char *const names[] = {"gbk", "gb18030", "big5", "shift_jis", "euc-kr", "euc-jp"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct table *rows = table_of(names[i]), *asked = table_of(names[i]);

        for (unsigned lead = 0x80; lead < 0x100; lead++)
            if (rows->kinds[lead] == KIND_LEAD)
                compare(rows, asked, (unsigned char)lead);
        table_free(rows);
        table_free(asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_charset_has_no_table),
        cmocka_unit_test(first_bytes_have_their_roles),
        cmocka_unit_test(row_is_filled_behind_the_first_pairs),
        cmocka_unit_test(further_source_is_asked_for_the_cells_that_are_lacking),
        cmocka_unit_test(three_bytes_of_utf8_are_a_cell),
        cmocka_unit_test(private_use_is_lacking_unless_the_standard_has_it),
        cmocka_unit_test(standard_is_the_source_where_iconv_differs),
        cmocka_unit_test(pair_may_be_two_characters),
        cmocka_unit_test(pairs_are_cut_and_bad_as_in_the_standard),
        cmocka_unit_test(gb18030_has_four_bytes),
        cmocka_unit_test(euc_jp_has_three_bytes),
        cmocka_unit_test(foreign_faults_are_one_byte_or_two),
        cmocka_unit_test(foreign_bytes_may_be_ascii_but_no_control),
        cmocka_unit_test(foreign_characters_may_have_four_bytes),
        cmocka_unit_test(tables_are_the_same_cell_by_cell),
        cmocka_unit_test(first_pairs_are_those_of_the_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
