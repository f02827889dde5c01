/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/map.h"

enum { MANY = 5000, KEY = 16 };

static char keys[MANY][KEY];

static const char *key_of(int number)
{
    snprintf(keys[number], KEY, "key %d", number);
    return keys[number];
}

static void set(struct map *map, const char *key, void *value)
{
    assert_int_equal(map_set(map, key, strlen(key), value), 0);
}

static void empty_map_has_no_keys(void **state)
{
    struct map map = {0};

    (void)state;
    assert_null(map_get(&map, "a", 1));
    assert_null(map_remove(&map, "a", 1));
    map_fini(&map);
}

static void keys_are_compared_by_length_and_bytes(void **state)
{
    struct map map = {0};
    int one, two, three, none;

    (void)state;
    assert_int_equal(map_set(&map, "a\0b", 3, &one), 0);
    assert_int_equal(map_set(&map, "a\0c", 3, &two), 0);
    assert_int_equal(map_set(&map, "a", 1, &three), 0);
    assert_int_equal(map_set(&map, "", 0, &none), 0);
    assert_ptr_equal(map_get(&map, "a\0b", 3), &one);
    assert_ptr_equal(map_get(&map, "a\0c", 3), &two);
    assert_ptr_equal(map_get(&map, "a", 1), &three);
    assert_ptr_equal(map_get(&map, "", 0), &none);
    assert_null(map_get(&map, "a\0", 2));
    assert_int_equal(map.count, 4);
    map_fini(&map);
}

static void set_replaces_the_value(void **state)
{
    struct map map = {0};
    int one, two;

    (void)state;
    set(&map, "key", &one);
    set(&map, "key", &two);
    assert_int_equal(map.count, 1);
    assert_ptr_equal(map_remove(&map, "key", 3), &two);
    assert_null(map_get(&map, "key", 3));
    map_fini(&map);
}

/* The model is a plain array. */
static void map_agrees_with_a_model(void **state)
{
    struct dice dice = {20261128};
    struct map map = {0};
    bool is_there[MANY] = {0};
    size_t count = 0;

    (void)state;
    for (int step = 0; step < 20 * MANY; step++) {
        int number = (int)dice_roll(&dice, MANY);
        const char *key = key_of(number);

        if (is_there[number])
            assert_ptr_equal(map_remove(&map, key, strlen(key)), keys[number]);
        else
            set(&map, key, keys[number]);
        count = is_there[number] ? count - 1 : count + 1;
        is_there[number] = !is_there[number];
        assert_int_equal(map.count, count);
    }
    for (int number = 0; number < MANY; number++)
        assert_ptr_equal(map_get(&map, key_of(number), strlen(keys[number])),
                         is_there[number] ? keys[number] : NULL);
    map_fini(&map);
}

enum { FEW = 64 };

/* The order in which a new process iterates over FEW keys. */
static void order_elsewhere(unsigned char order[FEW])
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct map map = {0};
        size_t at = 0;

        for (int number = 0; number < FEW; number++)
            set(&map, key_of(number), &keys[number]);
        for (int i = 0; i < FEW; i++)
            order[i] = (unsigned char)((char(*)[KEY])map_next(&map, &at) - keys);
        _exit(write(ends[1], order, FEW) != FEW);
    }
    assert_int_equal(read(ends[0], order, FEW), FEW);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
}

/* This test must be the first: the seed of the process is inherited once it is drawn. */
static void secret_differs_between_processes(void **state)
{
    unsigned char one[FEW], other[FEW];

    (void)state;
    order_elsewhere(one);
    order_elsewhere(other);
    assert_memory_not_equal(one, other, FEW);
}

static void next_returns_each_value_once(void **state)
{
    struct map map = {0};
    bool is_met[MANY] = {0};
    size_t at = 0, count = 0;
    char(*key)[KEY];

    (void)state;
    for (int number = 0; number < MANY; number++)
        set(&map, key_of(number), &keys[number]);
    while ((key = map_next(&map, &at))) {
        assert_false(is_met[key - keys]);
        is_met[key - keys] = true;
        count++;
    }
    assert_int_equal(count, MANY);
    map_fini(&map);
}

static void reserve_makes_set_infallible(void **state)
{
    struct map map = {0};
    const struct map_slot *slots;

    (void)state;
    assert_int_equal(map_reserve(&map, MANY), 0);
    slots = map.slots;
    for (int number = 0; number < MANY; number++)
        set(&map, key_of(number), keys[number]);
    assert_ptr_equal(map.slots, slots);
    map_fini(&map);
}

/* The sanitizer finds a value that is not freed. */
static void free_takes_the_values_along(void **state)
{
    struct map map = {0};

    (void)state;
    for (int number = 0; number < MANY; number++) {
        char *key = strdup(key_of(number));

        assert_non_null(key);
        set(&map, key, key);
    }
    map_free(&map);
    assert_int_equal(map.count, 0);
    map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_differs_between_processes),
        cmocka_unit_test(empty_map_has_no_keys),
        cmocka_unit_test(keys_are_compared_by_length_and_bytes),
        cmocka_unit_test(set_replaces_the_value),
        cmocka_unit_test(map_agrees_with_a_model),
        cmocka_unit_test(next_returns_each_value_once),
        cmocka_unit_test(reserve_makes_set_infallible),
        cmocka_unit_test(free_takes_the_values_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
