#include "check.h"

#include <string.h>

#include "talk/roster.h"

/* A roster knows nothing of a member but its seat. */
enum { MANY = 5 };

static void add_all(struct roster *roster, struct member members[MANY])
{
    for (int i = 0; i < MANY; i++)
        roster_add(roster, &members[i]);
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

static void anybody_may_go(void **state)
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

static void a_number_is_never_given_twice(void **state)
{
    struct member members[MANY] = {0};
    struct roster roster = {0};

    (void)state;
    roster_add(&roster, &members[0]);
    roster_remove(&roster, &members[0]);
    assert_names(&roster, "");
    roster_add(&roster, &members[1]);
    roster_add(&roster, &members[0]);
    assert_names(&roster, "peer2 peer3");
    roster_remove(&roster, &members[0]);
    roster_add(&roster, &members[0]);
    assert_names(&roster, "peer2 peer4");
    roster_fini(&roster);
}

static void a_name_is_found_whole(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcomers_are_numbered),
        cmocka_unit_test(anybody_may_go),
        cmocka_unit_test(a_number_is_never_given_twice),
        cmocka_unit_test(a_name_is_found_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
