/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

#include "base/event.h"
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
    messages_install(false, false);
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

/* Waits for room, and counts a loss where there is none. */
static void say(const char *sentence)
{
    event_say_error("%s", sentence);
}

static void assert_read(const char *text)
{
    char got[256] = "";

    assert_int_equal(read(reader, got, sizeof got - 1), strlen(text));
    assert_string_equal(got, text);
}

static bool has_nothing_to_read(void)
{
    int ready = 0;

    return ioctl(reader, FIONREAD, &ready) == 0 && ready == 0;
}

static void on_passed(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

/* Keeps the loop going for so long. */
static void pass(uv_loop_t *loop, uint64_t ms)
{
    uv_timer_t other;

    uv_timer_init(loop, &other);
    uv_timer_start(&other, on_passed, ms, 0);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- losses ---- */

static void message_is_one_safe_line(void **state)
{
    (void)state;
    say("one");
    assert_read("tcpchat: one\n");
    say("\033[31mred\nline");
    assert_read("tcpchat: ^[[31mred^Jline\n");
}

static void unread_messages_wait_a_second_together(void **state)
{
    uint64_t begun = now_ms();

    (void)state;
    fill();
    say("lost");
    assert_true(now_ms() - begun >= SECOND_MS * 9 / 10);
    begun = now_ms();
    for (int i = 1; i < MANY; i++)
        say("lost");
    assert_true(now_ms() - begun < MANY / 2 * SECOND_MS);
    empty();
    say("next");
    assert_read("tcpchat: 50 messages were lost: standard error was not read\ntcpchat: next\n");
}

/* The test before has used up the patience of all messages. */
static void last_message_waits_its_own_second(void **state)
{
    uint64_t begun;

    (void)state;
    fill();
    begun = now_ms();
    messages_say_last("lost");
    assert_true(now_ms() - begun >= SECOND_MS * 9 / 10);
    empty();
}

static void loop_reports_losses_without_another_message(void **state)
{
    uv_loop_t loop;

    (void)state;
    fill();
    uv_loop_init(&loop);
    messages_open(&loop);
    say("lost");
    say("lost");
    empty();
    for (int i = 0; i < 100 && has_nothing_to_read(); i++)
        pass(&loop, 50);
    messages_close();
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_read("tcpchat: 3 messages were lost: standard error was not read\n");
}

static void close_reports_losses(void **state)
{
    uv_loop_t loop;

    (void)state;
    uv_loop_init(&loop);
    messages_open(&loop);
    fill();
    say("lost");
    empty();
    messages_close();
    assert_read("tcpchat: 1 message was lost: standard error was not read\n");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- where lines go ---- */

static char shown[64];

static void keep(void *owner, const char *line)
{
    (void)owner;
    snprintf(shown, sizeof shown, "%s", line);
}

/* Standard error is a pipe here: the screen is for other lines, messages stay on standard error. */
static void screen_takes_lines_that_are_no_messages(void **state)
{
    static const char lines[] = "first\nsecond\n";

    (void)state;
    messages_use_screen((struct messages_screen){.say = keep, .show = keep});
    messages_show(lines, strlen(lines));
    assert_string_equal(shown, "second");
    say("one");
    assert_read("tcpchat: one\n");
    messages_use_screen((struct messages_screen){0});
    messages_show(lines, strlen(lines));
    assert_true(has_nothing_to_read());
}

static int hidden, shows;

static void hide(void *owner)
{
    (void)owner;
    hidden++;
}

static void show(void *owner)
{
    (void)owner;
    shows++;
}

static void row_is_hidden_and_shown_around_a_message(void **state)
{
    (void)state;
    messages_use_row((struct messages_row){hide, show, NULL});
    say("one");
    messages_use_row((struct messages_row){0});
    say("two");
    assert_int_equal(hidden, 1);
    assert_int_equal(shows, 1);
    assert_read("tcpchat: one\ntcpchat: two\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_one_safe_line),
        cmocka_unit_test(unread_messages_wait_a_second_together),
        cmocka_unit_test(last_message_waits_its_own_second),
        cmocka_unit_test(loop_reports_losses_without_another_message),
        cmocka_unit_test(close_reports_losses),
        cmocka_unit_test(screen_takes_lines_that_are_no_messages),
        cmocka_unit_test(row_is_hidden_and_shown_around_a_message),
    };

    return cmocka_run_group_tests(tests, open_pipe, close_pipe);
}
