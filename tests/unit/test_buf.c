/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

static void assert_holds(const struct buf *buf, const char *text)
{
    assert_int_equal(buf_length(buf), strlen(text));
    assert_memory_equal(buf_bytes(buf), text, strlen(text));
}

static void append_keeps_the_order(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 100);
    assert_int_equal(buf_length(&buf), 0);
    assert_int_equal(buf_append(&buf, "one", 3), 0);
    assert_int_equal(buf_append(&buf, "two", 3), 0);
    buf_consume(&buf, 2);
    assert_holds(&buf, "etwo");
    assert_int_equal(buf_append(&buf, "three", 5), 0);
    assert_holds(&buf, "etwothree");
    buf_consume(&buf, 9);
    assert_int_equal(buf_length(&buf), 0);
    assert_int_equal(buf_append(&buf, "four", 4), 0);
    buf_clear(&buf);
    assert_holds(&buf, "");
    buf_fini(&buf);
}

static void zeroed_buf_with_a_cap_is_empty(void **state)
{
    struct buf buf = {.cap = 3};

    (void)state;
    assert_int_equal(buf_append(&buf, "abc", 3), 0);
    assert_holds(&buf, "abc");
    buf_fini(&buf);
}

static void cap_of_zero_refuses_every_byte(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 0);
    assert_int_equal(buf_append(&buf, "", 0), 0);
    assert_int_equal(buf_append(&buf, "a", 1), -1);
    assert_int_equal(buf_length(&buf), 0);
    buf_fini(&buf);
}

/* A buf takes bytes up to its cap, and a refusal leaves it unchanged. */
static void cap_is_never_passed(void **state)
{
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t cap = 1; cap < sizeof text; cap += 37) {
        struct buf buf;

        buf_init(&buf, cap);
        assert_int_equal(buf_append(&buf, text, cap + 1), -1);
        assert_int_equal(buf_length(&buf), 0);
        assert_int_equal(buf_append(&buf, text, cap), 0);
        assert_int_equal(buf_append(&buf, "y", 1), -1);
        assert_null(buf_reserve(&buf, 1));
        assert_null(buf_reserve(&buf, SIZE_MAX));
        assert_int_equal(buf_length(&buf), cap);
        assert_true(buf.capacity <= cap);
        buf_consume(&buf, 1);
        assert_int_equal(buf_append(&buf, "y", 1), 0);
        assert_int_equal(buf_bytes(&buf)[cap - 1], 'y');
        buf_fini(&buf);
    }
}

static void reserve_counts_after_commit(void **state)
{
    struct buf buf;
    unsigned char *room;

    (void)state;
    buf_init(&buf, 100);
    room = buf_reserve(&buf, 50);
    assert_non_null(room);
    memcpy(room, "abcdef", 6);
    assert_int_equal(buf_length(&buf), 0);
    buf_commit(&buf, 4);
    assert_holds(&buf, "abcd");
    assert_non_null(buf_reserve(&buf, 96));
    assert_holds(&buf, "abcd");
    buf_fini(&buf);
}

/* Appending byte by byte stays linear: the memory doubles. */
static void capacity_doubles(void **state)
{
    enum { CAP = 100000 };
    struct buf buf;
    size_t capacity = 0;
    int growths = 0;

    (void)state;
    buf_init(&buf, CAP);
    for (size_t i = 0; i < CAP; i++) {
        assert_int_equal(buf_append(&buf, &(char){(char)i}, 1), 0);
        growths += buf.capacity != capacity;
        capacity = buf.capacity;
    }
    assert_true(growths < 20);
    for (size_t i = 0; i < CAP; i++)
        assert_int_equal(buf_bytes(&buf)[i], (unsigned char)i);
    buf_fini(&buf);
}

/* A queue that is consumed as fast as it is filled needs no more memory. */
static void consumed_room_is_reused(void **state)
{
    struct buf buf;
    size_t capacity;

    (void)state;
    buf_init(&buf, 1 << 20);
    assert_int_equal(buf_append(&buf, "0123456789", 10), 0);
    capacity = buf.capacity;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(buf_append(&buf, "abcdefg", 7), 0);
        buf_consume(&buf, 7);
    }
    assert_int_equal(buf_length(&buf), 10);
    assert_int_equal(buf.capacity, capacity);
    buf_fini(&buf);
}

static void fini_leaves_a_usable_buf(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 5);
    assert_int_equal(buf_append(&buf, "abcde", 5), 0);
    buf_fini(&buf);
    assert_int_equal(buf_length(&buf), 0);
    assert_int_equal(buf_append(&buf, "fghij", 5), 0);
    assert_int_equal(buf_append(&buf, "k", 1), -1);
    assert_holds(&buf, "fghij");
    buf_fini(&buf);
}

static void double_repeats_a_byte_of_the_end(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 10);
    assert_int_equal(buf_append(&buf, "xaxbx", 5), 0);
    assert_int_equal(buf_double(&buf, 0, 'x'), 0);
    assert_int_equal(buf_double(&buf, 5, 'y'), 0);
    assert_int_equal(buf_double(&buf, 4, 'x'), 2);
    assert_holds(&buf, "xaxxbxx");
    assert_int_equal(buf_double(&buf, 7, 'x'), -1);
    assert_holds(&buf, "xaxxbxx");
    buf_fini(&buf);
}

/* ---- random operations against a plain array ---- */

enum { MODEL_CAP = 3000 };

struct model {
    unsigned char bytes[MODEL_CAP];
    size_t length;
};

static void append_to_both(struct buf *buf, struct model *model, size_t n, struct dice *dice)
{
    unsigned char bytes[MODEL_CAP + 100];
    bool fits = n <= buf->cap - model->length;

    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)dice_roll(dice, 256);
    assert_int_equal(buf_append(buf, bytes, n), fits ? 0 : -1);
    if (!fits)
        return;
    memcpy(model->bytes + model->length, bytes, n);
    model->length += n;
}

static void consume_from_both(struct buf *buf, struct model *model, size_t n)
{
    buf_consume(buf, n);
    memmove(model->bytes, model->bytes + n, model->length - n);
    model->length -= n;
}

static void buf_agrees_with_a_model(void **state)
{
    struct dice dice = {20240601};
    struct model model = {.length = 0};
    struct buf buf;

    (void)state;
    buf_init(&buf, MODEL_CAP);
    for (int i = 0; i < 50000; i++) {
        uint32_t most = dice_roll(&dice, 20) ? 60 : MODEL_CAP + 100;

        if (dice_roll(&dice, 2))
            append_to_both(&buf, &model, dice_roll(&dice, most), &dice);
        else
            consume_from_both(&buf, &model, dice_roll(&dice, (uint32_t)model.length + 1));
        assert_int_equal(buf_length(&buf), model.length);
        assert_true(buf.capacity <= buf.cap && buf.end <= buf.capacity);
        if (model.length)
            assert_memory_equal(buf_bytes(&buf), model.bytes, model.length);
    }
    buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_keeps_the_order),
        cmocka_unit_test(zeroed_buf_with_a_cap_is_empty),
        cmocka_unit_test(cap_of_zero_refuses_every_byte),
        cmocka_unit_test(cap_is_never_passed),
        cmocka_unit_test(reserve_counts_after_commit),
        cmocka_unit_test(capacity_doubles),
        cmocka_unit_test(consumed_room_is_reused),
        cmocka_unit_test(double_repeats_a_byte_of_the_end),
        cmocka_unit_test(fini_leaves_a_usable_buf),
        cmocka_unit_test(buf_agrees_with_a_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
