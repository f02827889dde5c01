/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>
#include <utf8proc.h>

#include "text/name.h"
#include "text/utf8.h"

static void assert_name(const char *name)
{
    struct err err = {0};

    if (name_check(name, &err) < 0)
        fail_msg("%s", err.sentence);
}

/* The sentence has `why` in it. */
static void assert_no_name(const char *name, const char *why)
{
    struct err err = {0};

    if (name_check(name, &err) == 0)
        fail_msg("'%s' was taken for a name", name);
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.sentence, why))
        fail_msg("'%s' does not say '%s'", err.sentence, why);
    assert_int_equal(name_check(name, NULL), -1);
}

static void name_begins_with_a_letter_or_digit(void **state)
{
    (void)state;
    assert_name("a");
    assert_name("peer1");
    assert_name("7");
    assert_name("王小明");
    assert_name("Ünal");
    assert_name("Жанна");
    assert_name("a-b_c.d");
    assert_name("e\u0301ric"); /* an accent of its own */
    assert_no_name("-a", "begins with no letter or digit");
    assert_no_name("*", "begins with no letter or digit");
    assert_no_name("/quit", "begins with no letter or digit");
    assert_no_name("😀", "begins with no letter or digit");
    assert_no_name("│x", "begins with no letter or digit");
    assert_no_name("", "at least one letter");
}

/* Such a mark would combine with the character in front of the name. */
static void mark_at_the_start_is_refused(void **state)
{
    (void)state;
    assert_no_name("\u0301a", "is no name");
    assert_no_name("\uFE0Fa", "is no name");
}

static void controls_are_refused(void **state)
{
    (void)state;
    assert_no_name("a\x1B[31mb", "not seen");
    assert_no_name("a\nb", "not seen");
    assert_no_name("a\rb", "not seen");
    assert_no_name("a\tb", "is no name");
    assert_no_name("a\x7F", "not seen");
    assert_no_name("a\xC2\x85", "not seen");
    assert_no_name("a\xC2\x9B"
                   "31m",
                   "not seen");
    assert_no_name("a\u2028", "not seen");
}

static void bidi_controls_are_refused(void **state)
{
    static const char *const names[] = {"a\u202Eb", "a\u202Ab", "a\u2066b", "a\u2069b",
                                        "a\u200Eb", "a\u200Fb", "a\u061Cb"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "not seen");
}

static void invisible_characters_are_refused(void **state)
{
    static const char *const names[] = {
        "a\u200Bb",    "a\uFEFFb", "a\u2060", "a\u00AD",
        "a\U000E0041", "a\uE000",  "a\u0378", "\u3164a",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "not seen");
}

/* On a screen such a name looks like one without these characters. */
static void lone_joiner_is_refused(void **state)
{
    (void)state;
    assert_no_name("peer\u200D1", "is no name");
    assert_no_name("peer\u200C1", "is no name");
    assert_no_name("peer1\u200D", "is no name");
}

static void variation_selector_is_refused(void **state)
{
    (void)state;
    assert_no_name("peer1\uFE0F", "is no name");
    assert_no_name("peer1\uFE00", "is no name");
    assert_no_name("peer1\U000E0100", "is no name");
}

static void blanks_are_refused(void **state)
{
    static const char *const names[] = {"a b",      " a",       "a ",       "a\u00A0b",
                                        "a\u3000b", "a\u2003b", "a\u1680b", "a\u202Fb"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "is no name");
}

static void name_has_at_most_32_columns(void **state)
{
    (void)state;
    assert_name("12345678901234567890123456789012");
    assert_no_name("123456789012345678901234567890123", "too long");
    assert_name("一二三四五六七八九十一二三四五六"); /* sixteen of two columns */
    assert_no_name("一二三四五六七八九十一二三四五六七", "too long");
    assert_no_name("一二三四五六七八九十一二三四五六a", "too long");
}

/* Marks take no column, so bytes have a limit, too. */
static void name_has_at_most_127_bytes(void **state)
{
    char name[NAME_BYTES + 2];

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_no_name(name, "too long");
}

static void invalid_utf8_is_refused(void **state)
{
    (void)state;
    assert_no_name("a\xFF", "not seen");
    assert_no_name("a\xE4\xBD", "not seen");
    assert_no_name("\xC4\xE3", "not seen");
    assert_no_name("a\xC0\x80", "not seen");
    assert_no_name("a\xED\xA0\x80", "not seen");
}

static void pile_of_marks_is_refused(void **state)
{
    (void)state;
    assert_name("a\u0301\u0302\u0301\u0302");
    assert_no_name("a\u0301\u0302\u0301\u0302\u0301", "too many marks");
    assert_no_name("a\u0301\u0301", "too many marks");
}

static void marks_other_than_accents_are_refused(void **state)
{
    static const char *const names[] = {
        "alice\u20E3", "alice\u20DD", "alice\u0488", "al\u0335ice", "a\u0338lice",
        "a\u0361lice", "alice\u034F", "alice\u1AB0", "alice\uFE20", "alice\u1DCA",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "is no name");
}

/* A name may have the marks that occur in the decomposition of a letter. */
static void accents_are_those_of_decompositions(void **state)
{
    bool is_part[0x70] = {0};

    (void)state;
    for (utf8proc_int32_t scalar = 0xC0; scalar < 0x2000; scalar++) {
        utf8proc_int32_t pieces[8];
        utf8proc_ssize_t count =
            utf8proc_decompose_char(scalar, pieces, 8, UTF8PROC_DECOMPOSE, NULL);

        for (utf8proc_ssize_t i = 1; i < count; i++)
            if (utf8proc_category(scalar) <= UTF8PROC_CATEGORY_LO && pieces[i] >= 0x300 &&
                pieces[i] < 0x370)
                is_part[pieces[i] - 0x300] = true;
    }
    for (uint32_t scalar = 0x300; scalar < 0x370; scalar++) {
        char name[8] = "x";

        name[1 + utf8_put(scalar, (unsigned char *)name + 1)] = '\0';
        if ((name_check(name, NULL) == 0) != is_part[scalar - 0x300])
            fail_msg("U+%04X is%s a part of letters", scalar,
                     is_part[scalar - 0x300] ? "" : " not");
    }
}

/* ---- scripts ---- */

static void mixed_scripts_are_refused(void **state)
{
    (void)state;
    assert_name("Жанна7");
    assert_name("Ελένη");
    assert_name("王Tom");
    assert_name("さくらサクラ桜");
    assert_name("김Kim");
    assert_name("שלום");
    assert_name("a1");
    assert_no_name("pеer2", "different scripts"); /* a Cyrillic letter */
    assert_no_name("Жan", "different scripts");
    assert_no_name("Οtto", "different scripts"); /* a Greek one */
    assert_no_name("王Жанна", "different scripts");
    assert_no_name("王é", "different scripts");
    assert_no_name("שa", "different scripts");
    assert_no_name("аα", "different scripts");
    assert_no_name("alice\u064E", "different scripts"); /* a mark of Arabic */
    assert_no_name("alice\u0E31", "different scripts"); /* of Thai */
    assert_no_name("peer\u0661", "different scripts");  /* a digit of Arabic */
    assert_no_name("bob\u0969", "different scripts");
}

static void script_spans_its_blocks(void **state)
{
    static const char *const names[] = {
        "Արմեն", "Փիլիպպոս",  "پریا",   "گلی",   "مُحَمَّد", "محمد٣", "მარიამ", "አበበ",    "ጴጥሮስ",
        "भारती", "Adébọ̀wálé", "Nguyễn", "สมชาย", "ပြည့်",  "ᏣᎳᎩ",   "ᐃᓄᒃ",    "བསྟནའཛིན", "ｐｅｅｒ２",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_name(names[i]);
}

/* Some blanks do not have the category Zs. */
static void blank_look_alikes_are_refused(void **state)
{
    static const char *const names[] = {"a\u2800b", "a\u115Fb", "a\u1160b", "a\uFFA0b"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "is no name");
}

/* "peer2：yes: no" would look like a line of peer2. */
static void colon_look_alikes_are_refused(void **state)
{
    static const char *const names[] = {"peer2：yes", "peer2:", "peer2\uFE55", "peer2\uA789"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "is no name");
}

/* Small capitals and letters of phonetics are Latin, and look like others. */
static void cross_script_look_alikes_are_refused(void **state)
{
    static const char *const names[] = {"\u0261eorge", "\u0251lice", "p\u1D07\u1D07r2"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_no_name(names[i], "is no name");
}

static void key_folds_case_and_width(void **state)
{
    static const char *const same[][2] = {{"Peer", "ｐｅｅｒ"},
                                          {"ÜNAL", "u\u0308nal"},
                                          {"STRASSE", "straße"},
                                          {"ｶﾞ", "ガ"},
                                          {"ﬁn", "FIN"}};
    char key[NAME_KEY], other[NAME_KEY];

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        name_key(same[i][0], key);
        name_key(same[i][1], other);
        assert_string_equal(key, other);
        name_key(key, other); /* once is enough */
        assert_string_equal(key, other);
    }
    name_key("", key);
    assert_string_equal(key, "");
    name_key("bob", key);
    name_key("rob", other);
    assert_string_not_equal(key, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_begins_with_a_letter_or_digit),
        cmocka_unit_test(mark_at_the_start_is_refused),
        cmocka_unit_test(controls_are_refused),
        cmocka_unit_test(bidi_controls_are_refused),
        cmocka_unit_test(invisible_characters_are_refused),
        cmocka_unit_test(lone_joiner_is_refused),
        cmocka_unit_test(variation_selector_is_refused),
        cmocka_unit_test(blanks_are_refused),
        cmocka_unit_test(name_has_at_most_32_columns),
        cmocka_unit_test(name_has_at_most_127_bytes),
        cmocka_unit_test(invalid_utf8_is_refused),
        cmocka_unit_test(pile_of_marks_is_refused),
        cmocka_unit_test(marks_other_than_accents_are_refused),
        cmocka_unit_test(accents_are_those_of_decompositions),
        cmocka_unit_test(script_spans_its_blocks),
        cmocka_unit_test(mixed_scripts_are_refused),
        cmocka_unit_test(blank_look_alikes_are_refused),
        cmocka_unit_test(colon_look_alikes_are_refused),
        cmocka_unit_test(cross_script_look_alikes_are_refused),
        cmocka_unit_test(key_folds_case_and_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
