/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void set_fills_kind_and_sentence(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_set(&err, ERR_USAGE, "'%s' is %d too many", "x", 3), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.sentence, "'x' is 3 too many");
}

static void null_err_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_LOCAL, "%s", "nobody asks"), -1);
    assert_int_equal(err_errno(NULL, ERR_LOCAL, ENOENT, "%s", "nobody asks"), -1);
    assert_int_equal(err_prefix(NULL, "nobody asks"), -1);
    assert_int_equal(err_memory(NULL), -1);
}

static void errno_text_follows_a_colon(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_errno(&err, ERR_NETWORK, ECONNREFUSED, "cannot connect to %s", "h:1"), -1);
    assert_int_equal(err.kind, ERR_NETWORK);
    assert_string_equal(err.sentence, "cannot connect to h:1: Connection refused");
}

static void prefix_keeps_kind_and_sentence(void **state)
{
    struct err err = {ERR_TIMEOUT, "it took too long"};

    (void)state;
    assert_int_equal(err_prefix(&err, "--forward"), -1);
    assert_int_equal(err.kind, ERR_TIMEOUT);
    assert_string_equal(err.sentence, "--forward: it took too long");
}

/* Names and quoted input come from peers and may have any length. */
static void long_sentences_are_cut(void **state)
{
    char word[2 * ERR_SENTENCE];
    struct err err;

    (void)state;
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    for (size_t length = ERR_SENTENCE - 40; length < ERR_SENTENCE + 40; length++) {
        memset(&err, 0xA5, sizeof err);
        err_set(&err, ERR_LOCAL, "%.*s", (int)length, word);
        assert_int_equal(strlen(err.sentence), length < ERR_SENTENCE ? length : ERR_SENTENCE - 1);
        memset(&err, 0xA5, sizeof err);
        err_errno(&err, ERR_LOCAL, ENOSPC, "%.*s", (int)length, word);
        assert_true(strlen(err.sentence) < ERR_SENTENCE);
        assert_non_null(strstr(err.sentence, ": No space left on device"));
    }
}

static void reason_is_found_behind_its_source(void **state)
{
    struct err err;

    (void)state;
    err_set(&err, ERR_NETWORK, "%s: nothing came", "h:1");
    assert_string_equal(err_behind(&err, "h:1"), "nothing came");
    assert_null(err_behind(&err, "h"));
    assert_null(err_behind(&err, "h:12"));
    err_set(&err, ERR_NETWORK, "h:1");
    assert_null(err_behind(&err, "h:1"));
}

static void memory_is_a_local_failure(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_memory(&err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    assert_true(*err.sentence);
}

static void keep_holds_the_first_failure(void **state)
{
    struct err kept = {0}, none = {0}, first, second;

    (void)state;
    err_set(&first, ERR_TIMEOUT, "first");
    err_set(&second, ERR_LOCAL, "second");
    err_keep(&kept, &none);
    assert_int_equal(kept.kind, ERR_NONE);
    err_keep(&kept, &first);
    err_keep(&kept, &second);
    err_keep(&kept, &none);
    assert_int_equal(kept.kind, ERR_TIMEOUT);
    assert_string_equal(kept.sentence, "first");
}

static void kinds_have_the_documented_statuses(void **state)
{
    static const struct {
        enum err_kind kind;
        int status;
    } promised[] = {
        {ERR_NONE, 0},    {ERR_NETWORK, 1}, {ERR_USAGE, 2}, {ERR_TEXT, 3},
        {ERR_TIMEOUT, 4}, {ERR_LOCAL, 5},   {ERR_FULL, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
        struct err err = {.kind = promised[i].kind};
        assert_int_equal(err_status(&err), promised[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_kind_and_sentence),
        cmocka_unit_test(null_err_is_allowed),
        cmocka_unit_test(errno_text_follows_a_colon),
        cmocka_unit_test(prefix_keeps_kind_and_sentence),
        cmocka_unit_test(long_sentences_are_cut),
        cmocka_unit_test(reason_is_found_behind_its_source),
        cmocka_unit_test(memory_is_a_local_failure),
        cmocka_unit_test(keep_holds_the_first_failure),
        cmocka_unit_test(kinds_have_the_documented_statuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
