/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "cli/explained.h"
#include "turns.h"

/* ---- a standard error that is a pipe ---- */

static int usual, reader;
static uv_loop_t loop;
static uv_timer_t run; /* keeps the loop */
static char text[64 * 1024];

enum { NEVER_MS = 3600 * 1000 };

static void on_never(uv_timer_t *timer)
{
    (void)timer;
}

static int open_pipe(void **state)
{
    int ends[2];

    (void)state;
    usual = dup(STDERR_FILENO);
    if (usual < 0 || pipe(ends) < 0 || loop_open(&loop, NULL) < 0)
        return -1;
    reader = ends[0];
    fcntl(reader, F_SETFL, O_NONBLOCK);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    uv_timer_init(&loop, &run);
    uv_timer_start(&run, on_never, NEVER_MS, 0);
    explained_install();
    explained_open(&loop);
    event_explain(true);
    usleep(1100000); /* a second of its own */
    return 0;
}

static int close_pipe(void **state)
{
    (void)state;
    event_explain(false);
    explained_close();
    uv_close((uv_handle_t *)&run, NULL);
    loop_close(&loop);
    dup2(usual, STDERR_FILENO);
    close(usual);
    close(reader);
    return 0;
}

/* Everything that was written since the last call. */
static const char *written(void)
{
    ssize_t n = read(reader, text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static size_t count_lines(const char *lines)
{
    size_t count = 0;

    for (; *lines; lines++)
        count += *lines == '\n';
    return count;
}

static void tell(const char *call, int64_t result, unsigned times)
{
    for (; times; times--)
        event_tell(&(struct event){.kind = EVENT_CALL,
                                   .level = EVENT_EXPLAINED,
                                   .sentence = "{call} = {result}",
                                   .call = call,
                                   .result = result});
}

/* ---- tests ---- */

static void twenty_of_a_second_are_shown_and_the_rest_is_summed(void **state)
{
    (void)state;
    tell("recv", 4096, EXPLAINED_A_SECOND);
    assert_int_equal(count_lines(written()), EXPLAINED_A_SECOND);
    tell("recv", 6579, 4711);
    tell("send", 10, 1);
    assert_int_equal(count_lines(written()), 0);
    usleep(1100000);
    tell("recv", 5, 1);
    assert_string_equal(written(), "tcpchat: … 4 711 more reads, 31 MB\ntcpchat: send = 10\n"
                                   "tcpchat: recv = 5\n");
}

static void sum_is_told_by_the_loop_where_nothing_follows(void **state)
{
    (void)state;
    tell("send", 1000, EXPLAINED_A_SECOND + 2);
    written();
    for (int i = 0; i < 150 && !*written(); i++) {
        loop_poll(&loop);
        usleep(10000);
    }
    assert_string_equal(text, "tcpchat: … 2 more sends, 2.0 kB\n");
}

static void flood_of_bytes_hides_no_end(void **state)
{
    (void)state;
    tell("recv", 1, EXPLAINED_A_SECOND + 3);
    written();
    tell("recv", 0, 1);
    tell("close", 0, 1);
    assert_string_equal(written(),
                        "tcpchat: … 3 more reads, 3 B\ntcpchat: recv = 0\ntcpchat: close = 0\n");
}

static void ends_are_summed_beyond_their_own_places(void **state)
{
    (void)state;
    tell("close", 0, 2 * EXPLAINED_A_SECOND + 12);
    assert_int_equal(count_lines(written()), 2 * EXPLAINED_A_SECOND);
    usleep(1100000);
    tell("recv", 1, 1);
    assert_string_equal(written(), "tcpchat: … 12 more calls and notes\ntcpchat: recv = 1\n");
}

static void tell_note(const char *how, unsigned times)
{
    for (; times; times--)
        event_tell(&(struct event){
            .kind = EVENT_NOTE, .level = EVENT_EXPLAINED, .sentence = "{how}", .how = how});
}

static void facts_that_are_told_once_are_no_flow(void **state)
{
    static const char *const facts[] = {"connected", "waiting",   "encoding",
                                        "misread",   "time_wait", "unacknowledged"};
    (void)state;
    tell("recv", 1, EXPLAINED_A_SECOND + 3);
    written();
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        tell_note(facts[i], 6);
        assert_int_equal(count_lines(written()), i ? 6 : 7);
    }
    tell_note("acknowledged", 2);
    assert_string_equal(written(), "");
    tell_note("time_wait", EXPLAINED_A_SECOND);
    assert_int_equal(count_lines(written()), 1 + EXPLAINED_A_SECOND - 12);
}

static void sum_of_one_line_is_that_line(void **state)
{
    (void)state;
    tell("recv", 1, EXPLAINED_A_SECOND + 1);
    tell_note("acknowledged", 1);
    written();
    usleep(1100000);
    tell("recv", 2, 1);
    assert_string_equal(written(), "tcpchat: recv = 1\ntcpchat: acknowledged\ntcpchat: recv = 2\n");
}

static unsigned recorded;

static void record(struct event_printer *printer, const struct event *event)
{
    (void)printer, (void)event;
    recorded++;
}

static void recorders_get_each_event(void **state)
{
    struct event_printer recorder = {.levels = 1u << EVENT_EXPLAINED, .print = record};

    (void)state;
    event_install(&recorder);
    tell("recv", 1, 1000);
    event_explain(false);
    tell("recv", 1, 1000);
    event_explain(true);
    event_remove(&recorder);
    assert_int_equal(recorded, 1000);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(twenty_of_a_second_are_shown_and_the_rest_is_summed),
        EACH(sum_is_told_by_the_loop_where_nothing_follows),
        EACH(flood_of_bytes_hides_no_end),
        EACH(ends_are_summed_beyond_their_own_places),
        EACH(facts_that_are_told_once_are_no_flow),
        EACH(sum_of_one_line_is_that_line),
        EACH(recorders_get_each_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
