/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "cli/messages.h"

/* ---- a standard error that is a pipe ---- */

enum { SECOND_MS = 1000, MANY = 50 };

static int usual, reader;

static void fill(void)
{
    static const char bytes[4096];

    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDERR_FILENO, bytes, sizeof bytes) > 0)
        ;
    fcntl(STDERR_FILENO, F_SETFL, 0);
}

static void empty(void)
{
    char waste[4096];

    while (read(reader, waste, sizeof waste) > 0)
        ;
}

static int open_pipe(void **state)
{
    int ends[2];

    (void)state;
    usual = dup(STDERR_FILENO);
    if (usual < 0 || pipe(ends) < 0)
        return -1;
    reader = ends[0];
    fcntl(reader, F_SETFL, O_NONBLOCK);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return 0;
}

static int close_pipe(void **state)
{
    (void)state;
    dup2(usual, STDERR_FILENO);
    close(usual);
    close(reader);
    return 0;
}

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

static void say(const char *message)
{
    if (messages_ready())
        messages_put(message, strlen(message));
}

static void assert_read(const char *text)
{
    char got[256] = "";

    assert_int_equal(read(reader, got, sizeof got - 1), strlen(text));
    assert_string_equal(got, text);
}

/* ---- */

static void a_message_is_written(void **state)
{
    (void)state;
    say("tcpchat: one\n");
    assert_read("tcpchat: one\n");
}

static void an_unread_one_costs_all_a_second(void **state)
{
    uint64_t begun = now_ms();

    (void)state;
    fill();
    assert_false(messages_ready());
    assert_true(now_ms() - begun >= SECOND_MS * 9 / 10);
    begun = now_ms();
    for (int i = 1; i < MANY; i++)
        assert_false(messages_ready());
    assert_true(now_ms() - begun < MANY / 2 * SECOND_MS);
    empty();
    say("tcpchat: next\n");
    assert_read("tcpchat: 50 messages were lost: standard error was not read\ntcpchat: next\n");
}

/* The patience of all has been used up by the test before. */
static void what_is_said_last_has_its_second(void **state)
{
    uint64_t begun;

    (void)state;
    fill();
    begun = now_ms();
    messages_begin_last();
    assert_false(messages_ready());
    messages_end_last();
    assert_true(now_ms() - begun >= SECOND_MS * 9 / 10);
    empty();
}

static void tell(void)
{
    messages_put("", 0);
}

static void losses_are_told_without_another_message(void **state)
{
    uv_timer_t timer;
    uv_loop_t loop;

    (void)state;
    fill();
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    messages_use(&timer, tell);
    say("nobody reads this");
    say("nor this");
    empty();
    uv_run(&loop, UV_RUN_DEFAULT);
    messages_use(NULL, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_read("tcpchat: 3 messages were lost: standard error was not read\n");
}

static void losses_are_told_at_the_end(void **state)
{
    (void)state;
    fill();
    say("nobody reads this");
    empty();
    messages_use(NULL, NULL);
    assert_read("tcpchat: 1 message was lost: standard error was not read\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_written),
        cmocka_unit_test(an_unread_one_costs_all_a_second),
        cmocka_unit_test(what_is_said_last_has_its_second),
        cmocka_unit_test(losses_are_told_without_another_message),
        cmocka_unit_test(losses_are_told_at_the_end),
    };

    return cmocka_run_group_tests(tests, open_pipe, close_pipe);
}
