/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "playbooks.h"

#include <stdlib.h>

#include "bot/source.h"

/* "LINE:COLUMN: SENTENCE" behind the path. */
static void assert_refused_bytes(enum playbook_kind kind, const char *text, size_t n,
                                 const char *expected)
{
    struct playbook playbook;
    struct err err = {0};
    const char *found;

    if (read_bytes(&playbook, kind, text, n, &err) == 0)
        fail_msg("'%s' is no mistake", text);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_null(playbook.statements);
    found = strchr(err.sentence, ':');
    if (!found || strncmp(found + 1, expected, strlen(expected)) != 0)
        fail_msg("%s instead of %s", err.sentence, expected);
}

static void assert_refused(enum playbook_kind kind, const char *text, const char *expected)
{
    assert_refused_bytes(kind, text, strlen(text), expected);
}

static void rules_are_heads_and_their_answers(void **state)
{
    static const enum statement_kind kinds[] = {ON_MATCH, SEND,       WAIT,       CLOSE,  ON_MATCH,
                                                LOG,      LOG,        ON_CONNECT, REPEAT, SEND,
                                                END,      ON_SILENCE, ON_OTHER};
    struct playbook rules = playbook_of(PLAYBOOK_RULES, "# a comment\r\n"
                                                        "\n"
                                                        "on /^a\\/(b)/ix\r\n"
                                                        "\treply x{1}{0}\\n  \n"
                                                        "  after 20ms\n"
                                                        "  close\n"
                                                        "on hex 01 (?? 03)?\?*20 ..\n"
                                                        "log\n"
                                                        "log seen {1}\n"
                                                        "on connect\n"
                                                        "repeat every 1.5s 3 times\n"
                                                        "reply 你好\n"
                                                        "end\n"
                                                        "on silence 2m\n"
                                                        "else");

    (void)state;
    assert_int_equal(rules.count, sizeof kinds / sizeof *kinds);
    for (size_t i = 0; i < rules.count; i++)
        assert_int_equal(rules.statements[i].kind, kinds[i]);
    assert_int_equal(rules.statements[0].line, 3);
    assert_false(rules.statements[0].of_bytes);
    assert_int_equal(rules.statements[2].ms, 20);
    assert_true(rules.statements[4].of_bytes);
    assert_null(rules.statements[5].literal);
    assert_int_equal(rules.statements[8].ms, 1500);
    assert_int_equal(rules.statements[8].times, 3);
    assert_int_equal(rules.statements[8].other, 10);
    assert_int_equal(rules.statements[10].other, 8);
    assert_int_equal(rules.statements[11].ms, 120000);
    playbook_fini(&rules);
}

static void script_has_expectations(void **state)
{
    struct playbook script =
        playbook_of(PLAYBOOK_SCRIPT, "expect /^220 / within 5s else fail \"a\"\n"
                                     "expect hex 0d0A within 250ms\n"
                                     "else fail \"no: line\"\n"
                                     "expect close\n"
                                     "send a\n"
                                     "fail \"over\"\n"
                                     "repeat every 2h\n"
                                     "end\n");
    const struct statement *statements = script.statements;

    (void)state;
    assert_int_equal(script.count, 7);
    assert_int_equal(statements[0].ms, 5000);
    assert_string_equal(statements[0].sentence, "a");
    assert_string_equal(statements[0].text, "/^220 /");
    assert_true(statements[1].of_bytes);
    assert_int_equal(statements[1].ms, 250);
    assert_string_equal(statements[1].text, "hex 0d0A");
    assert_string_equal(statements[1].sentence, "no: line");
    assert_int_equal(statements[2].kind, EXPECT_CLOSE);
    assert_int_equal(statements[2].ms, PLAYBOOK_EXPECT_MS);
    assert_string_equal(statements[4].text, "over");
    assert_int_equal(statements[5].times, 0);
    playbook_fini(&script);
}

static void file_may_be_in_the_local_charset(void **state)
{
    static const char gbk[] = "on /\xC4\xE3\xBA\xC3/\nreply \xC4\xE3\n";
    struct playbook playbook;
    struct pattern_match match;
    struct err err;

    (void)state;
    assert_int_equal(read_bytes(&playbook, PLAYBOOK_RULES, gbk, sizeof gbk - 1, &err), 0);
    assert_int_equal(pattern_search(playbook.statements[0].pattern,
                                    &(struct pattern_search){"你好", 6, 0, false, PATTERN_COST},
                                    &match),
                     PATTERN_MATCH);
    playbook_fini(&playbook);
    playbook = playbook_of(PLAYBOOK_RULES, "\xEF\xBB\xBFon connect\n");
    playbook_fini(&playbook);
}

static void mistake_in_rules_has_line_and_column(void **state)
{
    static const struct {
        const char *text, *expected;
    } wrong[] = {
        {"", "1: column 1: there is no rule"},
        {"# only\n\n", "1: column 1: there is no rule"},
        {"\nonn /a/", "2: column 1: 'onn' is no word of --rules; did you mean on?"},
        {"expect /a/", "1: column 1: 'expect' is a word of --script"},
        {"你好", "1: column 1: '你好' is no word of --rules"},
        {"  reply x", "1: column 3: an answer stands behind its rule"},
        {"on", "1: column 3: a pattern stands here"},
        {"on a", "1: column 4: a pattern stands here: /REGEX/ or hex 01 03 .., not 'a'"},
        {"on /a", "1: column 4: the expression has no end"},
        {"on /a\\/", "1: column 4: the expression has no end"},
        {"on /你(b/", "1: column 8: missing closing parenthesis"},
        {"on /a/iq", "1: column 8: behind /REGEX/ stand i, s and x, not 'q'"},
        {"on /a/ b", "1: column 8: the line should end before 'b'"},
        {"on /(1)(2)(3)(4)(5)(6)(7)(8)(9)(0)/",
         "1: column 5: an expression has at most nine groups"},
        {"on hex", "1: column 7: bytes stand here"},
        {"on hex 01 0", "1: column 11: bytes are"},
        {"on hex 01 ) 02", "1: column 11: bytes are"},
        {"on hex ( 02", "1: column 12: a ) is missing"},
        {"on hex ?\?*0", "1: column 8: bytes are"},
        {"on hex ?\?*99999", "1: column 8: bytes are"},
        {"on silence", "1: column 11: a time stands here"},
        {"on silence 0s", "1: column 12: a time stands here"},
        {"on silence 2x", "1: column 12: a time stands here, such as 20ms, 2s or 1m, not '2x'"},
        {"on silence 25h", "1: column 12: a time stands here"},
        {"on connect now", "1: column 12: the line should end before 'now'"},
        {"else\nelse", "2: column 1: there is an else already"},
        {"else\non /a/", "2: column 4: no message comes to a rule behind else"},
        {"on /a/\n reply", "2: column 7: there is nothing to send"},
        {"on /(a)/\n reply 你{2}", "2: column 9: "},
        {"on connect\n reply {0}", "2: column 8: "},
        {"on /a/\n reply {crc99}", "2: column 8: "},
        {"on /a/\n close it", "2: column 8: the line should end before 'it'"},
        {"on /a/\n end", "2: column 2: there is no repeat to end"},
        {"on /a/\n repeat 2 times\non /b/\n end",
         "3: column 1: the repeat of the rule before has no end"},
        {"on /a/\n repeat", "2: column 8: write repeat 100 times"},
        {"on /a/\n repeat 0 times", "2: column 9: write repeat 100 times"},
        {"on /a/\n repeat 3", "2: column 9: write repeat 100 times"},
        {"on /a/\n repeat 3 times\n", "2: column 1: this repeat has no end"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(PLAYBOOK_RULES, wrong[i].text, wrong[i].expected);
}

static void mistake_in_a_script_has_line_and_column(void **state)
{
    static const struct {
        const char *text, *expected;
    } wrong[] = {
        {"\n", "1: column 1: there is no statement"},
        {"on /a/", "1: column 1: 'on' is a word of --rules, not of --script"},
        {"sned a", "1: column 1: 'sned' is no word of --script; did you mean send?"},
        {"expect", "1: column 7: a pattern stands here"},
        {"expect /a/ within", "1: column 18: a time stands here"},
        {"expect /a/ within 5s else", "1: column 26: else has its sentence here"},
        {"expect /a/ else close", "1: column 17: else has its sentence here"},
        {"expect /a/ else fail a", "1: column 22: a sentence in quotes stands here"},
        {"expect /a/ else fail \"a", "1: column 22: the sentence has no end"},
        {"expect /a/ else fail \"a\" b", "1: column 26: the line should end before 'b'"},
        {"expect /a/ withn 5s", "1: column 12: the line should end before 'withn 5s'"},
        {"expect hex 01 within x", "1: column 22: a time stands here"},
        {"send a\nelse fail \"a\"", "2: column 1: else stands behind an expect"},
        {"expect /a/ else fail \"a\"\nelse fail \"b\"",
         "2: column 1: else stands behind an expect"},
        {"send {1}", "1: column 6: "},
        {"expect /(a)/\nsend {2}", "2: column 6: "},
        {"fail", "1: column 5: a sentence in quotes stands here"},
        {"fail \"\"", "1: column 6: the sentence has no end"},
        {"repeat every 5s x", "1: column 17: write repeat 100 times"},
        {"repeat 2 times\nrepeat 2 times\nend", "1: column 1: this repeat has no end"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(PLAYBOOK_SCRIPT, wrong[i].text, wrong[i].expected);
}

static void bytes_that_are_no_text_have_a_place(void **state)
{
    (void)state;
    assert_refused_bytes(PLAYBOOK_RULES, "on /a/\n  \xFF\xFF", 11,
                         "2: column 3: the byte FF is no UTF-8");
    assert_refused_bytes(PLAYBOOK_RULES, "on /a/\nreply \0", 14,
                         "2: column 7: the byte 00 is no text");
}

static void limits_of_a_file(void **state)
{
    char *text = calloc(1, 2 * SOURCE_SIZE);
    struct playbook playbook;
    struct err err = {0};

    (void)state;
    for (int i = 0; i <= PLAYBOOK_STATEMENTS; i++)
        strcpy(text + 6 * i, "close\n");
    assert_refused(PLAYBOOK_SCRIPT, text, "10001: column 1: a file has at most 10000 statements");
    memset(text, '\n', 2 * SOURCE_SIZE);
    assert_int_equal(read_bytes(&playbook, PLAYBOOK_SCRIPT, text, 2 * SOURCE_SIZE, &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    for (int i = 0; i < PLAYBOOK_DEPTH + 1; i++)
        strcpy(text + 15 * i, "repeat 2 times\n");
    assert_refused(PLAYBOOK_SCRIPT, text, "9: column 1: repetitions are at most eight deep");
    free(text);
}

static void file_that_is_not_there_is_no_wrong_use(void **state)
{
    struct playbook playbook;
    struct err err = {0};

    (void)state;
    assert_int_equal(playbook_read(&playbook, PLAYBOOK_RULES, "/nowhere/rules", &bot_module,
                                   charset_find(&charsets, "utf-8", NULL),
                                   charset_find(&charsets, "utf-8", NULL), &err),
                     -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    assert_string_equal(err.sentence, "cannot read /nowhere/rules: No such file or directory");
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_heads_and_their_answers),
        cmocka_unit_test(script_has_expectations),
        cmocka_unit_test(file_may_be_in_the_local_charset),
        cmocka_unit_test(mistake_in_rules_has_line_and_column),
        cmocka_unit_test(mistake_in_a_script_has_line_and_column),
        cmocka_unit_test(bytes_that_are_no_text_have_a_place),
        cmocka_unit_test(limits_of_a_file),
        cmocka_unit_test(file_that_is_not_there_is_no_wrong_use),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
