/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fake.h"
#include "io/splice.h"

/* ---- two fake streams, and bytes between them ---- */

struct world {
    uv_loop_t loop;
    struct fake from, to;
    struct splice splice;
    bool lasting;
    struct err err;
};

static void open_world(struct world *world)
{
    *world = (struct world){.lasting = false};
    assert_int_equal(uv_loop_init(&world->loop), 0);
    fake_init(&world->from, &world->loop);
    fake_init(&world->to, &world->loop);
    world->from.splices = world->to.splices = STREAM_IN | STREAM_OUT;
    splice_init(&world->splice);
}

static void close_world(struct world *world)
{
    splice_fini(&world->splice);
    stream_close(&world->from.stream, STREAM_LINGER);
    stream_close(&world->to.stream, STREAM_LINGER);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    fake_fini(&world->from);
    fake_fini(&world->to);
}

static ssize_t read_some(struct world *world)
{
    return splice_read(&world->splice, &world->from.stream, &world->lasting, &world->err);
}

static ssize_t write_some(struct world *world)
{
    return splice_write(&world->splice, &world->to.stream, &world->err);
}

static int count_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* ---- bytes ---- */

/* Pieces are gathered, and written as they are taken. */
static void bytes_pass_in_pieces(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.from, "twenty-one characters");
    world.from.read_most = 16;
    world.to.write_most = 10;
    assert_int_equal(read_some(&world), 21);
    assert_int_equal(world.splice.held, 21);
    assert_int_equal(write_some(&world), 10);
    assert_int_equal(world.splice.held, 11);
    assert_int_equal(write_some(&world), 10);
    assert_int_equal(write_some(&world), 1);
    assert_int_equal(world.splice.held, 0);
    assert_int_equal(read_some(&world), STREAM_AGAIN);
    assert_got(&world.to, "twenty-one characters");
    close_world(&world);
}

static void failures_are_those_of_the_streams(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.from, "text");
    world.from.read_fails = ERR_NETWORK;
    world.to.write_fails = ERR_PIPE;
    assert_int_equal(read_some(&world), 4);
    assert_int_equal(write_some(&world), STREAM_FAIL);
    assert_int_equal(world.err.kind, ERR_PIPE);
    splice_drop(&world.splice);
    assert_int_equal(read_some(&world), STREAM_FAIL);
    assert_int_equal(world.err.kind, ERR_NETWORK);
    assert_false(world.lasting);
    close_world(&world);
}

static void no_read_takes_more_than_a_chunk(void **state)
{
    enum { PIECE = 1000 };
    struct world world;

    (void)state;
    open_world(&world);
    world.from.read_most = PIECE;
    memset(buf_reserve(&world.from.input, 2 * SPLICE_CHUNK), 'x', 2 * SPLICE_CHUNK);
    buf_commit(&world.from.input, 2 * SPLICE_CHUNK);
    assert_int_equal(read_some(&world), SPLICE_CHUNK);
    assert_int_equal(buf_length(&world.from.input), SPLICE_CHUNK);
    close_world(&world);
}

static void stream_that_is_unable_to_give_is_told(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.from, "text");
    world.from.splices = 0;
    assert_int_equal(read_some(&world), STREAM_UNABLE);
    assert_true(world.lasting);
    assert_int_equal(buf_length(&world.from.input), 4);
    close_world(&world);
}

/* A stream may become unable midway: the rest of the bytes is read back, in order. */
static void bytes_are_withdrawn_to_memory(void **state)
{
    struct world world;
    struct buf back;

    (void)state;
    open_world(&world);
    buf_init(&back, 100);
    gives(&world.from, "written, withdrawn");
    world.to.write_most = 9;
    assert_int_equal(read_some(&world), 18);
    assert_int_equal(write_some(&world), 9);
    world.to.splices = 0;
    assert_int_equal(write_some(&world), STREAM_UNABLE);
    assert_int_equal(splice_withdraw(&world.splice, &back, &world.err), 0);
    assert_int_equal(world.splice.held, 0);
    assert_int_equal(buf_length(&back), 9);
    assert_memory_equal(buf_bytes(&back), "withdrawn", 9);
    buf_fini(&back);
    close_world(&world);
}

static void withdrawing_without_memory_is_an_error(void **state)
{
    struct world world;
    struct buf back;

    (void)state;
    open_world(&world);
    buf_init(&back, 3);
    gives(&world.from, "text");
    assert_int_equal(read_some(&world), 4);
    assert_int_equal(splice_withdraw(&world.splice, &back, &world.err), -1);
    assert_int_equal(world.err.kind, ERR_LOCAL);
    assert_int_equal(world.splice.held, 0);
    close_world(&world);
}

/* ---- pipes ---- */

/* The next conversation must not get them. */
static void dropped_bytes_stay_in_no_pipe(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.from, "dropped");
    assert_int_equal(read_some(&world), 7);
    splice_drop(&world.splice);
    gives(&world.from, "kept");
    assert_int_equal(read_some(&world), 4);
    assert_int_equal(write_some(&world), 4);
    assert_got(&world.to, "kept");
    close_world(&world);
}

static void idle_conversations_hold_no_pipe(void **state)
{
    struct world worlds[2 * SPLICE_PIPES];
    int at_first = count_descriptors(), several;

    (void)state;
    for (int i = 0; i < 2 * SPLICE_PIPES; i++)
        open_world(&worlds[i]);
    several = count_descriptors();
    for (int i = 0; i < 2 * SPLICE_PIPES; i++) {
        gives(&worlds[i].from, "text");
        assert_int_equal(read_some(&worlds[i]), 4);
        assert_int_equal(write_some(&worlds[i]), 4);
        assert_int_equal(count_descriptors(), several + 2);
    }
    for (int i = 0; i < 2 * SPLICE_PIPES; i++)
        close_world(&worlds[i]);
    assert_int_equal(count_descriptors(), at_first);
}

/* The others copy meanwhile; none is unable for good. */
static void blocked_conversations_hold_a_bounded_number(void **state)
{
    struct world worlds[SPLICE_PIPES + 1], *last = &worlds[SPLICE_PIPES];

    (void)state;
    for (int i = 0; i <= SPLICE_PIPES; i++) {
        open_world(&worlds[i]);
        gives(&worlds[i].from, "text");
        assert_int_equal(read_some(&worlds[i]), i < SPLICE_PIPES ? 4 : STREAM_UNABLE);
    }
    assert_false(last->lasting);
    assert_int_equal(write_some(&worlds[0]), 4);
    assert_int_equal(read_some(last), 4);
    for (int i = 0; i <= SPLICE_PIPES; i++)
        close_world(&worlds[i]);
}

/* Others need descriptors, too. */
static void few_allowed_descriptors_mean_few_pipes(void **state)
{
    static const struct {
        rlim_t limit;
        unsigned descriptors;
    } cases[] = {{32, 0}, {127, 0}, {128, 2}, {1024, 16}, {4096, 32}};
    struct world world;
    struct rlimit before, limit;

    (void)state;
    open_world(&world);
    gives(&world.from, "text");
    getrlimit(RLIMIT_NOFILE, &before);
    limit = before;
    for (size_t i = 0; i < sizeof cases / sizeof *cases && cases[i].limit <= before.rlim_max; i++) {
        limit.rlim_cur = cases[i].limit;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        assert_int_equal(splice_descriptors(), cases[i].descriptors);
        if (!cases[i].descriptors)
            assert_int_equal(read_some(&world), STREAM_UNABLE);
    }
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(read_some(&world), 4);
    close_world(&world);
}

static void lack_of_descriptors_is_no_failure(void **state)
{
    struct world world;
    struct rlimit limit, none;
    int lowest, taken;

    (void)state;
    open_world(&world);
    gives(&world.from, "text");
    lowest = taken = dup(0);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = (struct rlimit){128, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    while (taken < 127)
        taken = dup(0);
    assert_int_equal(read_some(&world), STREAM_UNABLE);
    for (int fd = lowest; fd <= taken; fd++)
        close(fd);
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_false(world.lasting);
    assert_int_equal(read_some(&world), 4);
    close_world(&world);
}

/* ---- the system ---- */

static void moves_never_wait(void **state)
{
    int ours[2], theirs[2];

    (void)state;
    assert_int_equal(pipe(ours), 0);
    assert_int_equal(pipe(theirs), 0);
    errno = 0;
    assert_int_equal(splice_move(theirs[0], ours[1], 100), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(write(theirs[1], "x", 1), 1);
    assert_int_equal(splice_move(theirs[0], ours[1], 100), 1);
    close(theirs[1]);
    assert_int_equal(splice_move(theirs[0], ours[1], 100), 0);
    close(theirs[0]);
    close(ours[0]);
    close(ours[1]);
}

static void end_is_not_told_by_a_splice(void **state)
{
    int ours[2], theirs[2];

    (void)state;
    assert_int_equal(pipe(ours), 0);
    assert_int_equal(pipe(theirs), 0);
    assert_int_equal(write(theirs[1], "x", 1), 1);
    close(theirs[1]);
    assert_int_equal(splice_take(theirs[0], ours[1], 100), 1);
    errno = 0;
    assert_int_equal(splice_take(theirs[0], ours[1], 100), -1);
    assert_int_equal(errno, EAGAIN);
    close(theirs[0]);
    close(ours[0]);
    close(ours[1]);
}

static void appended_files_refuse(void **state)
{
    char path[] = "/tmp/test_splice-XXXXXX";
    int file = mkstemp(path), ends[2];

    (void)state;
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "text", 4), 4);
    assert_int_equal(fcntl(file, F_SETFL, O_APPEND), 0);
    assert_int_equal(splice_move(ends[0], file, 4), -1);
    assert_true(splice_is_refused(errno));
    assert_int_equal(fcntl(file, F_SETFL, 0), 0);
    assert_int_equal(splice_move(ends[0], file, 4), 4);
    close(file);
    close(ends[0]);
    close(ends[1]);
}

static void no_failure_of_a_stream_is_a_refusal(void **state)
{
    static const int numbers[] = {EPIPE, ECONNRESET, ENOSPC, EIO, ETIMEDOUT, EAGAIN, EINTR, EFBIG};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_false(splice_is_refused(numbers[i]));
}

static void pipe_is_raised_but_never_made_smaller(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETPIPE_SZ, 4096);
    splice_raise(ends[0]);
    assert_int_equal(fcntl(ends[0], F_GETPIPE_SZ), SPLICE_ROOM);
    if (fcntl(ends[0], F_SETPIPE_SZ, 2 * SPLICE_ROOM) > 0) {
        splice_raise(ends[0]);
        assert_int_equal(fcntl(ends[0], F_GETPIPE_SZ), 2 * SPLICE_ROOM);
    }
    splice_raise(-1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_in_pieces),
        cmocka_unit_test(no_read_takes_more_than_a_chunk),
        cmocka_unit_test(failures_are_those_of_the_streams),
        cmocka_unit_test(stream_that_is_unable_to_give_is_told),
        cmocka_unit_test(bytes_are_withdrawn_to_memory),
        cmocka_unit_test(withdrawing_without_memory_is_an_error),
        cmocka_unit_test(dropped_bytes_stay_in_no_pipe),
        cmocka_unit_test(idle_conversations_hold_no_pipe),
        cmocka_unit_test(blocked_conversations_hold_a_bounded_number),
        cmocka_unit_test(few_allowed_descriptors_mean_few_pipes),
        cmocka_unit_test(lack_of_descriptors_is_no_failure),
        cmocka_unit_test(moves_never_wait),
        cmocka_unit_test(end_is_not_told_by_a_splice),
        cmocka_unit_test(appended_files_refuse),
        cmocka_unit_test(no_failure_of_a_stream_is_a_refusal),
        cmocka_unit_test(pipe_is_raised_but_never_made_smaller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
