/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <string.h>

#include "text/charset.h"

/* ---- names ---- */

static void find_returns_one_pointer_per_charset(void **state)
{
    (void)state;
    assert_ptr_equal(find("gbk"), find("GBK"));
    assert_ptr_equal(find("utf8"), find("UTF-8"));
    assert_ptr_equal(find("utf8"), find("Utf-8"));
    assert_ptr_equal(find("koi8-r"), find("KOI8-R"));
    assert_ptr_equal(find("johab"), find("JOHAB"));
    assert_ptr_not_equal(find("gbk"), find("gb18030"));
    assert_ptr_not_equal(find("gbk"), find("utf-8"));
    assert_ptr_not_equal(find("koi8-r"), find("koi8-u"));
}

static void labels_of_one_encoding_are_one_charset(void **state)
{
    static const char *const same[][3] = {
        {"gbk", "gb2312", "cp936"},
        {"gbk", "euc-cn", "windows-936"},
        {"big5", "big5-hkscs", "x-x-big5"},
        {"shift_jis", "windows-31j", "ms932"},
        {"euc-kr", "ks_c_5601-1987", "windows-949"},
        {"windows-1252", "cp1252", "x-cp1252"},
        {"latin1", "iso-8859-1", "l1"},
        {"us-ascii", "ascii", "ANSI_X3.4-1968"},
        {"latin5", "iso-8859-9", "l5"},
        {"tis-620", "iso-8859-11", "iso885911"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_ptr_equal(find(same[i][0]), find(same[i][1]));
        assert_ptr_equal(find(same[i][0]), find(same[i][2]));
    }
}

/* The standard reads these labels as windows-1252, -1254 and -874. */
static void labels_of_iso_charsets_mean_themselves(void **state)
{
    (void)state;
    assert_ptr_not_equal(find("latin1"), find("windows-1252"));
    assert_decodes("latin1", "\x80\xE9", "\xC2\x80é");
    assert_encodes("latin1", "\xC2\x80é€", "\x80\xE9?");
    assert_decodes("us-ascii", "a\xE9", "a\uFFFD");
    assert_encodes("us-ascii", "aé", "a?");
    assert_decodes("latin5", "\x80\xF0", "\xC2\x80ğ");
    assert_decodes("tis-620", "\xA1", "ก");
    assert_encodes("tis-620", "…ก", "?\xA1");
}

static void label_of_a_peer_opens_encodings_of_the_standard_only(void **state)
{
    struct charsets own = {0};
    struct charset *euc_kr = charset_find_label(&own, "EUC-KR", NULL);

    (void)state;
    assert_non_null(euc_kr);
    assert_ptr_equal(charset_find_label(&own, "korean", NULL), euc_kr);
    assert_null(charset_find_label(&own, "johab", NULL));
    assert_null(charset_find_label(&own, "euc-kr//", NULL));
    assert_null(charset_find_label(&own, "utf-16", NULL));
    assert_null(charset_find_label(&own, "", NULL));
    assert_ptr_equal(own.first, euc_kr);
    assert_null(euc_kr->next);
    assert_non_null(charset_find(&own, "johab", NULL));
    assert_non_null(charset_find_label(&own, "johab", NULL));
    charsets_fini(&own);
}

static void name_is_in_upper_case(void **state)
{
    (void)state;
    assert_string_equal(charset_name(find("windows-1251")), "WINDOWS-1251");
    assert_string_equal(charset_name(find("utf8")), "UTF-8");
    assert_string_equal(charset_name(find("koi8-t")), "KOI8-T");
}

/* A peer may choose the label, so the label must not be seen by others. */
static void label_is_called_by_its_encoding(void **state)
{
    (void)state;
    assert_string_equal(charset_name(find("cp936")), "GBK");
    assert_string_equal(charset_name(find("(gb2312)")), "GBK");
    assert_string_equal(charset_name(find("sjis")), "SHIFT_JIS");
    assert_string_equal(charset_name(find("unicode-1-1-utf-8")), "UTF-8");
}

static void all_names_of_utf8_are_one_charset(void **state)
{
    struct charsets own = {0};
    struct charset *renamed = charset_find(&own, "iso-ir-193", NULL);

    (void)state;
    assert_ptr_equal(find("utf8"), find("utf-8"));
    assert_ptr_equal(find("unicode-1-1-utf-8"), find("utf-8"));
    assert_ptr_equal(find("iso-ir-193"), find("utf-8"));
    assert_ptr_equal(charset_find(&own, "utf-8", NULL), renamed);
    assert_string_equal(charset_name(renamed), "UTF-8");
    charsets_fini(&own);
}

/* ---- refusals ---- */

static void assert_refused(const char *name)
{
    struct err err = {0};

    if (charset_find(&charsets, name, &err))
        fail_msg("'%s' was taken", name);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_true(*err.sentence);
    assert_null(charset_find(&charsets, name, NULL));
}

static void assert_meant(const char *name, const char *end)
{
    struct err err = {0};
    size_t n;

    assert_null(charset_find(&charsets, name, &err));
    n = strlen(err.sentence);
    if (n < strlen(end) || strcmp(err.sentence + n - strlen(end), end) != 0)
        fail_msg("%s", err.sentence);
}

static void closest_label_is_offered(void **state)
{
    (void)state;
    assert_meant("gkb", "did you mean gbk?");
    assert_meant("GKB", "did you mean gbk?");
    assert_meant("utf-8-sig", "did you mean utf-8?");
    assert_meant("shift_jsi", "did you mean shift_jis?");
    assert_meant("windows-1215", "did you mean windows-1251?");
    assert_meant("gb1803", "did you mean gb18030?");
    assert_meant("klingon", "iconv -l lists them");
}

/* Another number is another language. */
static void label_with_another_number_is_not_offered(void **state)
{
    (void)state;
    assert_meant("cp939x", "iconv -l lists them");
    assert_meant("windows-1259", "iconv -l lists them");
}

static void refused_label_is_not_offered(void **state)
{
    (void)state;
    assert_meant("utf-9", "iconv -l lists them");
    assert_meant("utf-61", "did you mean utf-8?");
    assert_meant("utf-16-sig", "iconv -l lists them");
    assert_meant("iso-2022-jpp", "iconv -l lists them");
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
        "g b k",
        "8859",
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
        "replacement",
        "x-user-defined",
        "auto",
        "utf-8,gbk",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(refused[i]);
}

/* iconv holds letters of these back: what follows may change them. */
static void charsets_that_hold_letters_back_are_refused(void **state)
{
    static const char *const refused[] = {"TSCII",         "TCVN",         "TCVN5712-1",
                                          "EUC-JISX0213",  "EUC-JIS-2004", "SHIFT_JISX0213",
                                          "SHIFT_JIS-2004"};

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

/* ---- what is the same ---- */

/* These are glibc's other names of UTF-8. */
static void utf8_under_another_name_is_utf8(void **state)
{
    static const char *const names_of_utf8[] = {"iso-ir-193", "osf05010001"};

    (void)state;
    for (size_t i = 0; i < sizeof names_of_utf8 / sizeof *names_of_utf8; i++) {
        struct charset *charset = charset_find(&charsets, names_of_utf8[i], NULL);

        if (!charset)
            continue;
        assert_true(charset_is_utf8(charset));
        assert_true(charset_same(charset, find("utf-8")));
        assert_false(charset_same(charset, find("gbk")));
        assert_decodes(names_of_utf8[i], "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD");
    }
}

static void same_charset_has_the_same_characters(void **state)
{
    (void)state;
    assert_true(charset_same(find("gbk"), find("gb2312")));
    assert_true(charset_same(find("cp850"), find("ibm850")));
    assert_true(charset_same(find("koi8-r"), find("koi8-r")));
    assert_false(charset_same(find("gbk"), find("gb18030")));
    assert_false(charset_same(find("gbk"), find("utf-8")));
    assert_false(charset_same(find("utf-8"), find("gbk")));
    assert_false(charset_same(find("koi8-r"), find("koi8-u")));
    assert_false(charset_same(find("latin1"), find("windows-1252")));
    assert_false(charset_same(find("euc-kr"), find("big5")));
}

static void chinese_is_gbk_or_gb18030(void **state)
{
    (void)state;
    assert_true(charset_is_chinese(find("gb2312")));
    assert_true(charset_is_chinese(find("gb18030")));
    assert_false(charset_is_chinese(find("big5")));
    assert_false(charset_is_chinese(find("utf-8")));
    assert_false(charset_is_chinese(find("johab")));
    assert_true(charset_is_utf8(find("utf-8")));
    assert_false(charset_is_utf8(find("gbk")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_returns_one_pointer_per_charset),
        cmocka_unit_test(labels_of_one_encoding_are_one_charset),
        cmocka_unit_test(labels_of_iso_charsets_mean_themselves),
        cmocka_unit_test(label_of_a_peer_opens_encodings_of_the_standard_only),
        cmocka_unit_test(name_is_in_upper_case),
        cmocka_unit_test(label_is_called_by_its_encoding),
        cmocka_unit_test(all_names_of_utf8_are_one_charset),
        cmocka_unit_test(closest_label_is_offered),
        cmocka_unit_test(label_with_another_number_is_not_offered),
        cmocka_unit_test(refused_label_is_not_offered),
        cmocka_unit_test(unusable_charsets_are_refused),
        cmocka_unit_test(charsets_that_hold_letters_back_are_refused),
        cmocka_unit_test(refusal_quotes_the_name),
        cmocka_unit_test(refusal_keeps_no_charset),
        cmocka_unit_test(utf8_under_another_name_is_utf8),
        cmocka_unit_test(same_charset_has_the_same_characters),
        cmocka_unit_test(chinese_is_gbk_or_gb18030),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
