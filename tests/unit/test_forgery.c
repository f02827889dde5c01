#include "check.h"

#include <string.h>

#include "talk/forgery.h"

static bool is_head(const char *name)
{
    struct looks looks;

    looks_init(&looks, name);
    return forgery_is_head(&looks);
}

static void heads_and_numbers_are_no_names(void **state)
{
    static const char *const refused[] = {"you",    "YOU", "this", "THIS", "nobody",
                                          "ΝΟΒΟDΥ", "γου", "12",   "l2",   "І2",
                                          "З7",     "O",   "١٢",   "１２", "you"};
    static const char *const free[] = {"the", "a",   "your", "peer", "room",
                                       "yon", "Боб", "1a",   "이",   "bob"};

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!is_head(refused[i]))
            fail_msg("%s", refused[i]);
    for (size_t i = 0; i < sizeof free / sizeof *free; i++)
        if (is_head(free[i]))
            fail_msg("%s", free[i]);
}

static bool is_notice(const char *text)
{
    return forgery_is_notice(text, strlen(text));
}

static void notices_are_seen_through(void **state)
{
    static const char *const texts[] = {
        "joined",
        "left",
        "is now bob",
        "left: removed",
        "JOINED",
        "1eft",
        "Ieft",
        "j0ined",
        "IS NOW bob",
        "jοined", /* a Greek letter */
        "јоіnеd", /* Cyrillic ones */
        "ｌｅｆｔ",
        "is\u3000now bob",
        "  left",
        "left!",
        "9 joined",
        "9 is now bob",
        "12 joined, 3 left",
        "#9 joined",
        "(9) left",
        ": left",
        "37 12 left",
        "l2 joined",
        "ice joined", /* of one who is called al */
        "ice left.",
        "ice is now bob",
        "… left",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_notice(texts[i]))
            fail_msg("'%s' is none", texts[i]);
}

static void what_one_does_is_no_notice(void **state)
{
    static const char *const texts[] = {
        "",
        "waves",
        "leaves",
        "eats the left half",
        "turns left, then right",
        "says it is now five o'clock",
        "is tired and left to right",
        "thinks that bob left",
        "9",
        "9 times",
        "...",
        "喝茶",
        "уходит",
        "join",
        "is",
        "hi^M* peer2 left",
        "is here 9",
        "has 12 joined pieces",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_notice(texts[i]))
            fail_msg("'%s' is one", texts[i]);
}

static void padding_hides_no_notice(void **state)
{
    char text[8192] = "";

    (void)state;
    for (int i = 0; i < 2000; i++)
        strcat(text, "\u3000");
    strcat(text, "left");
    assert_true(is_notice(text));
    for (int i = 0; i < 600; i++)
        strcat(text, "\u3000");
    assert_true(is_notice(text));
    memset(text, 'x', 8000);
    strcpy(text + 8000, " left");
    assert_false(is_notice(text));
}

static void nothing_is_unseen_that_has_ink(void **state)
{
    static const char *const unseen[] = {
        "", " ", "\u3000", "\u00A0 \u2003", "\u2800\u2800", "\U0001D159"};
    static const char *const seen[] = {"a", ".", " x", "字", "\u25CC\u0301", "<U+200B>"};

    (void)state;
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        assert_true(forgery_is_unseen(unseen[i], strlen(unseen[i])));
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_false(forgery_is_unseen(seen[i], strlen(seen[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_and_numbers_are_no_names),
        cmocka_unit_test(notices_are_seen_through),
        cmocka_unit_test(what_one_does_is_no_notice),
        cmocka_unit_test(padding_hides_no_notice),
        cmocka_unit_test(nothing_is_unseen_that_has_ink),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
