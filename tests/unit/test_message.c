/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rooms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "room/message.h"

static size_t held;

static struct message *line(const char *text)
{
    struct message *message = message_new(utf8, text, strlen(text), true, &held);

    assert_non_null(message);
    return message;
}

static const struct form *form(struct message *message, struct form_plan plan)
{
    const struct form *made = message_form(message, &plan);

    assert_non_null(made);
    return made;
}

static void assert_bytes(const struct form *form, const char *expected)
{
    assert_int_equal(form->n, strlen(expected));
    assert_memory_equal(form->bytes, expected, form->n);
}

/* ---- what goes out ---- */

static void line_gets_its_line_end(void **state)
{
    struct message *message = line("你好");

    (void)state;
    assert_int_equal(message->n, strlen("你好\n"));
    assert_bytes(form(message, (struct form_plan){.charset = utf8}), "你好\n");
    message_release(message);
}

static void empty_line_is_a_line_end(void **state)
{
    struct message *message = line("");

    (void)state;
    assert_bytes(form(message, (struct form_plan){.charset = utf8}), "\n");
    assert_bytes(form(message, (struct form_plan){.charset = gbk, .text.eol = EOL_CRLF}), "\r\n");
    message_release(message);
}

static void text_stays_as_it_is(void **state)
{
    struct message *message = message_new(utf8, "a\n\nb", 4, false, &held);

    (void)state;
    assert_bytes(form(message, (struct form_plan){.charset = utf8}), "a\n\nb");
    message_release(message);
}

static void form_is_made_for_each_charset(void **state)
{
    struct message *message = line("你好");

    (void)state;
    assert_bytes(form(message, (struct form_plan){.charset = gbk}), "\xC4\xE3\xBA\xC3\n");
    assert_bytes(form(message, (struct form_plan){.charset = big5}), "\xA7\x41\xA6\x6E\n");
    message_release(message);
}

static void crlf_leaves_an_lf_after_a_cr(void **state)
{
    struct message *message =
        message_new(utf8, "a\nb\r\n你\n", strlen("a\nb\r\n你\n"), false, &held);

    (void)state;
    assert_bytes(form(message, (struct form_plan){.charset = utf8, .text.eol = EOL_CRLF}),
                 "a\r\nb\r\n你\r\n");
    assert_bytes(form(message, (struct form_plan){.charset = gbk, .text.eol = EOL_CRLF}),
                 "a\r\nb\r\n\xC4\xE3\r\n");
    message_release(message);
}

/* ---- made once ---- */

static void form_is_made_once_and_shared(void **state)
{
    struct message *message = line("你好");
    const struct form *first = form(message, (struct form_plan){.charset = gbk});
    const struct form *other = form(message, (struct form_plan){.charset = big5});

    (void)state;
    assert_ptr_not_equal(first, other);
    for (int i = 0; i < 1000; i++) {
        assert_ptr_equal(form(message, (struct form_plan){.charset = gbk}), first);
        assert_ptr_equal(form(message, (struct form_plan){.charset = big5}), other);
    }
    message_release(message);
}

static void form_depends_on_every_part_of_the_plan(void **state)
{
    struct message *message = line("a😀");
    const struct form *plain = form(message, (struct form_plan){.charset = gbk});
    const struct form *crlf =
        form(message, (struct form_plan){.charset = gbk, .text.eol = EOL_CRLF});
    const struct form *escaped =
        form(message, (struct form_plan){.charset = gbk, .text.bad = BAD_ESCAPE});

    (void)state;
    assert_bytes(plain, "a?\n");
    assert_bytes(crlf, "a?\r\n");
    assert_bytes(escaped, "a\\u{1F600}\n");
    message_release(message);
}

/* ---- what a charset lacks ---- */

static void lacking_characters_are_counted(void **state)
{
    struct message *message = line("你😀好🐼");
    const struct form *made = form(message, (struct form_plan){.charset = gbk});

    (void)state;
    assert_bytes(made, "\xC4\xE3?\xBA\xC3?\n");
    assert_int_equal(made->faults.unencodable, 2);
    assert_int_equal(made->faults.unencodable_first, 0x1F600);
    assert_int_equal(made->faults.unencodable_at, 2);
    made = form(message, (struct form_plan){.charset = utf8});
    assert_int_equal(made->faults.unencodable, 0);
    message_release(message);
}

/* One charset of many stops no message. */
static void stop_counts_as_replace(void **state)
{
    struct message *message = line("a😀b");
    const struct form *made =
        form(message, (struct form_plan){.charset = gbk, .text.bad = BAD_STOP});

    (void)state;
    assert_bytes(made, "a?b\n");
    assert_int_equal(made->faults.unencodable, 1);
    message_release(message);
}

/* The longest that a character can become, in every place. */
static void escaped_form_fits(void **state)
{
    enum { MANY = 16 * 1024 };
    char *text = malloc(4 * MANY);
    struct message *message;
    const struct form *made;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        memcpy(text + 4 * i, "\xF4\x80\x80\x80", 4); /* U+100000 */
    message = message_new(utf8, text, 4 * MANY, true, &held);
    made = form(message,
                (struct form_plan){.charset = gbk, .text.eol = EOL_CRLF, .text.bad = BAD_ESCAPE});
    assert_int_equal(made->n, MANY * strlen("\\u{100000}") + 2);
    assert_int_equal(made->faults.unencodable, MANY);
    message_release(message);
    free(text);
}

static void form_of_line_ends_fits(void **state)
{
    enum { MANY = 64 * 1024 };
    char *text = malloc(MANY);
    struct message *message;

    (void)state;
    memset(text, '\n', MANY);
    message = message_new(utf8, text, MANY, false, &held);
    assert_int_equal(form(message, (struct form_plan){.charset = gbk, .text.eol = EOL_CRLF})->n,
                     2 * MANY);
    message_release(message);
    free(text);
}

/* ---- holders ---- */

/* The sanitizer watches the memory. */
static void message_lives_until_the_last_release(void **state)
{
    struct message *message = line("你好");
    const struct form *made = form(message, (struct form_plan){.charset = gbk});

    (void)state;
    assert_ptr_equal(message_hold(message), message);
    assert_int_equal(message->holders, 2);
    message_release(message);
    assert_bytes(made, "\xC4\xE3\xBA\xC3\n");
    form(message, (struct form_plan){.charset = big5});
    message_release(message);
}

/* ---- memory ---- */

static void text_that_stays_needs_no_memory_of_its_own(void **state)
{
    struct message *message;

    (void)state;
    take_allocations();
    message = line("你好");
    assert_int_equal(take_allocations(), 1);
    assert_bytes(form(message, (struct form_plan){.charset = utf8}), "你好\n");
    assert_bytes(form(message, (struct form_plan){0}), "你好\n");
    assert_bytes(form(message, (struct form_plan){.charset = utf8, .text.checked = true}),
                 "你好\n");
    assert_int_equal(take_allocations(), 0);
    message_release(message);
    assert_int_equal(held, 0);
}

/* However long: the texts of charsets are not much longer than in UTF-8. */
static void form_needs_one_allocation(void **state)
{
    static const char *const texts[] = {"", "hello", "你好你好你好你好"};
    char longer[8192];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    for (int i = 0; i < 4; i++) {
        struct message *message = line(i < 3 ? texts[i] : longer);

        take_allocations();
        for (int reader = 0; reader < 3; reader++) {
            form(message, (struct form_plan){.charset = gbk});
            form(message, (struct form_plan){.charset = big5, .text.eol = EOL_CRLF});
        }
        assert_int_equal(take_allocations(), 2);
        message_release(message);
        assert_int_equal(held, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_gets_its_line_end),
        cmocka_unit_test(empty_line_is_a_line_end),
        cmocka_unit_test(text_stays_as_it_is),
        cmocka_unit_test(form_is_made_for_each_charset),
        cmocka_unit_test(crlf_leaves_an_lf_after_a_cr),
        cmocka_unit_test(form_is_made_once_and_shared),
        cmocka_unit_test(form_depends_on_every_part_of_the_plan),
        cmocka_unit_test(lacking_characters_are_counted),
        cmocka_unit_test(stop_counts_as_replace),
        cmocka_unit_test(escaped_form_fits),
        cmocka_unit_test(form_of_line_ends_fits),
        cmocka_unit_test(message_lives_until_the_last_release),
        cmocka_unit_test(text_that_stays_needs_no_memory_of_its_own),
        cmocka_unit_test(form_needs_one_allocation),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
