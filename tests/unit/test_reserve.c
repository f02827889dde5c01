/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/reserve.h"

enum { LIMIT = 64 };

static int open_root(void)
{
    return open("/", O_RDONLY | O_CLOEXEC);
}

/* Takes all descriptors that are left; returns how many they were. */
static unsigned take_all(int taken[LIMIT])
{
    unsigned n = 0;

    while ((taken[n] = open_root()) >= 0)
        n++;
    assert_int_equal(errno, EMFILE);
    return n;
}

static void give_back(const int *taken, unsigned n)
{
    while (n)
        close(taken[--n]);
}

/* How many are left. */
static unsigned left(void)
{
    int taken[LIMIT];
    unsigned n = take_all(taken);

    give_back(taken, n);
    return n;
}

static int limit_descriptors(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = LIMIT;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int empty(void **state)
{
    (void)state;
    return reserve_hold(0);
}

static void what_is_held_nobody_gets(void **state)
{
    unsigned before = left();

    (void)state;
    assert_int_equal(reserve_hold(RESERVE), 0);
    assert_int_equal(left(), before - RESERVE);
    assert_int_equal(reserve_hold(RESERVE), 0);
    assert_int_equal(left(), before - RESERVE);
    assert_int_equal(reserve_hold(1), 0);
    assert_int_equal(left(), before - 1);
    assert_int_equal(reserve_hold(0), 0);
    assert_int_equal(left(), before);
}

static void it_holds_what_there_is(void **state)
{
    int taken[LIMIT];
    unsigned n = take_all(taken);

    (void)state;
    close(taken[--n]);
    close(taken[--n]);
    assert_int_equal(reserve_hold(RESERVE), -1);
    assert_int_equal(errno, EMFILE);
    assert_int_equal(left(), 0);
    give_back(taken, n);
    assert_int_equal(reserve_hold(RESERVE), 0);
}

/* One for each call, and none is taken from those who have not filled it. */
static void it_is_spent_where_there_is_none_left(void **state)
{
    int taken[LIMIT], files[RESERVE + 1];
    unsigned n;

    (void)state;
    reserve_hold(RESERVE);
    n = take_all(taken);
    for (int i = 0; i < RESERVE; i++)
        assert_true((files[i] = reserve_open("/", O_RDONLY | O_CLOEXEC, 0)) >= 0);
    assert_int_equal(reserve_open("/", O_RDONLY | O_CLOEXEC, 0), -1);
    assert_int_equal(errno, EMFILE);
    give_back(files, RESERVE);
    assert_int_equal(reserve_hold(RESERVE), 0);
    assert_int_equal(left(), 0);
    give_back(taken, n);
}

static void other_errors_spend_nothing(void **state)
{
    int taken[LIMIT];
    unsigned n;

    (void)state;
    reserve_hold(RESERVE);
    assert_int_equal(reserve_open("/no/such/file", O_RDONLY, 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_false(reserve_spend(ENOMEM));
    assert_false(reserve_spend(0));
    n = take_all(taken);
    for (int i = 0; i < RESERVE; i++)
        assert_true(reserve_spend(EMFILE));
    assert_false(reserve_spend(EMFILE));
    give_back(taken, n);
}

static void one_is_lent(void **state)
{
    int taken[LIMIT];
    unsigned n;

    (void)state;
    reserve_hold(1);
    reserve_lend(); /* is not needed here */
    n = take_all(taken);
    reserve_lend();
    assert_int_equal(left(), 1);
    reserve_lend();
    assert_int_equal(left(), 1);
    taken[n++] = open_root();
    reserve_lend();
    assert_int_equal(left(), 0);
    give_back(taken, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_held_nobody_gets, empty),
        cmocka_unit_test_teardown(it_holds_what_there_is, empty),
        cmocka_unit_test_teardown(it_is_spent_where_there_is_none_left, empty),
        cmocka_unit_test_teardown(other_errors_spend_nothing, empty),
        cmocka_unit_test_teardown(one_is_lent, empty),
    };

    return cmocka_run_group_tests(tests, limit_descriptors, NULL);
}
