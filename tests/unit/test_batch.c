/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rooms.h"

#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "room/batch.h"

static size_t held;
static struct batch batch;

/* Only the batch holds the message from here on. */
static void add(const char *text)
{
    struct message *message = message_new(utf8, text, strlen(text), true, &held);

    assert_non_null(message);
    batch_add(&batch, message);
    message_release(message);
}

static void assert_all(struct form_plan plan, const char *expected)
{
    struct line all = batch_bytes(&batch, &plan);

    assert_int_equal(all.n, strlen(expected));
    assert_memory_equal(all.bytes, expected, all.n);
}

static void clear(void)
{
    batch_clear(&batch);
    assert_int_equal(batch.count, 0);
    assert_int_equal(held, 0);
}

static void messages_are_joined_in_order(void **state)
{
    (void)state;
    add("one");
    add("");
    add("你好");
    assert_all((struct form_plan){.charset = utf8}, "one\n\n你好\n");
    assert_all((struct form_plan){.charset = gbk}, "one\n\n\xC4\xE3\xBA\xC3\n");
    assert_all((struct form_plan){.charset = utf8, .text.eol = EOL_CRLF}, "one\r\n\r\n你好\r\n");
    clear();
}

static void numbers_go_on_from_batch_to_batch(void **state)
{
    uint64_t first = batch_end(&batch);

    (void)state;
    add("one");
    clear();
    add("two");
    assert_int_equal(batch_end(&batch), first + 2);
    assert_memory_equal(batch_message(&batch, first + 1)->text, "two\n", 4);
    clear();
}

/* However many readers there are. */
static void batch_needs_one_allocation_for_each_charset(void **state)
{
    (void)state;
    add("one");
    add("two");
    take_allocations();
    for (int reader = 0; reader < 3; reader++)
        assert_all((struct form_plan){.charset = utf8}, "one\ntwo\n");
    assert_int_equal(take_allocations(), 1);
    clear();
}

static void only_message_needs_no_allocation(void **state)
{
    (void)state;
    add("one");
    take_allocations();
    assert_all((struct form_plan){.charset = utf8}, "one\n");
    assert_int_equal(take_allocations(), 0);
    clear();
}

static void forms_past_the_table_are_not_joined(void **state)
{
    struct form_plan plan = {.charset = gbk};

    (void)state;
    add("one");
    for (int i = 0; i < BATCH_FORMS; i++) {
        plan = (struct form_plan){.charset = i % 2 ? gbk : big5,
                                  .text = {.eol = (enum codec_eol)(i / 2), .bad = BAD_REPLACE}};
        assert_int_not_equal(batch_bytes(&batch, &plan).n, 0);
    }
    plan.text.bad = BAD_ESCAPE;
    assert_int_equal(batch_bytes(&batch, &plan).n, 0);
    clear();
}

static void batch_is_full_by_bytes_and_by_messages(void **state)
{
    char *text = malloc(BATCH_BYTES);

    (void)state;
    assert_false(batch_is_full(&batch, 2 * BATCH_BYTES));
    memset(text, 'x', BATCH_BYTES);
    text[BATCH_BYTES - 10] = '\0';
    add(text);
    assert_false(batch_is_full(&batch, 9));
    assert_true(batch_is_full(&batch, 10));
    clear();
    for (int i = 0; i < BATCH_MESSAGES; i++) {
        assert_false(batch_is_full(&batch, 1));
        add("");
    }
    assert_true(batch_is_full(&batch, 1));
    clear();
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_joined_in_order),
        cmocka_unit_test(numbers_go_on_from_batch_to_batch),
        cmocka_unit_test(batch_needs_one_allocation_for_each_charset),
        cmocka_unit_test(only_message_needs_no_allocation),
        cmocka_unit_test(forms_past_the_table_are_not_joined),
        cmocka_unit_test(batch_is_full_by_bytes_and_by_messages),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
