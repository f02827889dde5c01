/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "cli/secrets.h"

enum { WORDS = 6, WORD = 64 };

static const struct {
    const char *line[WORDS], *left[WORDS], *login;
} rows[] = {
    {{"connect", "--proxy", "a:b@h", "h", "1"}, {"connect", "--proxy", "***@h", "h", "1"}, "a:b"},
    {{"connect", "--proxy=http://a:b@h"}, {"connect", "--proxy=http://***@h"}, "a:b"},
    {{"connect", "--prox", "a@h"}, {"connect", "--prox", "*@h"}, "a"},
    {{"connect", "-proxy", "a:b@h"}, {"connect", "-proxy", "***@h"}, "a:b"},
    {{"connect", "\u2014proxy", "a:b@h"}, {"connect", "\u2014proxy", "***@h"}, "a:b"},
    {{"connect", "--proxy", "a:b@h", "--proxy", "c:d@h"},
     {"connect", "--proxy", "***@h", "--proxy", "***@h"},
     "c:d"},
    {{"connect", "--proxy", "h:1"}, {"connect", "--proxy", "h:1"}, NULL},
    {{"connect", "--proxy-auth", "a:b"}, {"connect", "--proxy-auth", "***"}, NULL},
    {{"connect", "--proxy-auth-file", "a@b"}, {"connect", "--proxy-auth-file", "a@b"}, NULL},
    {{"listen", "-o", "./proxy", "unix:@h"}, {"listen", "-o", "./proxy", "unix:@h"}, NULL},
    {{"listen", "-o", "proxy", "unix:@h"}, {"listen", "-o", "proxy", "unix:@h"}, NULL},
    {{"listen", "--pro", "a@b"}, {"listen", "--pro", "a@b"}, NULL},
    {{"connect", "--proxy"}, {"connect", "--proxy"}, NULL},
};

static void logins_are_overwritten_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[WORDS][WORD], *argv[WORDS], *login;
        int argc = 0;

        for (; argc < WORDS && rows[i].line[argc]; argc++) {
            snprintf(words[argc], WORD, "%s", rows[i].line[argc]);
            argv[argc] = words[argc];
        }
        login = secrets_take(argc, argv);
        for (int word = 0; word < argc; word++)
            assert_string_equal(words[word], rows[i].left[word]);
        assert_int_equal(!login, !rows[i].login);
        if (login)
            assert_string_equal(login, rows[i].login);
        secrets_free(login);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logins_are_overwritten_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
