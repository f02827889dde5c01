/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "room/roster.h"

/* A roster uses only the seat of a member. */
enum { MANY = 5 };

static void add_all(struct roster *roster, struct member members[MANY])
{
    for (int i = 0; i < MANY; i++)
        assert_int_equal(roster_add(roster, &members[i], NULL), 0);
}

/* Forwards and backwards the same, and as many as it says. */
static void assert_names(const struct roster *roster, const char *expected)
{
    const struct member *last = NULL;
    char names[256] = "";
    size_t count = 0;

    for (const struct member *member = roster->first; member; member = member->seat.next) {
        assert_ptr_equal(member->seat.previous, last);
        strcat(strcat(names, count++ ? " " : ""), member->seat.name);
        last = member;
    }
    assert_ptr_equal(roster->last, last);
    assert_int_equal(roster->count, count);
    assert_string_equal(names, expected);
}

static void newcomers_are_numbered(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    assert_names(&roster, "");
    add_all(&roster, members);
    assert_names(&roster, "peer1 peer2 peer3 peer4 peer5");
    roster_fini(&roster);
}

static void members_leave_in_any_order(void **state)
{
    static const char *const left[] = {"peer2 peer3 peer4 peer5", "peer1 peer3 peer4 peer5",
                                       "peer1 peer2 peer4 peer5", "peer1 peer2 peer3 peer5",
                                       "peer1 peer2 peer3 peer4"};

    (void)state;
    for (int i = 0; i < MANY; i++) {
        struct member members[MANY] = {0};
        struct roster roster = {0};

        add_all(&roster, members);
        roster_remove(&roster, &members[i]);
        assert_names(&roster, left[i]);
        roster_fini(&roster);
    }
}

static void number_is_never_given_twice(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    assert_int_equal(roster_add(&roster, &members[0], NULL), 0);
    roster_remove(&roster, &members[0]);
    assert_names(&roster, "");
    assert_int_equal(roster_add(&roster, &members[1], NULL), 0);
    assert_int_equal(roster_add(&roster, &members[0], NULL), 0);
    assert_names(&roster, "peer2 peer3");
    roster_remove(&roster, &members[0]);
    assert_int_equal(roster_add(&roster, &members[0], NULL), 0);
    assert_names(&roster, "peer2 peer4");
    roster_fini(&roster);
}

static void find_compares_the_whole_name(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    assert_null(roster_find(&roster, "peer1", 5));
    add_all(&roster, members);
    assert_ptr_equal(roster_find(&roster, "peer3", 5), &members[2]);
    assert_ptr_equal(roster_find(&roster, "peer3 said", 5), &members[2]);
    assert_null(roster_find(&roster, "peer", 4));
    assert_null(roster_find(&roster, "peer33", 6));
    assert_null(roster_find(&roster, "peer6", 5));
    assert_null(roster_find(&roster, "", 0));
    roster_remove(&roster, &members[2]);
    assert_null(roster_find(&roster, "peer3", 5));
    roster_fini(&roster);
}

/* ---- names of people ---- */

static int check(const struct roster *roster, const struct member *member, const char *name)
{
    struct err err = {0};
    int checked = roster_check(roster, member, name, &err);

    assert_int_equal(checked < 0, err.kind == ERR_USAGE);
    return checked;
}

static void rename_to(struct roster *roster, struct member *member, const char *name)
{
    assert_int_equal(check(roster, member, name), 0);
    assert_int_equal(roster_rename(roster, member, name), 0);
}

static void find_folds_case_and_width(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    add_all(&roster, members);
    rename_to(&roster, &members[0], "Ünal");
    assert_ptr_equal(roster_find(&roster, "ÜNAL", strlen("ÜNAL")), &members[0]);
    assert_ptr_equal(roster_find(&roster, "u\u0308nal", strlen("u\u0308nal")), &members[0]);
    assert_ptr_equal(roster_find(&roster, "ｐｅｅｒ２", strlen("ｐｅｅｒ２")), &members[1]);
    assert_null(roster_find(&roster, "peer1", 5));
    assert_int_equal(check(&roster, &members[1], "üNAL"), -1);
    assert_int_equal(check(&roster, &members[0], "üNAL"), 0);
    assert_int_equal(check(&roster, NULL, "ünal"), -1);
    roster_fini(&roster);
}

static void numbered_names_are_refused(void **state)
{
    static const char *const names[] = {"peer1", "peer6", "PEER99", "ｐｅｅｒ１", "peer²"};
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    add_all(&roster, members);
    rename_to(&roster, &members[0], "bob");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(check(&roster, &members[0], names[i]), -1);
        assert_int_equal(check(&roster, NULL, names[i]), -1);
    }
    assert_int_equal(check(&roster, &members[0], "peer"), 0);
    assert_int_equal(check(&roster, &members[0], "peerless"), 0);
    assert_int_equal(check(&roster, &members[1], "peer2"), 0); /* its own */
    roster_fini(&roster);
}

static void operator_name_is_refused(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    add_all(&roster, members);
    rename_to(&roster, NULL, "Boss");
    assert_string_equal(roster.own, "Boss");
    assert_int_equal(check(&roster, &members[0], "boss"), -1);
    assert_int_equal(check(&roster, &members[0], "ＢＯＳＳ"), -1);
    assert_int_equal(check(&roster, NULL, "BOSS"), 0);
    rename_to(&roster, &members[0], "bob");
    assert_int_equal(check(&roster, NULL, "Bob"), -1);
    roster_remove(&roster, &members[0]);
    assert_int_equal(check(&roster, NULL, "Bob"), 0);
    roster_fini(&roster);
}

/* A screen shows its own person so. Nobody reads another's name in a room without names. */
static void you_is_nobodys_name_in_a_named_room(void **state)
{
    static const char *const names[] = {"you", "YOU", "ｙｏｕ", "y0u", "you_", "γου", "ꓬꓳꓴ"};
    struct member members[MANY] = {0};
    struct roster roster = {0}, unnamed = {0};

    (void)state;
    roster.is_named = true;
    add_all(&roster, members);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(check(&roster, &members[0], names[i]), -1);
        assert_int_equal(check(&roster, NULL, names[i]), -1);
    }
    assert_int_equal(check(&roster, &members[0], "young"), 0);
    assert_int_equal(check(&roster, &members[0], "your"), 0);
    assert_int_equal(check(&unnamed, NULL, "you"), 0);
    roster_fini(&roster);
}

/* On a screen a letter stands for a digit, and a name for another. */
static void look_alikes_of_numbers_are_refused(void **state)
{
    static const char *const names[] = {"peerl", "peerI", "peer1O", "peer-9"};
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    add_all(&roster, members);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (check(&roster, &members[0], names[i]) == 0)
            fail_msg("%s", names[i]);
    roster_fini(&roster);
}

static void assert_free(const struct roster *roster, const struct member *member, const char *name)
{
    struct err err = {0};

    if (roster_check(roster, member, name, &err) < 0)
        fail_msg("%s", err.sentence);
}

static void assert_refused(const struct roster *roster, const struct member *member,
                           const char *name, const char *why)
{
    struct err err = {0};

    if (roster_check(roster, member, name, &err) == 0)
        fail_msg("'%s' may be had", name);
    if (!strstr(err.sentence, why))
        fail_msg("'%s' does not say '%s'", err.sentence, why);
}

static void look_alikes_of_members_are_refused(void **state)
{
    static const char *const pairs[][2] = {
        {"alex", "аӏех"}, {"alex", "ꓮꓡꓰꓫ"},        {"ロロ", "口口"}, {"工", "エ"},     {"カ", "力"},
        {"вова", "BOBA"}, {"mallory", "rnallory"}, {"Ian", "lan"},   {"bill", "bi11"},
    };
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    add_all(&roster, members);
    rename_to(&roster, NULL, "Оператор");
    assert_refused(&roster, &members[1], "Oператop", "different scripts");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rename_to(&roster, &members[0], "carl");
        assert_free(&roster, &members[1], pairs[i][1]);
        rename_to(&roster, &members[0], pairs[i][0]);
        assert_refused(&roster, &members[1], pairs[i][1], "taken");
        assert_refused(&roster, NULL, pairs[i][1], "taken");
        assert_free(&roster, &members[0], pairs[i][1]); /* not taken by another */
    }
    rename_to(&roster, NULL, "boss");
    assert_refused(&roster, &members[0], "ЬОЅЅ", "taken");
    roster_fini(&roster);
}

/* But find takes the exact name only. */
static void find_takes_no_look_alike(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    add_all(&roster, members);
    rename_to(&roster, &members[0], "аӏех");
    assert_ptr_equal(roster_find(&roster, "АӀЕХ", strlen("АӀЕХ")), &members[0]);
    assert_null(roster_find(&roster, "alex", 4));
    assert_null(roster_find(&roster, "peerl", 5));
    assert_ptr_equal(roster_find(&roster, "peer2", 5), &members[1]);
    assert_null(roster_find(&roster, "peerƧ", strlen("peerƧ")));
    roster_fini(&roster);
}

static void look_alikes_of_numbered_names_are_refused(void **state)
{
    static const char *const numbers[] = {"реег9", "РЕЕГ9",  "peer9",  "ⲣⲉⲉⲅ9",
                                          "peerƧ", "peerlO", "peer丨", "peer-9"};
    static const char *const others[] = {"peer",   "peerless", "Боб", "Анна", "Γιώργος", "张三",
                                         "エリカ", "工",       "이",  "오",   "young",   "37"};
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    assert_int_equal(roster_add(&roster, &members[0], NULL), 0);
    rename_to(&roster, &members[0], "bob");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_refused(&roster, &members[0], numbers[i], "given by number");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_free(&roster, &members[0], others[i]);
    roster_fini(&roster);
}

/* ---- many ---- */

enum { CROWD = 20000 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double time_to_find(const struct roster *roster, int who)
{
    double began = seconds();
    char name[32];
    int n = snprintf(name, sizeof name, "peer%d", who);

    for (int i = 0; i < 2000; i++)
        assert_non_null(roster_find(roster, name, (size_t)n));
    return seconds() - began;
}

static void find_costs_the_same_with_many(void **state)
{
    struct member *members = calloc(CROWD, sizeof *members);
    struct roster roster = {0}, few = {0};
    struct member one = {0};
    double most = 0;

    (void)state;
    assert_int_equal(roster_add(&few, &one, NULL), 0);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(roster_add(&roster, &members[i], NULL), 0);
    assert_int_equal(roster.count, CROWD);
    for (int who = 1; who <= CROWD; who += 1999) {
        double took = time_to_find(&roster, who);
        most = took > most ? took : most;
    }
    assert_true(most < 50 * time_to_find(&few, 1) + 0.1);
    for (int i = 0; i < CROWD; i++) {
        char name[32];
        int n = snprintf(name, sizeof name, "PEER%d", i + 1);

        assert_ptr_equal(roster_find(&roster, name, (size_t)n), &members[i]);
    }
    roster_fini(&few);
    roster_fini(&roster);
    free(members);
}

static void many_members_come_and_go(void **state)
{
    struct member *members = calloc(CROWD, sizeof *members);
    struct roster roster = {0};
    struct dice dice = {1};
    unsigned last = 0, number;

    (void)state;
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(roster_add(&roster, &members[i], NULL), 0);
    for (int i = 0; i < CROWD; i++) {
        struct member *member = &members[dice_roll(&dice, CROWD)];

        roster_remove(&roster, member);
        assert_int_equal(roster_add(&roster, member, NULL), 0);
        assert_int_equal(sscanf(member->seat.name, "peer%u", &number), 1);
        assert_true(number > CROWD && number > last);
        last = number;
        assert_ptr_equal(roster_find(&roster, member->seat.name, strlen(member->seat.name)),
                         member);
    }
    for (int i = 0; i < CROWD; i++)
        roster_remove(&roster, &members[i]);
    assert_int_equal(roster.count, 0);
    assert_null(roster.first);
    assert_null(roster.last);
    assert_null(roster_find(&roster, "peer30000", 9));
    roster_fini(&roster);
    free(members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcomers_are_numbered),
        cmocka_unit_test(members_leave_in_any_order),
        cmocka_unit_test(number_is_never_given_twice),
        cmocka_unit_test(find_compares_the_whole_name),
        cmocka_unit_test(find_folds_case_and_width),
        cmocka_unit_test(numbered_names_are_refused),
        cmocka_unit_test(operator_name_is_refused),
        cmocka_unit_test(you_is_nobodys_name_in_a_named_room),
        cmocka_unit_test(look_alikes_of_numbers_are_refused),
        cmocka_unit_test(look_alikes_of_members_are_refused),
        cmocka_unit_test(find_takes_no_look_alike),
        cmocka_unit_test(look_alikes_of_numbered_names_are_refused),
        cmocka_unit_test(find_costs_the_same_with_many),
        cmocka_unit_test(many_members_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
