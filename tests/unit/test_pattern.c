/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bot/pattern.h"

static struct pattern *compile(const char *text, unsigned flags)
{
    struct pattern_fault fault;
    struct pattern *pattern = pattern_new(text, strlen(text), flags, &fault);

    if (!pattern)
        fail_msg("%s: %s at %zu", text, fault.why, fault.at);
    return pattern;
}

static enum pattern_result search(const char *text, unsigned flags, const char *subject,
                                  bool goes_on, struct pattern_match *match)
{
    struct pattern *pattern = compile(text, flags);
    enum pattern_result result = pattern_search(
        pattern, &(struct pattern_search){subject, strlen(subject), 0, goes_on, PATTERN_COST},
        match);

    pattern_free(pattern);
    return result;
}

static void assert_found(const char *text, unsigned flags, const char *subject, size_t from,
                         size_t to)
{
    struct pattern_match match;

    assert_int_equal(search(text, flags, subject, false, &match), PATTERN_MATCH);
    assert_int_equal(match.groups[0].from, from);
    assert_int_equal(match.groups[0].to, to);
}

static void assert_answer(const char *text, const char *subject, bool goes_on,
                          enum pattern_result expected)
{
    struct pattern_match match;

    assert_int_equal(search(text, 0, subject, goes_on, &match), expected);
}

static void lines_and_letters(void **state)
{
    (void)state;
    assert_found("^b.$", 0, "a\r\nbc\r\nd", 3, 5);
    assert_found("好$", 0, "你好\nx", 3, 6);
    assert_found("\\w+", 0, "- é你 -", 2, 7);
    assert_found("GRÜN", PATTERN_CASELESS, "ein grün", 4, 9);
    assert_found("a.b", PATTERN_DOT_ALL, "a\nb", 0, 3);
    assert_found("a b # two letters", PATTERN_EXTENDED, "xab", 1, 3);
    assert_answer("a.b", "a\nb", false, PATTERN_NONE);
}

static void bytes_are_no_text(void **state)
{
    struct pattern *pattern = compile("\\x01(.)\\xFF([\\s\\S]*?)", PATTERN_BYTES | PATTERN_WHOLE);
    struct pattern_match match;

    (void)state;
    assert_int_equal(pattern_groups(pattern), 2);
    assert_int_equal(
        pattern_search(pattern,
                       &(struct pattern_search){"\x01\x80\xFF\0\n", 5, 0, false, PATTERN_COST},
                       &match),
        PATTERN_MATCH);
    assert_int_equal(match.groups[1].from, 1);
    assert_int_equal(match.groups[2].to, 5);
    assert_int_equal(
        pattern_search(
            pattern, &(struct pattern_search){"\0\x01\x80\xFF", 4, 0, false, PATTERN_COST}, &match),
        PATTERN_NONE);
    pattern_free(pattern);
}

static void group_without_part_has_no_text(void **state)
{
    struct pattern_match match;

    (void)state;
    assert_int_equal(search("(a)|(b)|(c)", 0, "b", false, &match), PATTERN_MATCH);
    assert_true(match.groups[1].from > match.groups[1].to);
    assert_int_equal(match.groups[2].from, 0);
    assert_true(match.groups[3].from > match.groups[3].to);
    assert_true(match.groups[9].from > match.groups[9].to);
}

static void answer_that_more_text_could_change_is_partial(void **state)
{
    struct pattern_match match;

    (void)state;
    assert_answer("OK", "x OK", true, PATTERN_MATCH);
    assert_answer("\\d+", "12", true, PATTERN_PARTIAL);
    assert_answer("\\d+\\r\\n", "12\r\n", true, PATTERN_MATCH);
    assert_answer("> $", "> ", true, PATTERN_PARTIAL);
    assert_answer("> $", "> ", false, PATTERN_MATCH);
    assert_answer("OK", "nothing", true, PATTERN_NONE);
    assert_int_equal(search("OK", 0, "not O", true, &match), PATTERN_PARTIAL);
    assert_int_equal(match.resume, 4);
}

static void any_cut_gives_the_same_match(void **state)
{
    static const char text[] = "220 hello\r\n250-a\r\n250 b\r\n";
    struct pattern *pattern = compile("^250 (.*)\\r\\n", 0);
    size_t n = sizeof text - 1;

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        struct pattern_match match;
        enum pattern_result result = pattern_search(
            pattern, &(struct pattern_search){text, cut, 0, true, PATTERN_COST}, &match);

        assert_int_equal(result == PATTERN_MATCH, cut == n);
        if (cut == n)
            break;
        result = pattern_search(
            pattern, &(struct pattern_search){text, n, match.resume, true, PATTERN_COST}, &match);
        assert_int_equal(result, PATTERN_MATCH);
        assert_int_equal(match.groups[0].from, 18);
        assert_int_equal(match.groups[1].to, 23);
    }
    pattern_free(pattern);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A matcher without limits takes years for the first; the others are quadratic or worse. */
static void hostile_subjects_end_at_the_limit(void **state)
{
    static const char *const hostile[] = {
        "(a+)+$", "(a|aa)+$",        "(a|a?)+b",       "(\\w+\\s?)*$",  "(a*)*[b!]c",
        "a+b",    "\\w+@\\w+[^a]!b", "(?=(a+))a*b\\1", "(.*?,){1,30}P", "(x+x+)+y|(a+a+)+b",
    };
    char *subject = malloc(PATTERN_SUBJECT);
    double began = seconds();
    int limits = 0;

    (void)state;
    memset(subject, 'a', PATTERN_SUBJECT);
    subject[PATTERN_SUBJECT - 1] = '!';
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct pattern *pattern = compile(hostile[i], 0);
        struct pattern_match match;

        for (int goes_on = 0; goes_on < 2; goes_on++) {
            enum pattern_result result = pattern_search(
                pattern,
                &(struct pattern_search){subject, PATTERN_SUBJECT, 0, goes_on, PATTERN_COST},
                &match);

            assert_int_not_equal(result, PATTERN_MATCH);
            limits += result == PATTERN_LIMIT;
        }
        pattern_free(pattern);
    }
    free(subject);
    assert_true(limits >= 6);
    assert_true(seconds() - began < 60); /* of the processor, under sanitizers */
}

static void deep_groups_fit(void **state)
{
    char *subject = calloc(1, PATTERN_SUBJECT + 1);

    (void)state;
    memset(subject, 'b', PATTERN_SUBJECT);
    assert_found("^(?:a|b)*$", 0, subject, 0, PATTERN_SUBJECT);
    free(subject);
}

static void faults_have_a_place(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } wrong[] = {{"a(b", 3}, {"*", 0}, {"[a", 2}, {"(?<n", 4}, {"\\C", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct pattern_fault fault;

        assert_null(pattern_new(wrong[i].text, strlen(wrong[i].text), 0, &fault));
        assert_int_equal(fault.at, wrong[i].at);
        assert_true(*fault.why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_letters),
        cmocka_unit_test(bytes_are_no_text),
        cmocka_unit_test(group_without_part_has_no_text),
        cmocka_unit_test(answer_that_more_text_could_change_is_partial),
        cmocka_unit_test(any_cut_gives_the_same_match),
        cmocka_unit_test(hostile_subjects_end_at_the_limit),
        cmocka_unit_test(deep_groups_fit),
        cmocka_unit_test(faults_have_a_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
