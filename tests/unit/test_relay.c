/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <string.h>

#include "fake.h"
#include "relay/relay.h"

/* ---- a loop, two fake streams and a relay between them ---- */

struct world {
    uv_loop_t loop;
    struct fake near, far;
    struct relay relay;
    int done; /* how often it was called */
    enum relay_end end;
    struct err err;
    int closed;
};

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct world *world = owner;

    world->done++;
    world->end = end;
    world->err = *err;
    assert_int_equal(world->near.watched, 0);
    assert_int_equal(world->far.watched, 0);
}

static void on_closed(struct relay *relay)
{
    struct world *world = relay->owner;

    world->closed++;
}

/* Whether both ends can splice; all tests run with either answer. */
static bool splices;

static void open_world(struct world *world)
{
    *world = (struct world){.done = 0};
    assert_int_equal(uv_loop_init(&world->loop), 0);
    fake_init(&world->near, &world->loop);
    fake_init(&world->far, &world->loop);
    world->near.splices = world->far.splices = splices ? STREAM_IN | STREAM_OUT : 0;
}

static void start(struct world *world, struct relay_options options)
{
    struct err err = {0};

    assert_int_equal(relay_start(&world->relay, &world->loop, &world->near.stream,
                                 &world->far.stream, &options, on_done, world, &err),
                     0);
    assert_int_equal(world->done, 0); /* done is called from the loop only */
}

/* Everything is freed: the loop has nothing left to wait for. */
static void close_world(struct world *world)
{
    int done = world->done;

    relay_close(&world->relay, on_closed);
    stream_close(&world->near.stream, STREAM_LINGER);
    stream_close(&world->far.stream, STREAM_LINGER);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(world->closed, 1);
    assert_int_equal(world->done, done);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    fake_fini(&world->near);
    fake_fini(&world->far);
}

/* A few rounds: enough for whatever can happen without more help. */
static void turn(struct world *world)
{
    size_t most = splices ? SPLICE_CHUNK : CHUNK_BULK;

    for (int i = 0; i < 40; i++) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        assert_true(chunk_length(&world->relay.out.pending) <= most);
        assert_true(chunk_length(&world->relay.in.pending) <= most);
        assert_true(world->relay.out.pending.bytes.capacity <= CHUNK_BULK);
        assert_true(world->relay.in.pending.bytes.capacity <= CHUNK_BULK);
    }
}

/* Until the relay is done; a test that gets it wrong ends all the same. */
static void run(struct world *world)
{
    uint64_t start_ms = uv_now(&world->loop);

    while (!world->done && uv_now(&world->loop) - start_ms < 5000)
        uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(world->done, 1);
}

static void assert_ended(const struct world *world, enum relay_end end, enum err_kind kind)
{
    assert_int_equal(world->done, 1);
    assert_int_equal(world->end, end);
    assert_int_equal(world->err.kind, kind);
}

static const struct relay_options plain;

/* ---- both directions, and their ends ---- */

static void relay_ends_when_both_ends_have_ended(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "question");
    gives(&world.far, "answer");
    world.near.input_ends = world.far.input_ends = true;
    start(&world, plain);
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_got(&world.far, "question");
    assert_got(&world.near, "answer");
    assert_true(world.near.finished && world.far.finished);
    assert_int_equal(world.relay.out.received, 8);
    assert_int_equal(world.relay.out.sent, 8);
    assert_int_equal(world.relay.in.received, 6);
    assert_int_equal(world.relay.in.sent, 6);
    close_world(&world);
}

static void empty_conversation_ends_well(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.near.input_ends = world.far.input_ends = true;
    start(&world, plain);
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_got(&world.far, "");
    assert_got(&world.near, "");
    close_world(&world);
}

/* The end of one direction is passed on at once, and the other goes on. */
static void one_half_may_end_alone(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "question");
    world.near.input_ends = true;
    start(&world, plain);
    turn(&world);
    assert_true(world.far.finished);
    assert_false(world.near.finished || world.done);
    gives(&world.far, "late answer");
    turn(&world);
    assert_got(&world.near, "late answer");
    world.far.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    close_world(&world);
}

static void end_of_far_does_not_stop_out(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.far.input_ends = true;
    start(&world, plain);
    turn(&world);
    assert_true(world.near.finished);
    assert_false(world.far.finished || world.done);
    gives(&world.near, "more");
    turn(&world);
    assert_got(&world.far, "more");
    world.near.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    close_world(&world);
}

static void finish_is_repeated_until_done(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.near.finish_stalls = 3;
    world.far.finish_stalls = 5;
    world.near.input_ends = world.far.input_ends = true;
    start(&world, plain);
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_true(world.near.finished && world.far.finished);
    close_world(&world);
}

/* ---- backpressure ---- */

static void fill(struct fake *fake, size_t n)
{
    unsigned char *room = buf_reserve(&fake->input, n);

    for (size_t i = 0; i < n; i++)
        room[i] = (unsigned char)(i * 7 + i / 251);
    buf_commit(&fake->input, n);
}

static void assert_filled(const struct fake *fake, size_t n)
{
    assert_int_equal(buf_length(&fake->output), n);
    for (size_t i = 0; i < n; i++)
        if (buf_bytes(&fake->output)[i] != (unsigned char)(i * 7 + i / 251))
            fail_msg("byte %zu is wrong", i);
}

enum { MUCH = 1000001 };

static void blocked_near_does_not_stop_out(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.far, MUCH);
    fill(&world.near, MUCH);
    world.near.room = 0;
    world.near.input_ends = true;
    start(&world, plain);
    turn(&world);
    assert_filled(&world.far, MUCH);
    assert_true(world.far.finished);
    assert_got(&world.near, "");
    assert_true(world.relay.in.received <= CHUNK);
    world.near.room = WHOLE;
    world.far.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_filled(&world.near, MUCH);
    close_world(&world);
}

static void blocked_far_does_not_stop_in(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.far, MUCH);
    fill(&world.near, MUCH);
    world.far.room = 0;
    world.far.input_ends = true;
    start(&world, plain);
    turn(&world);
    assert_filled(&world.near, MUCH);
    assert_true(world.near.finished);
    assert_got(&world.far, "");
    assert_true(world.relay.out.received <= CHUNK);
    assert_false(world.done);
    world.far.room = WHOLE;
    world.near.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_filled(&world.far, MUCH);
    close_world(&world);
}

/* Backpressure is the absence of a read. */
static void blocked_end_stops_the_reads_from_the_other(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.near, MUCH);
    world.far.room = 1000;
    start(&world, plain);
    turn(&world);
    assert_int_equal(buf_length(&world.far.output), 1000);
    assert_true(MUCH - buf_length(&world.near.input) <= CHUNK);
    assert_false(world.near.watched & STREAM_IN);
    assert_int_equal(world.near.read_asked, CHUNK_FIRST);
    close_world(&world);
}

/* A blocked end is not asked again and again. */
static void blocked_end_is_watched_for_room(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "x");
    world.far.room = 0;
    start(&world, plain);
    turn(&world);
    assert_true(world.far.watched & STREAM_OUT);
    assert_true(world.far.watched & STREAM_IN);
    world.far.room = 1;
    turn(&world);
    assert_got(&world.far, "x");
    assert_false(world.far.watched & STREAM_OUT);
    assert_true(world.near.watched & STREAM_IN);
    close_world(&world);
}

static void short_reads_and_writes_lose_nothing(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.near, 5003);
    fill(&world.far, 4001);
    world.near.read_most = 7;
    world.far.write_most = 3;
    world.far.read_most = 1;
    world.near.write_most = 2;
    world.near.input_ends = world.far.input_ends = true;
    start(&world, plain);
    run(&world);
    assert_filled(&world.far, 5003);
    assert_filled(&world.near, 4001);
    close_world(&world);
}

static void random_answers_lose_nothing(void **state)
{
    struct dice dice = {24};

    (void)state;
    for (int i = 0; i < 200; i++) {
        size_t out = dice_roll(&dice, 3000), in = dice_roll(&dice, 300000);
        struct world world;

        open_world(&world);
        world.near.dice = world.far.dice = &dice;
        world.near.splices &= dice_roll(&dice, 4);
        world.far.splices &= dice_roll(&dice, 4);
        fill(&world.near, out);
        fill(&world.far, in);
        world.near.finish_stalls = (int)dice_roll(&dice, 3);
        world.far.finish_stalls = (int)dice_roll(&dice, 3);
        world.near.input_ends = world.far.input_ends = true;
        start(&world, plain);
        run(&world);
        assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
        assert_filled(&world.far, out);
        assert_filled(&world.near, in);
        close_world(&world);
    }
}

static void bulk_is_spliced_where_both_ends_can_or_read_in_large_pieces(void **state)
{
    (void)state;
    for (unsigned ways = 0; ways < 4; ways++) {
        struct world world;

        open_world(&world);
        fill(&world.near, MUCH);
        world.near.splices &= ways & 1 ? STREAM_IN : 0;
        world.far.splices &= ways & 2 ? STREAM_OUT : 0;
        world.near.input_ends = world.far.input_ends = true;
        start(&world, plain);
        run(&world);
        assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
        assert_filled(&world.far, MUCH);
        assert_int_equal(world.relay.out.sent, MUCH);
        assert_int_equal(world.far.spliced > 0, splices && ways == 3);
        assert_int_equal(world.near.read_asked, splices && ways == 3 ? CHUNK : CHUNK_BULK);
        close_world(&world);
    }
}

/* A person or a protocol: each line is one read and one write. */
static void single_lines_are_not_spliced(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    start(&world, plain);
    for (int i = 0; i < 3000; i++) {
        gives(&world.near, "a line of thirty bytes or so.\n");
        uv_run(&world.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(world.far.spliced, 0);
    assert_true(buf_length(&world.far.output) > 64 << 10);
    close_world(&world);
}

/* Bytes in a pipe of our own come through although their source has failed. */
static void spliced_bytes_survive_a_reset(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.far, MUCH);
    world.near.room = MUCH / 2;
    start(&world, plain);
    turn(&world);
    world.far.read_fails = ERR_NETWORK;
    world.near.room = WHOLE;
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_filled(&world.near, MUCH);
    assert_false(world.far.finished);
    close_world(&world);
}

/* One busy direction must not keep the loop from everything else. */
static void pump_leaves_turns_to_the_loop(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.near, 8 << 20);
    start(&world, plain);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    assert_true(world.relay.out.received > 0);
    assert_true(buf_length(&world.near.input) > 0);
    close_world(&world);
}

/* ---- options ---- */

static void no_shutdown_does_not_finish_far(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "all");
    world.near.input_ends = true;
    start(&world, (struct relay_options){.no_shutdown = true});
    turn(&world);
    assert_got(&world.far, "all");
    assert_false(world.far.finished || world.done);
    world.far.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_false(world.far.finished);
    assert_true(world.near.finished);
    close_world(&world);
}

static void near_follows_the_end_of_far(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.far, "bye");
    gives(&world.near, "typed before");
    start(&world, (struct relay_options){.near_follows = true});
    turn(&world);
    assert_false(world.done || world.far.finished);
    world.far.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_got(&world.near, "bye");
    assert_got(&world.far, "typed before");
    assert_true(world.near.finished && world.far.finished);
    close_world(&world);
}

static void near_does_not_follow_by_default(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.far.input_ends = true;
    start(&world, plain);
    turn(&world);
    assert_false(world.done || world.far.finished);
    close_world(&world);
}

static void quit_after_bounds_the_wait_for_far(void **state)
{
    struct world world;
    uint64_t start_ms;

    (void)state;
    open_world(&world);
    gives(&world.near, "all");
    gives(&world.far, "some");
    world.near.input_ends = true;
    uv_update_time(&world.loop);
    start_ms = uv_now(&world.loop);
    start(&world, (struct relay_options){.quits = true, .quit_ms = 50});
    run(&world);
    assert_ended(&world, RELAY_QUIT, ERR_NONE);
    assert_true(uv_now(&world.loop) - start_ms >= 50);
    assert_got(&world.far, "all");
    assert_got(&world.near, "some");
    assert_true(world.far.finished);
    close_world(&world);
}

static void quit_after_0_ends_at_once(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "all");
    world.near.input_ends = true;
    start(&world, (struct relay_options){.quits = true, .quit_ms = 0});
    run(&world);
    assert_ended(&world, RELAY_QUIT, ERR_NONE);
    assert_got(&world.far, "all");
    close_world(&world);
}

/* The wait begins when the last byte was sent, not when it was read. */
static void quit_after_begins_when_all_is_sent(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "all");
    world.near.input_ends = true;
    world.far.room = 2;
    start(&world, (struct relay_options){.quits = true, .quit_ms = 0});
    turn(&world);
    assert_false(world.done);
    world.far.room = WHOLE;
    run(&world);
    assert_ended(&world, RELAY_QUIT, ERR_NONE);
    assert_got(&world.far, "all");
    close_world(&world);
}

static void quit_after_works_with_no_shutdown(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "all");
    world.near.input_ends = true;
    start(&world, (struct relay_options){.no_shutdown = true, .quits = true, .quit_ms = 1});
    run(&world);
    assert_ended(&world, RELAY_QUIT, ERR_NONE);
    assert_got(&world.far, "all");
    assert_false(world.far.finished);
    close_world(&world);
}

static void far_that_ends_in_time_is_no_quit(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.far, "answer");
    world.near.input_ends = world.far.input_ends = true;
    start(&world, (struct relay_options){.quits = true, .quit_ms = 5000});
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_got(&world.near, "answer");
    close_world(&world);
}

static void idle_timeout_ends_a_silent_relay(void **state)
{
    struct world world;
    uint64_t start_ms;

    (void)state;
    open_world(&world);
    gives(&world.near, "x");
    uv_update_time(&world.loop);
    start_ms = uv_now(&world.loop);
    start(&world, (struct relay_options){.idle_ms = 50});
    run(&world);
    assert_ended(&world, RELAY_IDLE, ERR_TIMEOUT);
    assert_non_null(strstr(world.err.sentence, "192.0.2.1:8080"));
    assert_true(uv_now(&world.loop) - start_ms >= 50);
    assert_got(&world.far, "x");
    close_world(&world);
}

static void assert_traffic_postpones(bool outward)
{
    enum { IDLE_MS = 300 };
    struct world world;
    struct fake *from = outward ? &world.near : &world.far;
    const struct relay_half *half = outward ? &world.relay.out : &world.relay.in;
    uint64_t start_ms, fed_ms;

    open_world(&world);
    uv_update_time(&world.loop);
    start_ms = fed_ms = uv_now(&world.loop);
    start(&world, (struct relay_options){.idle_ms = IDLE_MS});
    while (uv_now(&world.loop) - start_ms < 2 * IDLE_MS && !world.done) {
        uint64_t before_ms = uv_now(&world.loop), received = half->received;

        gives(from, "x");
        uv_run(&world.loop, UV_RUN_NOWAIT);
        fed_ms = half->received > received ? before_ms : fed_ms;
    }
    run(&world);
    assert_ended(&world, RELAY_IDLE, ERR_TIMEOUT);
    assert_true(uv_now(&world.loop) - fed_ms >= IDLE_MS);
    close_world(&world);
}

static void traffic_either_way_postpones_the_idle_timeout(void **state)
{
    (void)state;
    assert_traffic_postpones(true);
    assert_traffic_postpones(false);
}

/* A peer that reads old bytes one by one is not silent. A machine that is busy elsewhere can be. */
static void trickle_postpones_the_idle_timeout(void **state)
{
    enum { IDLE_MS = 300 };
    struct world world;
    uint64_t start_ms, taken_ms;
    size_t taken = 0;

    (void)state;
    open_world(&world);
    fill(&world.near, 100);
    world.far.room = 0;
    start(&world, (struct relay_options){.idle_ms = IDLE_MS});
    uv_update_time(&world.loop);
    start_ms = taken_ms = uv_now(&world.loop);
    while (uv_now(&world.loop) - start_ms < 2 * IDLE_MS && !world.done) {
        uint64_t before_ms = uv_now(&world.loop);

        world.far.room = before_ms - start_ms >= taken * 10;
        uv_run(&world.loop, UV_RUN_NOWAIT);
        taken_ms = buf_length(&world.far.output) > taken ? before_ms : taken_ms;
        taken = buf_length(&world.far.output);
    }
    assert_true(!world.done || uv_now(&world.loop) - taken_ms >= IDLE_MS);
    close_world(&world);
}

/* A blocked peer is as silent as one that sends nothing. */
static void blocked_relay_is_idle(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.near, MUCH);
    world.far.room = 0;
    start(&world, (struct relay_options){.idle_ms = 20});
    run(&world);
    assert_ended(&world, RELAY_IDLE, ERR_TIMEOUT);
    close_world(&world);
}

/* ---- failures ---- */

static void reset_comes_after_all_that_can_be_read(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.far, MUCH);
    world.far.read_fails = ERR_NETWORK;
    world.near.write_most = 1000;
    start(&world, plain);
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_string_equal(world.err.sentence, "reading failed");
    assert_filled(&world.near, MUCH);
    assert_false(world.near.finished); /* it is no regular end */
    close_world(&world);
}

/* After a reset the input has no receiver: a silent one must not hold the run. */
static void reset_by_far_ends_out(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.near, MUCH);
    world.far.room = 10;
    world.far.read_fails = ERR_NETWORK;
    start(&world, plain);
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_false(world.far.finished);
    close_world(&world);
}

/* TLS without close_notify: one end gives the first half of its words. The other end gets no end of
 * them, and what it gives is sent to its own end. */
static void cut_off_lets_the_other_finish(struct world *world, struct fake *cut, struct fake *other)
{
    gives(cut, "the first half");
    cut->read_fails = ERR_SECURITY;
    fill(other, MUCH);
    other->input_ends = true;
    cut->write_most = 1000;
    start(world, plain);
    run(world);
    assert_ended(world, RELAY_FAILED, ERR_SECURITY);
    assert_got(other, "the first half");
    assert_filled(cut, MUCH);
    assert_true(cut->finished);
    assert_false(other->finished);
    close_world(world);
}

static void cut_off_ends_a_silent_one(struct world *world, struct fake *cut)
{
    uint64_t start_ms;

    cut->read_fails = ERR_SECURITY;
    uv_update_time(&world->loop);
    start_ms = uv_now(&world->loop);
    start(world, plain);
    run(world);
    assert_true(uv_now(&world->loop) - start_ms >= RELAY_SILENCE_MS);
    assert_ended(world, RELAY_FAILED, ERR_SECURITY);
    assert_false(cut->finished);
    close_world(world);
}

static void cut_off_by_far_lets_out_finish(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    cut_off_lets_the_other_finish(&world, &world.far, &world.near);
}

static void cut_off_ends_a_silent_near(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    cut_off_ends_a_silent_one(&world, &world.far);
}

/* An address that is forwarded to may half-close TLS by a FIN alone, and read on. */
static void cut_off_by_near_lets_in_finish(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    cut_off_lets_the_other_finish(&world, &world.near, &world.far);
}

static void cut_off_ends_a_silent_far(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    cut_off_ends_a_silent_one(&world, &world.near);
}

static void failed_write_lets_in_finish(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "nobody reads this");
    gives(&world.far, "before");
    world.far.write_fails = ERR_NETWORK;
    start(&world, plain);
    turn(&world);
    assert_false(world.done);
    assert_got(&world.near, "before");
    gives(&world.far, " and after");
    turn(&world);
    assert_got(&world.near, "before and after");
    world.far.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_string_equal(world.err.sentence, "writing failed");
    assert_true(world.near.finished);
    assert_false(world.far.finished);
    close_world(&world);
}

/* A socket tells its error once more when it is read: the first one counts. */
static void first_failure_is_told(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "x");
    gives(&world.far, "y");
    world.far.write_fails = ERR_NETWORK;
    start(&world, plain);
    turn(&world);
    world.far.read_fails = ERR_NETWORK;
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_string_equal(world.err.sentence, "writing failed");
    assert_got(&world.near, "y");
    close_world(&world);
}

static void failed_finish_lets_in_finish(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.near.input_ends = true;
    world.far.write_fails = ERR_NETWORK;
    start(&world, plain);
    turn(&world);
    assert_false(world.done);
    gives(&world.far, "still there");
    world.far.input_ends = true;
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_string_equal(world.err.sentence, "finishing failed");
    assert_got(&world.near, "still there");
    close_world(&world);
}

static void local_write_failure_ends_at_once(void **state)
{
    static const enum err_kind kinds[] = {ERR_LOCAL, ERR_PIPE};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct world world;

        open_world(&world);
        fill(&world.far, MUCH);
        world.near.write_fails = kinds[i];
        start(&world, plain);
        turn(&world);
        assert_ended(&world, RELAY_FAILED, kinds[i]);
        assert_true(buf_length(&world.far.input) >= MUCH - CHUNK);
        assert_false(world.far.finished);
        close_world(&world);
    }
}

static void local_read_failure_ends_at_once(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.near.read_fails = ERR_LOCAL;
    start(&world, plain);
    turn(&world);
    assert_ended(&world, RELAY_FAILED, ERR_LOCAL);
    assert_string_equal(world.err.sentence, "reading failed");
    assert_false(world.far.finished);
    close_world(&world);
}

static void failed_close_of_stdout_is_told(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.near.input_ends = world.far.input_ends = true;
    start(&world, plain);
    world.near.write_fails = ERR_LOCAL;
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_LOCAL);
    close_world(&world);
}

/* `| head -1`: also while nothing arrives. */
static void closed_near_is_noticed_at_once(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    start(&world, plain);
    turn(&world);
    assert_true(world.near.watched & STREAM_LOSS);
    world.near.write_fails = ERR_PIPE;
    turn(&world);
    assert_ended(&world, RELAY_FAILED, ERR_PIPE);
    close_world(&world);
}

/* ---- a peer that is gone while our input lives ---- */

static void peer_that_hung_up_is_noticed(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.far, "answer");
    world.far.input_ends = true;
    start(&world, plain);
    turn(&world);
    assert_false(world.done);
    world.far.lost = true;
    run(&world);
    assert_ended(&world, RELAY_PEER_GONE, ERR_NONE);
    assert_got(&world.near, "answer");
    assert_false(world.far.finished);
    close_world(&world);
}

/* A peer that is lost with a failure did not hang up in good order. */
static void peer_that_was_lost_is_a_failure(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.far.input_ends = true;
    start(&world, plain);
    turn(&world);
    world.far.write_fails = ERR_NETWORK;
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    close_world(&world);
}

/* ---- conversion ---- */

struct codecs {
    struct charsets charsets;
    struct conversion outward, inward;
};

static struct relay_options open_codecs(struct codecs *codecs)
{
    struct charset *utf8, *gbk;

    *codecs = (struct codecs){.charsets.first = NULL};
    utf8 = charset_find(&codecs->charsets, "utf-8", NULL);
    gbk = charset_find(&codecs->charsets, "gbk", NULL);
    codec_init(&codecs->outward.codec,
               &(struct codec_plan){.from = utf8, .to = gbk, .wire = WIRE_IS_OUTPUT});
    codec_init(&codecs->inward.codec,
               &(struct codec_plan){.from = gbk, .to = utf8, .wire = WIRE_IS_INPUT});
    return (struct relay_options){.outward = &codecs->outward, .inward = &codecs->inward};
}

static void close_codecs(struct codecs *codecs)
{
    conversion_fini(&codecs->outward);
    conversion_fini(&codecs->inward);
    charsets_fini(&codecs->charsets);
}

static void text_is_converted_on_its_way(void **state)
{
    struct codecs codecs;
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "你好\n");
    gives(&world.far, "\xC4\xE3\xBA\xC3\n");
    world.near.read_most = world.far.read_most = 1;
    world.near.input_ends = world.far.input_ends = true;
    start(&world, open_codecs(&codecs));
    run(&world);
    assert_ended(&world, RELAY_BOTH_ENDED, ERR_NONE);
    assert_got(&world.far, "\xC4\xE3\xBA\xC3\n");
    assert_got(&world.near, "你好\n");
    assert_int_equal(world.relay.out.received, 7);
    assert_int_equal(world.relay.out.sent, 5);
    close_world(&world);
    close_codecs(&codecs);
}

/* Bytes that have arrived are shown now, the rest of a character once it is there. */
static void cut_character_waits_for_its_rest(void **state)
{
    struct codecs codecs;
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.far, "a\xC4");
    start(&world, open_codecs(&codecs));
    turn(&world);
    assert_got(&world.near, "a");
    gives(&world.far, "\xE3");
    turn(&world);
    assert_got(&world.near, "a你");
    close_world(&world);
    close_codecs(&codecs);
}

static void character_cut_by_the_end_is_replaced(void **state)
{
    struct codecs codecs;
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.near, "\xE4\xBD");
    gives(&world.far, "a\xC4");
    world.near.input_ends = true;
    world.far.read_fails = ERR_NETWORK; /* a reset is an end too */
    start(&world, open_codecs(&codecs));
    run(&world);
    assert_ended(&world, RELAY_FAILED, ERR_NETWORK);
    assert_got(&world.near, "a\uFFFD");
    assert_int_equal(codecs.inward.codec.faults.undecodable, 1);
    close_world(&world);
    close_codecs(&codecs);
}

static void blocked_end_bounds_the_converted_too(void **state)
{
    struct codecs codecs;
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.far, MUCH);
    world.near.room = 0;
    start(&world, open_codecs(&codecs));
    for (int i = 0; i < 40; i++)
        uv_run(&world.loop, UV_RUN_NOWAIT);
    assert_true(world.relay.in.received <= CHUNK);
    assert_true(chunk_length(&world.relay.in.pending) <= 3 * CHUNK);
    close_world(&world);
    close_codecs(&codecs);
}

/* ---- telnet ---- */

/* The peer of a pipe is not answered, but gets lines as telnet has them. */
static struct relay_options open_telnet(struct codecs *codecs)
{
    struct relay_options options = open_codecs(codecs);

    telnet_set_charsets(&codecs->inward.telnet, codecs->inward.codec.plan.from, NULL);
    codecs->inward.back = &codecs->outward;
    return options;
}

static void commands_of_telnet_are_taken_out(void **state)
{
    struct codecs codecs;
    struct world world;

    (void)state;
    open_world(&world);
    gives(&world.far, "\xC4\xE3\xFF\xF9\xBA\xC3? \xFF\xF9"
                      "a\xFF");
    world.far.read_most = 1;
    start(&world, open_telnet(&codecs));
    turn(&world);
    assert_got(&world.near, "你好? a");
    gives(&world.far, "\xF1\xFF\xFA\x18");
    turn(&world);
    gives(&world.near, "\n");
    turn(&world);
    assert_got(&world.far, "\n");
    gives(&world.far, "\xFF\xF0"
                      "b\xFF\xFF\xFF");
    turn(&world);
    world.far.input_ends = world.near.input_ends = true;
    gives(&world.near, "c\n");
    run(&world);
    assert_got(&world.near, "你好? ab\uFFFD");
    assert_got(&world.far, "\nc\r\n");
    assert_int_equal(codecs.inward.codec.faults.undecodable, 1);
    assert_int_equal(codecs.inward.codec.faults.undecodable_at, world.relay.in.received - 1);
    close_world(&world);
    close_codecs(&codecs);
}

/* ---- ending from outside ---- */

static void close_midway_calls_no_done(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    fill(&world.near, MUCH);
    world.far.room = 5000;
    start(&world, (struct relay_options){.quits = true, .quit_ms = 60000, .idle_ms = 60000});
    uv_run(&world.loop, UV_RUN_NOWAIT);
    close_world(&world);
    assert_int_equal(world.done, 0);
}

static void close_at_the_start_calls_no_done(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    start(&world, plain);
    close_world(&world);
    assert_int_equal(world.done, 0);
}

/* Handlers close everything from within done. */
static void close_all_at_once(void *owner, enum relay_end end, const struct err *err)
{
    struct world *world = owner;

    (void)end;
    (void)err;
    world->done++;
    relay_close(&world->relay, on_closed);
    stream_close(&world->near.stream, STREAM_LINGER);
    stream_close(&world->far.stream, STREAM_LINGER);
}

static void run_closing_within_done(struct world *world, struct relay_options options)
{
    struct err err = {0};

    assert_int_equal(relay_start(&world->relay, &world->loop, &world->near.stream,
                                 &world->far.stream, &options, close_all_at_once, world, &err),
                     0);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(world->done, 1);
    assert_int_equal(world->closed, 1);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    fake_fini(&world->near);
    fake_fini(&world->far);
}

static void close_within_done_is_safe(void **state)
{
    static const struct {
        enum err_kind near_reads, near_writes, far_reads, far_writes;
    } ways[] = {
        {ERR_NONE, ERR_NONE, ERR_NONE, ERR_NONE},    {ERR_LOCAL, ERR_NONE, ERR_NONE, ERR_NONE},
        {ERR_NONE, ERR_PIPE, ERR_NONE, ERR_NONE},    {ERR_NONE, ERR_NONE, ERR_NETWORK, ERR_NONE},
        {ERR_NONE, ERR_NONE, ERR_NONE, ERR_NETWORK}, {ERR_NONE, ERR_NONE, ERR_NETWORK, ERR_NETWORK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (int quits = 0; quits < 2; quits++)
            for (int converts = 0; converts < 2; converts++) {
                struct relay_options options = {.no_shutdown = false};
                struct codecs codecs = {.charsets.first = NULL};
                struct world world;

                open_world(&world);
                if (converts)
                    options = open_codecs(&codecs);
                options.quits = quits;
                fill(&world.near, 100);
                fill(&world.far, 100);
                world.near.input_ends = world.far.input_ends = true;
                world.near.read_fails = ways[i].near_reads;
                world.near.write_fails = ways[i].near_writes;
                world.far.read_fails = ways[i].far_reads;
                world.far.write_fails = ways[i].far_writes;
                run_closing_within_done(&world, options);
                if (converts)
                    close_codecs(&codecs);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relay_ends_when_both_ends_have_ended),
        cmocka_unit_test(empty_conversation_ends_well),
        cmocka_unit_test(one_half_may_end_alone),
        cmocka_unit_test(end_of_far_does_not_stop_out),
        cmocka_unit_test(finish_is_repeated_until_done),
        cmocka_unit_test(blocked_near_does_not_stop_out),
        cmocka_unit_test(blocked_far_does_not_stop_in),
        cmocka_unit_test(blocked_end_stops_the_reads_from_the_other),
        cmocka_unit_test(blocked_end_is_watched_for_room),
        cmocka_unit_test(short_reads_and_writes_lose_nothing),
        cmocka_unit_test(random_answers_lose_nothing),
        cmocka_unit_test(bulk_is_spliced_where_both_ends_can_or_read_in_large_pieces),
        cmocka_unit_test(single_lines_are_not_spliced),
        cmocka_unit_test(spliced_bytes_survive_a_reset),
        cmocka_unit_test(pump_leaves_turns_to_the_loop),
        cmocka_unit_test(no_shutdown_does_not_finish_far),
        cmocka_unit_test(near_follows_the_end_of_far),
        cmocka_unit_test(near_does_not_follow_by_default),
        cmocka_unit_test(quit_after_bounds_the_wait_for_far),
        cmocka_unit_test(quit_after_0_ends_at_once),
        cmocka_unit_test(quit_after_begins_when_all_is_sent),
        cmocka_unit_test(quit_after_works_with_no_shutdown),
        cmocka_unit_test(far_that_ends_in_time_is_no_quit),
        cmocka_unit_test(idle_timeout_ends_a_silent_relay),
        cmocka_unit_test(traffic_either_way_postpones_the_idle_timeout),
        cmocka_unit_test(trickle_postpones_the_idle_timeout),
        cmocka_unit_test(blocked_relay_is_idle),
        cmocka_unit_test(reset_comes_after_all_that_can_be_read),
        cmocka_unit_test(reset_by_far_ends_out),
        cmocka_unit_test(cut_off_by_far_lets_out_finish),
        cmocka_unit_test(cut_off_ends_a_silent_near),
        cmocka_unit_test(cut_off_by_near_lets_in_finish),
        cmocka_unit_test(cut_off_ends_a_silent_far),
        cmocka_unit_test(failed_write_lets_in_finish),
        cmocka_unit_test(first_failure_is_told),
        cmocka_unit_test(failed_finish_lets_in_finish),
        cmocka_unit_test(local_write_failure_ends_at_once),
        cmocka_unit_test(local_read_failure_ends_at_once),
        cmocka_unit_test(failed_close_of_stdout_is_told),
        cmocka_unit_test(closed_near_is_noticed_at_once),
        cmocka_unit_test(peer_that_hung_up_is_noticed),
        cmocka_unit_test(peer_that_was_lost_is_a_failure),
        cmocka_unit_test(text_is_converted_on_its_way),
        cmocka_unit_test(cut_character_waits_for_its_rest),
        cmocka_unit_test(character_cut_by_the_end_is_replaced),
        cmocka_unit_test(blocked_end_bounds_the_converted_too),
        cmocka_unit_test(commands_of_telnet_are_taken_out),
        cmocka_unit_test(close_midway_calls_no_done),
        cmocka_unit_test(close_at_the_start_calls_no_done),
        cmocka_unit_test(close_within_done_is_safe),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    splices = true;
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
