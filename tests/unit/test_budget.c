/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "bot/budget.h"

enum { CHEAP = BUDGET_DEAR / 4, NOW = 1000 };

static void pay(struct budget *budget, struct budget_share *share, size_t cost, uint64_t now,
                bool alone)
{
    budget_pay(budget, share, &(struct budget_price){.cost = cost}, now, alone);
}

/* A peer whose messages have been cheap for long; none of the turns is that of `now`. */
static struct budget_share known(struct budget *budget)
{
    struct budget_share share = {0};

    for (uint64_t i = 0; i < BUDGET_CALM; i++)
        pay(budget, &share, CHEAP, i + 1, false);
    return share;
}

static void cheap_message_pauses_nobody(void **state)
{
    struct budget budget = {0};
    struct budget_share share = {0}, other = {0};

    (void)state;
    assert_false(budget_holds(&budget, &share, NOW));
    pay(&budget, &share, BUDGET_DEAR, NOW, false);
    assert_false(budget_holds(&budget, &share, NOW));
    assert_false(budget_holds(&budget, &other, NOW));
}

static void spent_turn_takes_no_more_messages_of_unknown_peers(void **state)
{
    struct budget budget = {0};
    struct budget_share one = {0}, other = {0};

    (void)state;
    pay(&budget, &one, BUDGET_DEAR, NOW, false);
    pay(&budget, &one, 1, NOW, false);
    assert_true(budget_holds(&budget, &one, NOW));
    assert_true(budget_holds(&budget, &other, NOW));
    assert_int_equal(other.pause_until, NOW + 1);
    assert_false(budget_holds(&budget, &one, NOW + 1)); /* the next turn has its own budget */
    assert_false(budget_holds(&budget, &other, NOW + 1));
}

static void known_peers_have_the_larger_budget_of_a_turn(void **state)
{
    struct budget budget = {0};
    struct budget_share share = known(&budget), unknown = {0};
    size_t spent = 0;

    (void)state;
    while (spent + BUDGET_DEAR <= BUDGET_TURN) {
        assert_false(budget_holds(&budget, &share, NOW));
        pay(&budget, &share, BUDGET_DEAR, NOW, false);
        spent += BUDGET_DEAR;
    }
    assert_true(spent > BUDGET_DEAR);
    assert_true(budget_holds(&budget, &unknown, NOW));
    assert_false(budget_holds(&budget, &share, NOW));
    pay(&budget, &share, BUDGET_TURN - spent + 1, NOW, false);
    assert_true(budget_holds(&budget, &share, NOW));
    assert_false(budget_holds(&budget, &share, NOW + 1));
}

static void peer_is_known_behind_so_many_cheap_messages(void **state)
{
    struct budget budget = {0};
    struct budget_share share = {0}, other = {0};

    (void)state;
    for (uint64_t i = 1; i <= BUDGET_CALM; i++) {
        pay(&budget, &other, BUDGET_DEAR, NOW + i, false);
        pay(&budget, &other, 1, NOW + i, false);
        assert_true(budget_holds(&budget, &share, NOW + i));
        pay(&budget, &share, 1, NOW + i, false);
        share.pause_until = 0;
    }
    assert_false(budget_holds(&budget, &share, NOW + BUDGET_CALM));
}

static void dear_message_pauses_its_peer_for_twice_its_time(void **state)
{
    struct budget budget = {0};
    struct budget_share dear = {0}, other = {0};

    (void)state;
    pay(&budget, &dear, PATTERN_COST, NOW, false); /* 0.1 s */
    assert_in_range(dear.pause_until, NOW + 190, NOW + 210);
    assert_true(budget_holds(&budget, &dear, dear.pause_until - 1));
    assert_false(budget_holds(&budget, &dear, dear.pause_until));
    assert_false(budget_holds(&budget, &other, NOW + 1)); /* in the next turn */
}

static void message_is_tried_first_unless_the_peer_is_alone(void **state)
{
    struct budget budget = {0};
    struct budget_share share = {0};

    (void)state;
    assert_int_equal(budget_limit(&share, false), BUDGET_DEAR);
    assert_int_equal(budget_limit(&share, true), BUDGET_MESSAGE);
    budget_postpone(&budget, &share, BUDGET_DEAR, NOW);
    assert_int_equal(budget_limit(&share, false), BUDGET_MESSAGE);
    pay(&budget, &share, PATTERN_COST, NOW + 1, false);
    assert_int_equal(budget_limit(&share, false), BUDGET_DEAR);
}

static void postponed_message_is_due_in_the_next_turn(void **state)
{
    struct budget budget = {0};
    struct budget_share share = {0};

    (void)state;
    budget_postpone(&budget, &share, BUDGET_DEAR + 1, NOW);
    assert_true(budget_holds(&budget, &share, NOW));
    assert_int_equal(share.pause_until, NOW + 1);
    assert_false(budget_holds(&budget, &share, NOW + 1));
}

/* Other programs are busy. */
static void search_that_took_long_is_followed_by_as_long_a_rest(void **state)
{
    struct budget budget = {0};
    struct budget_share share = {0};

    (void)state;
    budget_postpone(&budget, &share, BUDGET_DEAR, NOW);
    budget_pay(&budget, &share, &(struct budget_price){PATTERN_COST, 1500}, NOW + 1, false);
    assert_in_range(budget.rest, NOW + 3000, NOW + 3010);
}

/* Twenty newcomers at once, and one of them is cheap: it waits for trials, not for searches. */
static void postponed_messages_leave_half_of_the_time_to_others(void **state)
{
    enum { PEERS = 20 };
    struct budget budget = {0};
    struct budget_share shares[PEERS] = {0}, cheap = {0};
    uint64_t now = NOW;

    (void)state;
    for (int i = 0; i < PEERS; i++)
        budget_postpone(&budget, &shares[i], BUDGET_DEAR + 1, now + (uint64_t)i);
    now += PEERS;
    for (int i = 0; i < PEERS; i++) {
        assert_false(budget_holds(&budget, &shares[i], now));
        pay(&budget, &shares[i], PATTERN_COST, now, false); /* 0.1 s */
        for (int other = i + 1; other < PEERS; other++) {
            assert_true(budget_holds(&budget, &shares[other], now + 190));
            assert_in_range(shares[other].pause_until, now + 190, now + 210);
        }
        assert_false(budget_holds(&budget, &cheap, now)); /* in this turn, too */
        now = budget.rest;
    }
}

static void peer_without_others_pauses_for_the_turn_only(void **state)
{
    struct budget budget = {0};
    struct budget_share share = {0};

    (void)state;
    pay(&budget, &share, BUDGET_MESSAGE, NOW, true);
    assert_int_equal(share.pause_until, NOW + 1);
    assert_int_equal(budget.rest, 0);
    assert_true(budget_holds(&budget, &share, NOW));
    assert_false(budget_holds(&budget, &share, NOW + 1));
}

static void dear_message_is_distrusted_for_long(void **state)
{
    struct budget budget = {0};
    struct budget_share share = known(&budget), other = {0};
    uint64_t now = NOW;

    (void)state;
    pay(&budget, &share, BUDGET_DEAR + 1, now, true);
    for (int i = 0; i < BUDGET_DISTRUST + BUDGET_CALM; i++) {
        now += 10;
        pay(&budget, &other, BUDGET_DEAR, now, false);
        pay(&budget, &other, 1, now, false);
        assert_true(budget_holds(&budget, &share, now));
        pay(&budget, &share, 1, now + 1, false);
    }
    pay(&budget, &other, BUDGET_DEAR, now + 10, false);
    pay(&budget, &other, 1, now + 10, false);
    assert_false(budget_holds(&budget, &share, now + 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cheap_message_pauses_nobody),
        cmocka_unit_test(spent_turn_takes_no_more_messages_of_unknown_peers),
        cmocka_unit_test(known_peers_have_the_larger_budget_of_a_turn),
        cmocka_unit_test(peer_is_known_behind_so_many_cheap_messages),
        cmocka_unit_test(dear_message_pauses_its_peer_for_twice_its_time),
        cmocka_unit_test(message_is_tried_first_unless_the_peer_is_alone),
        cmocka_unit_test(postponed_message_is_due_in_the_next_turn),
        cmocka_unit_test(search_that_took_long_is_followed_by_as_long_a_rest),
        cmocka_unit_test(postponed_messages_leave_half_of_the_time_to_others),
        cmocka_unit_test(peer_without_others_pauses_for_the_turn_only),
        cmocka_unit_test(dear_message_is_distrusted_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
