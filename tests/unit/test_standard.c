/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>

#include "text/standard.h"

static void assert_label(const char *label, const char *name, enum standard_form form)
{
    const struct standard *standard = standard_find(label);

    if (!standard)
        fail_msg("'%s' is no label", label);
    assert_string_equal(standard->name, name);
    assert_int_equal(standard->form, form);
}

static void label_finds_its_encoding(void **state)
{
    (void)state;
    assert_label("utf8", "UTF-8", FORM_UTF8);
    assert_label("gb2312", "GBK", FORM_GB18030);
    assert_label("gb18030", "gb18030", FORM_GB18030);
    assert_label("big5-hkscs", "Big5", FORM_PAIRS);
    assert_label("windows-31j", "Shift_JIS", FORM_PAIRS);
    assert_label("x-euc-jp", "EUC-JP", FORM_EUC_JP);
    assert_label("ks_c_5601-1987", "EUC-KR", FORM_PAIRS);
    assert_label("cp866", "IBM866", FORM_SINGLES);
    assert_label("logical", "ISO-8859-8-I", FORM_SINGLES);
    assert_label("koi8-ru", "KOI8-U", FORM_SINGLES);
    assert_label("mac", "macintosh", FORM_SINGLES);
    assert_label("x-mac-ukrainian", "x-mac-cyrillic", FORM_SINGLES);
}

/* The lists of glibc and of locales spell names in many ways. */
static void label_is_read_by_its_letters_and_digits(void **state)
{
    (void)state;
    assert_label("UTF-8", "UTF-8", FORM_UTF8);
    assert_label("eucKR", "EUC-KR", FORM_PAIRS);
    assert_label("EUC_JP", "EUC-JP", FORM_EUC_JP);
    assert_label("SHIFT-JIS", "Shift_JIS", FORM_PAIRS);
    assert_label("Windows1252", "windows-1252", FORM_SINGLES);
    assert_null(standard_find("utf-88"));
    assert_null(standard_find("utf"));
    assert_null(standard_find(""));
}

static void other_names_are_no_labels(void **state)
{
    static const char *const others[] = {"johab", "cp1361",  "ujis",  "cp850", "koi8-t",
                                         "tscii", "klingon", "wchar", "-",     "euc-tw"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(standard_find(others[i]));
}

/* Windows calls these by its own numbers. */
static void code_pages_are_their_encodings(void **state)
{
    (void)state;
    assert_ptr_equal(standard_find("cp936"), standard_find("gbk"));
    assert_ptr_equal(standard_find("cp932"), standard_find("shift_jis"));
    assert_ptr_equal(standard_find("cp949"), standard_find("euc-kr"));
    assert_ptr_equal(standard_find("cp950"), standard_find("big5"));
    assert_ptr_equal(standard_find("uhc"), standard_find("euc-kr"));
    assert_ptr_equal(standard_find("CP-874"), standard_find("windows-874"));
}

/* The standard reads some of these as windows-1252, -1254 and -874. */
static void names_of_ascii_and_iso_mean_themselves(void **state)
{
    (void)state;
    assert_label("us-ascii", "US-ASCII", FORM_SINGLES);
    assert_label("latin1", "ISO-8859-1", FORM_SINGLES);
    assert_label("cp819", "ISO-8859-1", FORM_SINGLES);
    assert_label("latin5", "ISO-8859-9", FORM_SINGLES);
    assert_label("tis-620", "ISO-8859-11", FORM_SINGLES);
    assert_label("cp1252", "windows-1252", FORM_SINGLES);
    assert_label("dos-874", "windows-874", FORM_SINGLES);
}

static void encodings_without_ascii_are_refused(void **state)
{
    (void)state;
    assert_label("iso-2022-jp", "ISO-2022-JP", FORM_REFUSED);
    assert_label("iso-2022-kr", "replacement", FORM_REFUSED);
    assert_label("hz-gb-2312", "HZ-GB-2312", FORM_REFUSED);
    assert_label("utf-16", "UTF-16LE", FORM_REFUSED);
    assert_label("unicodefffe", "UTF-16BE", FORM_REFUSED);
    assert_label("x-user-defined", "x-user-defined", FORM_REFUSED);
}

static void every_label_has_an_encoding(void **state)
{
    size_t i = 0;

    (void)state;
    for (; standard_label(i); i++) {
        const struct standard *standard = standard_find(standard_label(i));

        if (!standard)
            fail_msg("'%s' has no encoding", standard_label(i));
        if (standard->form != FORM_UTF8 && standard->form != FORM_REFUSED)
            assert_true(*standard->source[0]);
    }
    assert_true(i >= 228);
    assert_null(standard_label(i + 1000));
}

/* table.c takes the cells by their bytes. */
static void decoded_cells_are_in_the_order_of_their_bytes(void **state)
{
    size_t sum = 0;

    (void)state;
    for (size_t i = 0; standard_label(i); i++) {
        const struct standard *standard = standard_find(standard_label(i));
        size_t count;
        const struct standard_cell *cells = standard_decoded(standard, &count);

        for (size_t k = 0; k < count; k++) {
            assert_int_equal(cells[k].encoding, cells[0].encoding);
            assert_true(cells[k].bytes >= 0x80 && cells[k].bytes <= 0x8FFEFE);
            assert_true(cells[k].scalar || !cells[k].second);
            assert_true(!k || cells[k].bytes > cells[k - 1].bytes);
        }
        sum += count;
    }
    assert_true(sum > 0);
}

static const struct standard_cell *find_bytes(const char *label, uint32_t bytes)
{
    size_t count;
    const struct standard_cell *cell = standard_decoded(standard_find(label), &count);

    while (count && cell->bytes != bytes)
        cell++, count--;
    return count ? cell : NULL;
}

static void big5_has_four_pairs_of_two_characters(void **state)
{
    static const uint32_t pairs[][3] = {
        {0x8862, 0xCA, 0x304}, {0x8864, 0xCA, 0x30C}, {0x88A3, 0xEA, 0x304}, {0x88A5, 0xEA, 0x30C}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct standard_cell *cell = find_bytes("big5", pairs[i][0]);

        assert_non_null(cell);
        assert_int_equal(cell->scalar, pairs[i][1]);
        assert_int_equal(cell->second, pairs[i][2]);
    }
    assert_null(find_bytes("koi8-r", 0x8862));
}

static void encoded_cells_are_of_their_encoding(void **state)
{
    size_t count;
    const struct standard_cell *cells = standard_encoded(standard_find("shift_jis"), &count);
    bool has_yen = false;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(cells[i].encoding, cells[0].encoding);
        assert_true(!i || cells[i].scalar > cells[i - 1].scalar);
        has_yen |= cells[i].scalar == 0xA5 && cells[i].bytes == '\\';
    }
    assert_true(has_yen);
    standard_encoded(standard_find("koi8-r"), &count);
    assert_int_equal(count, 0);
}

/* gb18030.c halves them by either column. */
static void runs_ascend_in_both_columns(void **state)
{
    size_t count;
    const struct standard_run *runs = standard_runs(&count);

    (void)state;
    assert_true(count > 200);
    assert_int_equal(runs[0].linear, 0);
    assert_int_equal(runs[0].scalar, 0x80);
    for (size_t i = 1; i < count; i++) {
        assert_true(runs[i].linear > runs[i - 1].linear);
        assert_true(runs[i].scalar - runs[i - 1].scalar > runs[i].linear - runs[i - 1].linear);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_finds_its_encoding),
        cmocka_unit_test(label_is_read_by_its_letters_and_digits),
        cmocka_unit_test(other_names_are_no_labels),
        cmocka_unit_test(code_pages_are_their_encodings),
        cmocka_unit_test(names_of_ascii_and_iso_mean_themselves),
        cmocka_unit_test(encodings_without_ascii_are_refused),
        cmocka_unit_test(every_label_has_an_encoding),
        cmocka_unit_test(decoded_cells_are_in_the_order_of_their_bytes),
        cmocka_unit_test(big5_has_four_pairs_of_two_characters),
        cmocka_unit_test(encoded_cells_are_of_their_encoding),
        cmocka_unit_test(runs_ascend_in_both_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
