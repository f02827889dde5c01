/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake.h"
#include "io/hexdump.h"
#include "io/tap.h"
#include "sentences.h"
#include "turns.h"

/* ---- a stream around a fake one, and a file ---- */

struct world {
    uv_loop_t loop;
    struct fake inner[2];
    struct stream *taps[2];
    struct outfile outfile;
    char folder[32], path[48];
    int reader; /* of a FIFO; else -1 */
    unsigned ready;
};

static void on_ready(void *owner, unsigned bits)
{
    ((struct world *)owner)->ready |= bits;
}

static void open_outfile(struct world *world, const char *path, const struct tap_form *form)
{
    struct outfile_options options = {
        .path = path, .waits = true, .is_text = form == &hexdump_form};
    struct err err;

    assert_int_equal(loop_open(&world->loop, NULL), 0);
    assert_int_equal(outfile_open(&world->outfile, &world->loop, &options, &err), 0);
    for (int i = 0; i < 2; i++) {
        fake_init(&world->inner[i], &world->loop);
        world->taps[i] = tap_new(&world->inner[i].stream, &world->outfile, form, &err);
        assert_non_null(world->taps[i]);
        stream_own(world->taps[i], on_ready, world);
    }
}

static void make_folder(struct world *world)
{
    *world = (struct world){.folder = "/tmp/tcpchat-tap-XXXXXX", .reader = -1};
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/file", world->folder);
}

static void open_world(struct world *world, const struct tap_form *form)
{
    make_folder(world);
    open_outfile(world, world->path, form);
}

static void open_fifo(struct world *world, const struct tap_form *form)
{
    make_folder(world);
    assert_int_equal(mkfifo(world->path, 0600), 0);
    world->reader = open(world->path, O_RDONLY | O_NONBLOCK);
    open_outfile(world, world->path, form);
}

static void close_world(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        stream_close(world->taps[i], STREAM_LINGER);
        assert_true(world->inner[i].closed);
    }
    outfile_close(&world->outfile, 0);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    for (int i = 0; i < 2; i++)
        fake_fini(&world->inner[i]);
    if (world->reader >= 0)
        close(world->reader);
    unlink(world->path);
    rmdir(world->folder);
}

static unsigned ready_after_turns(struct world *world)
{
    world->ready = 0;
    for (int i = 0; i < 10; i++)
        loop_poll(&world->loop);
    return world->ready;
}

static size_t content(struct world *world, char *text, size_t size)
{
    int fd = world->reader >= 0 ? dup(world->reader) : open(world->path, O_RDONLY);
    ssize_t n = read(fd, text, size - 1);

    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* The time is skipped. */
static void assert_next_block(char **text, const char *rest)
{
    assert_true(strlen(*text) >= 27 + strlen(rest));
    assert_memory_equal(*text + 27, rest, strlen(rest));
    *text += 27 + strlen(rest);
}

static void hexdump_tap_writes_both_ways(void **state)
{
    struct world world;
    struct err err;
    char text[1024], *rest = text, bytes[8];

    (void)state;
    open_world(&world, &hexdump_form);
    gives(&world.inner[0], "question");
    assert_int_equal(stream_read(world.taps[0], bytes, 5, &err), 5);
    assert_int_equal(stream_read(world.taps[0], bytes, 5, &err), 3);
    assert_int_equal(stream_read(world.taps[0], bytes, 5, &err), STREAM_AGAIN);
    world.inner[0].room = 4;
    assert_int_equal(stream_write(world.taps[0], "answer", 6, &err), 4);
    assert_int_equal(stream_write(world.taps[0], "er", 2, &err), STREAM_AGAIN);
    assert_int_equal(stream_write(world.taps[1], "\n", 1, &err), 1);
    assert_got(&world.inner[0], "answ");
    content(&world, text, sizeof text);
    assert_next_block(&rest,
                      "< 192.0.2.1:8080 5 bytes\n"
                      "00000000  71 75 65 73 74                                    |quest|\n");
    assert_next_block(&rest, "< 192.0.2.1:8080 3 bytes\n"
                             "00000005  69 6f 6e                                          |ion|\n");
    assert_next_block(&rest,
                      "> 192.0.2.1:8080 4 bytes\n"
                      "00000000  61 6e 73 77                                       |answ|\n");
    assert_next_block(&rest, "> 192.0.2.1:8080 1 byte\n"
                             "00000000  0a                                                |.|\n");
    assert_string_equal(rest, "");
    close_world(&world);
    assert_int_equal(world.outfile.failure.kind, ERR_NONE);
}

static void bytes_tap_writes_received_bytes(void **state)
{
    struct world world;
    struct err err;
    char text[64], bytes[8];

    (void)state;
    open_world(&world, &tap_of_bytes);
    gives(&world.inner[0], "a\r\n\xff");
    gives(&world.inner[1], "other");
    assert_int_equal(stream_read(world.taps[0], bytes, 2, &err), 2);
    assert_int_equal(stream_read(world.taps[1], bytes, 8, &err), 5);
    assert_int_equal(stream_read(world.taps[0], bytes, 8, &err), 2);
    assert_int_equal(stream_write(world.taps[0], "sent", 4, &err), 4);
    assert_got(&world.inner[0], "sent");
    content(&world, text, sizeof text);
    assert_string_equal(text, "a\rother\n\xff");
    assert_int_equal(stream_splice(world.taps[0], STREAM_IN, -1, 1, &err), STREAM_UNABLE);
    close_world(&world);
    assert_int_equal(world.outfile.failure.kind, ERR_NONE);
}

static void tap_forwards_check_finish_and_ends(void **state)
{
    struct world world;
    struct err err;
    char byte;

    (void)state;
    open_world(&world, &hexdump_form);
    assert_int_equal(stream_check(world.taps[0], &err), 0);
    assert_int_equal(stream_finish(world.taps[0], &err), 0);
    assert_true(world.inner[0].finished);
    world.inner[0].input_ends = true;
    assert_int_equal(stream_read(world.taps[0], &byte, 1, &err), 0);
    world.inner[0].read_fails = ERR_NETWORK;
    assert_int_equal(stream_read(world.taps[0], &byte, 1, &err), STREAM_FAIL);
    assert_int_equal(err.kind, ERR_NETWORK);
    stream_watch(world.taps[0], STREAM_IN);
    assert_int_equal(ready_after_turns(&world), STREAM_IN);
    close_world(&world);
}

/* OUTFILE_PIECE must hold the dump of a piece. */
static void tap_limits_a_piece(void **state)
{
    static char much[3 * TAP_MOST];
    struct iovec iov[] = {{much, 10}, {much, TAP_MOST}, {much, 10}};
    struct world world;
    struct err err;

    (void)state;
    open_world(&world, &hexdump_form);
    assert_int_equal(stream_write(world.taps[0], much, sizeof much, &err), TAP_MOST);
    assert_int_equal(world.taps[0]->ops->writev(world.taps[0], iov, 3, &err), 10);
    assert_int_equal(world.taps[0]->ops->writev(world.taps[0], iov + 1, 2, &err), TAP_MOST);
    assert_int_equal(buf_append(&world.inner[0].input, much, sizeof much), 0);
    assert_int_equal(stream_read(world.taps[0], much, sizeof much, &err), TAP_MOST);
    close_world(&world);
    assert_int_equal(world.outfile.failure.kind, ERR_NONE);
}

static void fill(struct world *world)
{
    static const char much[TAP_MOST];
    struct err err;

    while (outfile_is_free(&world->outfile))
        assert_int_equal(stream_write(world->taps[0], much, sizeof much, &err), TAP_MOST);
}

static void slow_file_holds_both_ways_of_hexdump(void **state)
{
    static char text[1 << 20];
    struct world world;
    struct err err;
    char byte;

    (void)state;
    open_fifo(&world, &hexdump_form);
    gives(&world.inner[1], "x");
    stream_watch(world.taps[1], STREAM_IN);
    fill(&world);
    assert_int_equal(stream_write(world.taps[0], "x", 1, &err), STREAM_AGAIN);
    assert_int_equal(stream_finish(world.taps[0], &err), STREAM_AGAIN);
    assert_int_equal(stream_read(world.taps[1], &byte, 1, &err), STREAM_AGAIN);
    stream_watch(world.taps[0], STREAM_OUT);
    assert_int_equal(ready_after_turns(&world), 0);
    while (content(&world, text, sizeof text)) {
        assert_int_equal(world.ready & STREAM_LOSS, 0);
        loop_poll(&world.loop);
    }
    assert_int_equal(ready_after_turns(&world), STREAM_IN | STREAM_OUT);
    assert_int_equal(stream_read(world.taps[1], &byte, 1, &err), 1);
    assert_int_equal(stream_finish(world.taps[0], &err), 0);
    close_world(&world);
    assert_int_equal(world.outfile.failure.kind, ERR_NONE);
}

static void slow_file_holds_reads_of_bytes_tap_only(void **state)
{
    static char text[1 << 20];
    struct world world;
    struct err err;
    size_t taken = 0, n;
    char byte;

    (void)state;
    open_fifo(&world, &tap_of_bytes);
    assert_int_equal(buf_append(&world.inner[0].input, text, sizeof text), 0);
    while (stream_read(world.taps[0], text, sizeof text, &err) > 0)
        ;
    gives(&world.inner[1], "x");
    assert_int_equal(stream_read(world.taps[1], &byte, 1, &err), STREAM_AGAIN);
    stream_watch(world.taps[1], STREAM_IN | STREAM_OUT);
    assert_int_equal(ready_after_turns(&world), STREAM_OUT);
    assert_int_equal(stream_write(world.taps[1], "answer", 6, &err), 6);
    assert_int_equal(stream_finish(world.taps[1], &err), 0);
    while ((n = content(&world, text, sizeof text))) {
        taken += n;
        loop_poll(&world.loop);
    }
    assert_int_equal(taken + buf_length(&world.inner[0].input), sizeof text);
    assert_int_equal(ready_after_turns(&world) & STREAM_IN, STREAM_IN);
    assert_int_equal(stream_read(world.taps[1], &byte, 1, &err), 1);
    content(&world, text, sizeof text);
    assert_string_equal(text, "x");
    close_world(&world);
    assert_int_equal(world.outfile.failure.kind, ERR_NONE);
}

static void slow_file_at_the_end_is_a_failure(void **state)
{
    static char much[TAP_MOST];
    struct world world;
    struct err err;

    (void)state;
    open_fifo(&world, &tap_of_bytes);
    assert_int_equal(buf_append(&world.inner[0].input, much, sizeof much), 0);
    while (stream_read(world.taps[0], much, sizeof much, &err) > 0)
        ;
    assert_false(outfile_is_free(&world.outfile));
    close_world(&world);
    assert_int_equal(err_status(&world.outfile.failure), 5);
}

static void stream_loss_is_told_while_the_file_holds(void **state)
{
    struct world world;

    (void)state;
    open_fifo(&world, &hexdump_form);
    world.inner[1].lost = true;
    fill(&world);
    stream_watch(world.taps[1], STREAM_IN | STREAM_OUT | STREAM_LOSS);
    assert_int_equal(ready_after_turns(&world), STREAM_LOSS);
    close_world(&world);
    assert_int_equal(world.outfile.failure.kind, ERR_LOCAL);
}

static unsigned messages;

static void count_message(const char *line)
{
    assert_non_null(strstr(line, "cannot write /"));
    messages++;
}

/* The file fails with one message, and both streams go on. */
static void assert_fails_once(struct world *world)
{
    struct err err;
    char byte;

    messages = 0;
    sentences_to(count_message, EVENT_VERBOSE);
    gives(&world->inner[0], "xxx");
    stream_watch(world->taps[1], STREAM_OUT);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stream_write(world->taps[0], "x", 1, &err), 1);
        assert_int_equal(stream_read(world->taps[0], &byte, 1, &err), 1);
    }
    assert_int_equal(ready_after_turns(world), STREAM_OUT);
    close_world(world);
    sentences_to(NULL, EVENT_ALWAYS);
    assert_int_equal(messages, 1);
    assert_int_equal(err_status(&world->outfile.failure), 5);
}

static void full_disk_fails_once_and_streams_go_on(void **state)
{
    const struct tap_form *const forms[] = {&hexdump_form, &tap_of_bytes};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world world = {.reader = -1};

        open_outfile(&world, "/dev/full", forms[i]);
        assert_fails_once(&world);
    }
}

static void lost_fifo_reader_fails_once_and_streams_go_on(void **state)
{
    struct world world;

    (void)state;
    open_fifo(&world, &hexdump_form);
    fill(&world);
    stream_watch(world.taps[0], STREAM_OUT);
    assert_int_equal(ready_after_turns(&world), 0);
    close(world.reader);
    world.reader = -1;
    assert_fails_once(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexdump_tap_writes_both_ways),
        cmocka_unit_test(bytes_tap_writes_received_bytes),
        cmocka_unit_test(tap_forwards_check_finish_and_ends),
        cmocka_unit_test(tap_limits_a_piece),
        cmocka_unit_test(slow_file_holds_both_ways_of_hexdump),
        cmocka_unit_test(slow_file_holds_reads_of_bytes_tap_only),
        cmocka_unit_test(slow_file_at_the_end_is_a_failure),
        cmocka_unit_test(stream_loss_is_told_while_the_file_holds),
        cmocka_unit_test(full_disk_fails_once_and_streams_go_on),
        cmocka_unit_test(lost_fifo_reader_fails_once_and_streams_go_on),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
