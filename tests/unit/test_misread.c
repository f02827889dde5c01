/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "text/misread.h"

static struct charsets charsets;
static struct charset *gbk, *latin;

static int open_charsets(void **state)
{
    (void)state;
    gbk = charset_find(&charsets, "gbk", NULL);
    latin = charset_find(&charsets, "windows-1252", NULL);
    return gbk && latin ? 0 : -1;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

static struct misread in_pieces(const char *bytes, size_t each)
{
    struct misread misread = {0};
    size_t n = strlen(bytes);

    for (size_t i = 0; i < n; i += each)
        misread_push(&misread, bytes + i, n - i < each ? n - i : each);
    return misread;
}

static void utf8_takes_three_long_characters_without_a_fault(void **state)
{
    static const struct {
        const char *bytes;
        bool is_utf8;
    } cases[] = {
        {"你好吗", true},      {"hello 你 好 😀\n", true}, {"你好", false},
        {"你好吗\xFF", false}, {"你好吗\xE4\xBD", true}, /* a peer that was cut off */
        {"éééééé", false},     {"hello", false},          {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t each = 1; each < 8; each++) {
            struct misread misread = in_pieces(cases[i].bytes, each);

            assert_int_equal(misread_is_utf8(&misread), cases[i].is_utf8);
            assert_false(misread_is(&misread, gbk));
        }
}

#define NI_HAO_MA_GBK "\xC4\xE3\xBA\xC3\xC2\xF0"

static void legacy_takes_three_valid_characters_and_faults_in_utf8(void **state)
{
    static const struct {
        const char *bytes;
        bool is_gbk;
    } cases[] = {
        {NI_HAO_MA_GBK, true},
        {"hello " NI_HAO_MA_GBK "\n", true},
        {NI_HAO_MA_GBK "\xC4", true},        /* a peer that was cut off */
        {"\xC4\xE3\xBA\xC3", false},         /* two characters */
        {NI_HAO_MA_GBK "\xFF", false},       /* not valid */
        {"\xD0\xBB\xD0\xBB\xD0\xBB", false}, /* also valid UTF-8 */
        {"你好吗\xFF\xFF\xFF", false},
        {"hello", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t each = 1; each < 8; each++) {
            struct misread misread = in_pieces(cases[i].bytes, each);

            assert_int_equal(misread_is(&misread, gbk), cases[i].is_gbk);
            assert_false(misread_is(&misread, latin));
            assert_true(!cases[i].is_gbk || !misread_is_utf8(&misread));
        }
}

static void long_stream_is_looked_at_in_its_first_part(void **state)
{
    static char bytes[MISREAD_LOOKED];
    struct misread misread = {0};

    (void)state;
    for (size_t i = 0; i + 3 <= sizeof bytes; i += 3)
        memcpy(bytes + i, "你", 3);
    for (int i = 0; i < 10; i++)
        misread_push(&misread, bytes, sizeof bytes - 1);
    misread_push(&misread, "\xFF\xFF\xFF", 3);
    assert_true(misread_is_utf8(&misread));
    assert_int_equal(misread.looked, MISREAD_LOOKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_takes_three_long_characters_without_a_fault),
        cmocka_unit_test(legacy_takes_three_valid_characters_and_faults_in_utf8),
        cmocka_unit_test(long_stream_is_looked_at_in_its_first_part),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
