/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress.h"
#include "fake.h"
#include "io/counter.h"
#include "sentences.h"
#include "turns.h"

/* ---- text ---- */

static void assert_formats(struct progress_sample then, struct progress_sample now,
                           const char *expected)
{
    char text[PROGRESS_TEXT];

    progress_format(text, &then, &now);
    assert_string_equal(text, expected);
}

static const struct progress_sample beginning;

static void format_makes_one_sentence(void **state)
{
    (void)state;
    assert_formats(beginning, (struct progress_sample){4230, 12897485, 27, 0, 0},
                   "12.3 MiB received (2.9 MiB/s), 27 B sent (6 B/s) in 4.2 s");
    assert_formats(beginning, beginning, "0 B received (0 B/s), 0 B sent (0 B/s) in 0.0 s");
    assert_formats((struct progress_sample){8000, 1 << 20, 100, 0, 0},
                   (struct progress_sample){10000, 3 << 20, 100, 0, 0},
                   "3.0 MiB received (1.0 MiB/s), 100 B sent (0 B/s) in 10.0 s");
}

static struct progress_sample reading(uint64_t ms, uint64_t read, uint64_t size)
{
    return (struct progress_sample){.ms = ms, .sent = read, .read = read, .size = size};
}

static void file_has_a_share_and_a_time_left(void **state)
{
    (void)state;
    assert_formats(reading(4000, 325, 1000), reading(5000, 425, 1000),
                   "42 %, 6 s left; 0 B received (0 B/s), 425 B sent (100 B/s) in 5.0 s");
    assert_formats(reading(4000, 325, 100000), reading(5000, 425, 100000),
                   "0 %, 16 min 35 s left; 0 B received (0 B/s), 425 B sent (100 B/s) in 5.0 s");
    assert_formats(reading(4000, 325, 1000), reading(5000, 325, 1000),
                   "32 %; 0 B received (0 B/s), 325 B sent (0 B/s) in 5.0 s");
    assert_formats(beginning, reading(5000, 1000, 1000),
                   "100 %; 0 B received (0 B/s), 1000 B sent (200 B/s) in 5.0 s");
    assert_formats(beginning, reading(0, 0, 1000),
                   "0 %; 0 B received (0 B/s), 0 B sent (0 B/s) in 0.0 s");
}

static void longest_text_has_room(void **state)
{
    struct progress_sample most = {.ms = UINT64_MAX,
                                   .received = UINT64_MAX,
                                   .sent = UINT64_MAX,
                                   .read = UINT64_MAX / 100,
                                   .size = UINT64_MAX};
    char text[PROGRESS_TEXT];

    (void)state;
    progress_format(text, &beginning, &most);
    assert_true(strlen(text) < PROGRESS_TEXT - 1);
}

static void assert_shows(uint64_t bytes, const char *shown)
{
    char text[PROGRESS_TEXT];
    const struct progress_sample now = {.received = bytes};

    progress_format(text, &beginning, &now);
    assert_memory_equal(text, shown, strlen(shown));
    assert_memory_equal(text + strlen(shown), " received", 9);
}

static void sizes_have_three_or_four_digits(void **state)
{
    const uint64_t k = 1024;

    (void)state;
    assert_shows(1, "1 B");
    assert_shows(1023, "1023 B");
    assert_shows(k, "1.0 KiB");
    assert_shows(99 * k + 972, "99.9 KiB");
    assert_shows(99 * k + 973, "100 KiB");
    assert_shows(1023 * k + 511, "1023 KiB");
    assert_shows(1023 * k + 512, "1.0 MiB");
    assert_shows(k * k * k * k, "1.0 TiB");
    assert_shows(UINT64_MAX, "16.0 EiB");
}

static void assert_lasts(uint64_t ms, const char *shown)
{
    char text[PROGRESS_TEXT];
    const struct progress_sample now = {.ms = ms};

    progress_format(text, &beginning, &now);
    assert_string_equal(strstr(text, " in ") + 4, shown);
}

static void times_have_two_units(void **state)
{
    (void)state;
    assert_lasts(59999, "59.9 s");
    assert_lasts(60000, "1 min 0 s");
    assert_lasts(3599999, "59 min 59 s");
    assert_lasts(3600000, "1 h 0 min");
    assert_lasts(UINT64_C(100) * 3600000 + 61000, "100 h 1 min");
}

static void longest_text_fits(void **state)
{
    char text[PROGRESS_TEXT];
    const struct progress_sample now = {
        .ms = UINT64_MAX, .received = UINT64_C(1023) << 50, .sent = UINT64_C(1023) << 50};

    (void)state;
    progress_format(text, &beginning, &now);
    assert_true(strlen(text) < PROGRESS_TEXT - 1);
}

/* ---- counting ---- */

static void on_heard(void *owner)
{
    ++*(int *)owner;
}

static void counter_counts_passed_bytes(void **state)
{
    int heard = 0;
    struct counter counter = {.on_read = on_heard, .owner = &heard};
    struct stream *counted;
    struct fake inner;
    struct err err;
    uv_loop_t loop;
    char bytes[8];

    (void)state;
    assert_int_equal(loop_open(&loop, NULL), 0);
    fake_init(&inner, &loop);
    counted = counter_new(&inner.stream, &counter, &err);
    gives(&inner, "question");
    inner.room = 4;
    assert_int_equal(stream_read(counted, bytes, 5, &err), 5);
    assert_int_equal(stream_read(counted, bytes, 5, &err), 3);
    assert_int_equal(stream_read(counted, bytes, 5, &err), STREAM_AGAIN);
    assert_int_equal(stream_write(counted, "answer", 6, &err), 4);
    assert_int_equal(stream_write(counted, "er", 2, &err), STREAM_AGAIN);
    assert_int_equal(stream_finish(counted, &err), 0);
    assert_string_equal(stream_label(counted), "192.0.2.1:8080");
    assert_int_equal(counter.received, 8);
    assert_int_equal(counter.sent, 4);
    assert_int_equal(heard, 2);
    stream_close(counted, STREAM_LINGER);
    loop_run(&loop);
    loop_close(&loop);
    fake_fini(&inner);
}

/* ---- a terminal, or a pipe, as standard error ---- */

static char said[2 * PROGRESS_TEXT];

static void keep_line(const char *line)
{
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

struct world {
    uv_loop_t loop;
    struct progress progress;
    int seen; /* the other end of standard error */
    int saved;
};

static void take_standard_error(struct world *world, int end)
{
    world->saved = dup(STDERR_FILENO);
    dup2(end, STDERR_FILENO);
    close(end);
    fcntl(world->seen, F_SETFL, O_NONBLOCK);
}

static void open_world(struct world *world, bool at_terminal)
{
    int ends[2];

    *world = (struct world){.seen = -1};
    progress_init(&world->progress, false, false);
    if (at_terminal) {
        world->seen = posix_openpt(O_RDWR | O_NOCTTY);
        grantpt(world->seen);
        unlockpt(world->seen);
        take_standard_error(world, open(ptsname(world->seen), O_RDWR | O_NOCTTY));
    } else {
        assert_int_equal(pipe(ends), 0);
        world->seen = ends[0];
        take_standard_error(world, ends[1]);
    }
    said[0] = '\0';
    sentences_to(keep_line, EVENT_ALWAYS);
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    progress_start(&world->progress, &world->loop);
    progress_start(&world->progress, &world->loop);
}

static void on_passed(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

/* Keeps the loop going for so long. */
static void pass(struct world *world, uint64_t ms)
{
    uv_timer_t other;

    uv_timer_init(&world->loop, &other);
    uv_timer_start(&other, on_passed, ms, 0);
    loop_run(&world->loop);
}

static const char *shown(struct world *world)
{
    static char text[4096];
    ssize_t n = read(world->seen, text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void close_world(struct world *world)
{
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    sentences_to(NULL, EVENT_ALWAYS);
    dup2(world->saved, STDERR_FILENO);
    close(world->saved);
    close(world->seen);
}

static void assert_is_erased(const char *text)
{
    size_t length = strlen(text);

    assert_true(length > 40);
    assert_int_equal(text[0], '\r');
    assert_int_equal(text[length - 1], '\r');
    assert_int_equal(strspn(text + 1, " "), length - 2);
}

static void terminal_shows_a_row(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, true);
    world.progress.counter.received = 2048;
    pass(&world, 550);
    assert_memory_equal(shown(&world), "\r2.0 KiB received (", 19);
    pass(&world, 50);
    assert_string_equal(shown(&world), "");
    progress_hide(&world.progress);
    assert_is_erased(shown(&world));
    progress_hide(&world.progress);
    assert_string_equal(shown(&world), "");
    progress_show(&world.progress);
    assert_memory_equal(shown(&world), "\r2.0 KiB received (", 19);
    progress_hide(&world.progress);
    assert_is_erased(shown(&world));
    pass(&world, 500);
    assert_memory_equal(shown(&world), "\r2.0 KiB received (", 19);
    assert_string_equal(said, "");
    progress_stop(&world.progress);
    progress_stop(&world.progress);
    assert_is_erased(shown(&world));
    assert_memory_equal(said, "2.0 KiB received (", 18);
    assert_int_equal(said[strlen(said) - 1], '\n');
    assert_null(strchr(strchr(said, '\n') + 1, '\n'));
    close_world(&world);
}

static void set_columns(struct world *world, unsigned short columns)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};

    assert_int_equal(ioctl(world->seen, TIOCSWINSZ, &size), 0);
}

/* Not even to erase a wider row. */
static void row_leaves_the_last_column(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, true);
    set_columns(&world, 40);
    pass(&world, 550);
    assert_int_equal(strlen(shown(&world)), 1 + 39);
    set_columns(&world, 30);
    progress_hide(&world.progress);
    assert_int_equal(strlen(shown(&world)), 1 + 29 + 1);
    progress_show(&world.progress);
    assert_int_equal(strlen(shown(&world)), 1 + 29);
    progress_stop(&world.progress);
    close_world(&world);
}

/* Before the first row, and where there are lines. */
static void show_draws_only_a_known_row(void **state)
{
    struct world world;

    (void)state;
    for (int at_terminal = 0; at_terminal < 2; at_terminal++) {
        open_world(&world, at_terminal);
        if (!at_terminal)
            pass(&world, 550);
        progress_show(&world.progress);
        progress_stop(&world.progress);
        progress_show(&world.progress);
        assert_string_equal(shown(&world), "");
        close_world(&world);
    }
}

static void yield_replaces_the_row_by_lines(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, true);
    pass(&world, 550);
    assert_memory_equal(shown(&world), "\r0 B received (", 15);
    progress_yield(&world.progress);
    assert_is_erased(shown(&world));
    progress_yield(&world.progress);
    progress_show(&world.progress);
    pass(&world, 600);
    progress_stop(&world.progress);
    assert_string_equal(shown(&world), "");
    assert_memory_equal(said, "0 B received (", 14);
    close_world(&world);
}

static void pipe_gets_lines(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, false);
    world.progress.counter.sent = 5;
    pass(&world, 600);
    assert_string_equal(said, "");
    world.progress.timer.timer_cb(&world.progress.timer); /* 10 s later */
    assert_memory_equal(said, "0 B received (0 B/s), 5 B sent (", 32);
    said[0] = '\0';
    world.progress.timer.timer_cb(&world.progress.timer);
    assert_non_null(strstr(said, "5 B sent (0 B/s)"));
    said[0] = '\0';
    world.progress.timer.timer_cb(&world.progress.timer);
    assert_string_equal(said, ""); /* one line said that it rests */
    progress_stop(&world.progress);
    assert_memory_equal(said, "0 B received (0 B/s), 5 B sent (", 32);
    assert_string_equal(shown(&world), "");
    close_world(&world);
}

static void unstarted_progress_is_silent(void **state)
{
    struct progress progress = {.has_started = false};

    (void)state;
    said[0] = '\0';
    sentences_to(keep_line, EVENT_ALWAYS);
    progress_hide(&progress);
    progress_yield(&progress);
    progress_stop(&progress);
    sentences_to(NULL, EVENT_ALWAYS);
    assert_string_equal(said, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_makes_one_sentence),
        cmocka_unit_test(file_has_a_share_and_a_time_left),
        cmocka_unit_test(longest_text_has_room),
        cmocka_unit_test(sizes_have_three_or_four_digits),
        cmocka_unit_test(times_have_two_units),
        cmocka_unit_test(longest_text_fits),
        cmocka_unit_test(counter_counts_passed_bytes),
        cmocka_unit_test(terminal_shows_a_row),
        cmocka_unit_test(row_leaves_the_last_column),
        cmocka_unit_test(show_draws_only_a_known_row),
        cmocka_unit_test(yield_replaces_the_row_by_lines),
        cmocka_unit_test(pipe_gets_lines),
        cmocka_unit_test(unstarted_progress_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
