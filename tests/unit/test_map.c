#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

static void an_empty_map_has_no_keys(void **state)
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

static void a_key_set_again_has_the_later_value(void **state)
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

/* Against an array, which cannot be wrong. */
static void many_keys_come_and_go(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_no_keys),
        cmocka_unit_test(keys_are_compared_by_length_and_bytes),
        cmocka_unit_test(a_key_set_again_has_the_later_value),
        cmocka_unit_test(many_keys_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
