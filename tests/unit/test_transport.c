/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"
#include "turns.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connection.h"
#include "net/socket.h"
#include "net/transport.h"

/* A step that takes so many bytes, in which no x may be. */
struct taker {
    struct transport_step step;
    size_t left;
};

static unsigned steps; /* that live */

static int taker_advance(struct transport_step *step, struct stream **stream, struct err *err)
{
    struct taker *taker = (struct taker *)step;

    while (taker->left) {
        char bytes[16];
        ssize_t got = socket_peek(*stream, bytes, sizeof bytes, err);

        if (got == STREAM_AGAIN)
            return STREAM_IN;
        if (got < 0)
            return STREAM_FAIL;
        if (got == 0 || bytes[0] == 'x') {
            err_set(err, ERR_NETWORK, "%s: no %s", stream_label(*stream), got ? "x here" : "end");
            return STREAM_FAIL;
        }
        got = (size_t)got < taker->left ? got : (ssize_t)taker->left;
        if (socket_skip(*stream, (size_t)got, err) < 0)
            return STREAM_FAIL;
        taker->left -= (size_t)got;
    }
    return 0;
}

static void taker_free(struct transport_step *step)
{
    free(step);
    steps--;
}

static struct transport_step *taker_make(const void *options, struct err *err)
{
    static const struct transport_step_ops ops = {taker_advance, taker_free, "not enough came"};
    struct taker *taker = malloc(sizeof *taker);

    if (!options) {
        free(taker);
        err_memory(err);
        return NULL;
    }
    *taker = (struct taker){{&ops}, *(const size_t *)options};
    steps++;
    return &taker->step;
}

struct world {
    uv_loop_t loop;
    int peer;
    struct transport *transport;
    struct stream *stream; /* that is through */
    unsigned dones;
    struct err err;
};

static void on_done(void *owner, struct stream *stream, const char *peer, const struct err *err)
{
    struct world *world = owner;

    assert_int_equal(!peer, stream != NULL);
    world->dones++;
    world->stream = stream;
    world->err = *err;
}

static const size_t three = 3, two = 2;

static void open_world(struct world *world, uint64_t timeout_ms, const size_t *second)
{
    struct transport_plan plan = {.timeout_ms = timeout_ms};
    struct endpoint peer = peer_of("192.0.2.1");
    struct stream *stream;
    int ends[2];

    *world = (struct world){0};
    transport_plan_add(&plan, taker_make, &three);
    transport_plan_add(&plan, taker_make, second);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    world->peer = ends[1];
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    stream = connection_new(&world->loop, ends[0], &peer, 0, NULL);
    world->transport = transport_start(&world->loop, &plan, stream, on_done, world, &world->err);
}

static void send_text(struct world *world, const char *text)
{
    assert_int_equal(write(world->peer, text, strlen(text)), strlen(text));
}

static void close_world(struct world *world)
{
    if (world->stream)
        stream_close(world->stream, STREAM_ABORT);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    close(world->peer);
    assert_int_equal(steps, 0);
}

static void steps_follow_each_other_and_leave_the_rest(void **state)
{
    struct world world;
    char rest[8];

    (void)state;
    open_world(&world, 0, &two);
    for (const char *at = "abcdef"; *at; at++) {
        char one[2] = {*at, 0};

        assert_int_equal(world.dones, at[0] == 'f');
        send_text(&world, one);
        for (int i = 0; i < 4; i++)
            loop_poll(&world.loop);
    }
    assert_non_null(world.stream);
    assert_int_equal(world.err.kind, ERR_NONE);
    assert_int_equal(stream_read(world.stream, rest, sizeof rest, NULL), 1);
    assert_int_equal(rest[0], 'f');
    close_world(&world);
}

static void done_comes_from_the_loop_although_all_bytes_are_there(void **state)
{
    struct world world;
    char rest[8];

    (void)state;
    open_world(&world, 0, &two);
    send_text(&world, "abcdefgh");
    assert_int_equal(world.dones, 0);
    while (!world.dones)
        loop_turn(&world.loop);
    assert_int_equal(stream_read(world.stream, rest, sizeof rest, NULL), 3);
    assert_memory_equal(rest, "fgh", 3);
    close_world(&world);
}

static void failed_step_ends_the_transport_with_its_sentence(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, 0, &two);
    send_text(&world, "abcx");
    loop_run(&world.loop);
    assert_int_equal(world.dones, 1);
    assert_null(world.stream);
    assert_string_equal(world.err.sentence, "192.0.2.1:50000: no x here");
    close_world(&world);
}

static void end_of_the_peer_is_seen(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, 0, &two);
    send_text(&world, "ab");
    shutdown(world.peer, SHUT_WR);
    loop_run(&world.loop);
    assert_int_equal(world.dones, 1);
    assert_string_equal(world.err.sentence, "192.0.2.1:50000: no end");
    close_world(&world);
}

static void time_runs_out_over_all_steps(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, 20, &two);
    send_text(&world, "abcd");
    loop_run(&world.loop);
    assert_int_equal(world.dones, 1);
    assert_int_equal(world.err.kind, ERR_TIMEOUT);
    assert_string_equal(world.err.sentence, "192.0.2.1:50000: not enough came");
    close_world(&world);
}

static void stop_closes_the_stream_and_calls_nobody(void **state)
{
    struct world world;
    char byte;

    (void)state;
    open_world(&world, 0, &two);
    loop_poll(&world.loop);
    transport_stop(world.transport, STREAM_ABORT);
    loop_run(&world.loop);
    assert_int_equal(world.dones, 0);
    assert_int_equal(read(world.peer, &byte, 1), 0);
    close_world(&world);
}

static void step_without_memory_closes_the_stream(void **state)
{
    struct world world;
    char byte;

    (void)state;
    open_world(&world, 0, NULL);
    assert_null(world.transport);
    assert_int_equal(world.err.kind, ERR_LOCAL);
    loop_run(&world.loop);
    assert_int_equal(read(world.peer, &byte, 1), 0);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_each_other_and_leave_the_rest),
        cmocka_unit_test(done_comes_from_the_loop_although_all_bytes_are_there),
        cmocka_unit_test(failed_step_ends_the_transport_with_its_sentence),
        cmocka_unit_test(end_of_the_peer_is_seen),
        cmocka_unit_test(time_runs_out_over_all_steps),
        cmocka_unit_test(stop_closes_the_stream_and_calls_nobody),
        cmocka_unit_test(step_without_memory_closes_the_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
