/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "allocations.h"
#include "fake.h"
#include "room/outbox.h"
#include "rooms.h"

static struct outbox_pool pool = {.congested = SIZE_MAX};

struct world {
    uv_loop_t loop;
    struct fake peer;
    struct outbox outbox;
};

static void open_world(struct world *world)
{
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    fake_init(&world->peer, &world->loop);
    outbox_init(&world->outbox, &world->peer.stream, &pool);
}

static void close_world(struct world *world)
{
    outbox_fini(&world->outbox);
    assert_int_equal(world->outbox.bytes, 0);
    stream_close(&world->peer.stream, STREAM_ABORT);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    fake_fini(&world->peer);
}

/* Only the outbox holds the message from here on. */
static unsigned send_in(struct world *world, const char *text, struct charset *charset)
{
    struct form_plan plan = {.charset = charset};
    struct message *message = message_new(utf8, text, strlen(text), true, &pool.held);
    unsigned changes = outbox_send(&world->outbox, message_form(message, &plan));

    message_release(message);
    return changes;
}

static unsigned send_line(struct world *world, const char *text)
{
    return send_in(world, text, utf8);
}

static void push(struct world *world, const char *text)
{
    assert_int_equal(send_line(world, text), OUTBOX_PENDING);
}

static int write_some(struct world *world)
{
    struct err err = {0};

    return outbox_write(&world->outbox, &err);
}

static void empty_outbox_writes_nothing(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.peer.write_fails = ERR_NETWORK; /* it is not even asked */
    assert_int_equal(write_some(&world), 0);
    close_world(&world);
}

static void messages_go_out_in_order(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    push(&world, "one");
    push(&world, "");
    push(&world, "你好");
    assert_int_equal(world.outbox.bytes, strlen("one\n\n你好\n"));
    assert_int_equal(write_some(&world), 0);
    assert_got(&world.peer, "one\n\n你好\n");
    assert_int_equal(world.outbox.bytes, 0);
    assert_int_equal(world.outbox.sent, strlen("one\n\n你好\n"));
    push(&world, "more");
    assert_int_equal(write_some(&world), 0);
    assert_got(&world.peer, "one\n\n你好\nmore\n");
    close_world(&world);
}

/* Every place where a write can stop, and the next one too. */
static void write_may_stop_at_any_byte(void **state)
{
    static const char all[] = "one\n\n你好\nlast\n";
    const size_t n = sizeof all - 1;

    (void)state;
    for (size_t first = 0; first <= n; first++)
        for (size_t second = first; second <= n; second++) {
            struct world world;

            open_world(&world);
            push(&world, "one");
            push(&world, "");
            push(&world, "你好");
            push(&world, "last");
            world.peer.room = first;
            assert_int_equal(write_some(&world), first == n ? 0 : STREAM_AGAIN);
            assert_int_equal(world.outbox.bytes, n - first);
            assert_int_equal(world.outbox.sent, first);
            world.peer.room = second - first;
            assert_int_equal(write_some(&world), second == n ? 0 : STREAM_AGAIN);
            world.peer.room = WHOLE;
            assert_int_equal(write_some(&world), 0);
            assert_int_equal(world.outbox.bytes, 0);
            assert_int_equal(world.outbox.sent, n);
            assert_got(&world.peer, all);
            close_world(&world);
        }
}

static void message_behind_a_cut_one_waits(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    push(&world, "one");
    world.peer.room = 2;
    assert_int_equal(write_some(&world), STREAM_AGAIN);
    push(&world, "two");
    assert_int_equal(world.outbox.bytes, 6);
    world.peer.room = WHOLE;
    assert_int_equal(write_some(&world), 0);
    assert_got(&world.peer, "one\ntwo\n");
    close_world(&world);
}

static void push_numbers(struct world *world, int count, struct buf *expected)
{
    for (int i = 0; i < count; i++) {
        char text[16];

        push(world, (snprintf(text, sizeof text, "%d", i), text));
        assert_int_equal(buf_append(expected, text, strlen(text)), 0);
        assert_int_equal(buf_append(expected, "\n", 1), 0);
    }
}

/* More messages than one call takes, by writes of any size and with pauses. */
static void thousand_messages_lose_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct dice dice = {seed};
        struct world world;
        struct buf expected;
        int written;

        open_world(&world);
        buf_init(&expected, 1 << 20);
        push_numbers(&world, 1000, &expected);
        world.peer.dice = seed % 2 ? &dice : NULL;
        do
            written = write_some(&world);
        while (written == STREAM_AGAIN);
        assert_int_equal(written, 0);
        assert_int_equal(buf_length(&world.peer.output), buf_length(&expected));
        assert_memory_equal(buf_bytes(&world.peer.output), buf_bytes(&expected),
                            buf_length(&expected));
        buf_fini(&expected);
        close_world(&world);
    }
}

static void failure_loses_only_queued_bytes(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world);
    push(&world, "one");
    world.peer.room = 2;
    assert_int_equal(write_some(&world), STREAM_AGAIN);
    world.peer.write_fails = ERR_NETWORK;
    assert_int_equal(outbox_write(&world.outbox, &err), STREAM_FAIL);
    assert_int_equal(err.kind, ERR_NETWORK);
    assert_int_equal(world.outbox.sent, 2);
    assert_int_equal(world.outbox.bytes, 2);
    close_world(&world);
}

static void message_is_shared_by_outboxes(void **state)
{
    struct form_plan plans[] = {{.charset = utf8}, {.charset = gbk}};
    struct message *message = message_new(utf8, "你好", strlen("你好"), true, &pool.held);
    struct world worlds[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_world(&worlds[i]);
        assert_int_equal(outbox_send(&worlds[i].outbox, message_form(message, &plans[i])),
                         OUTBOX_PENDING);
    }
    message_release(message);
    assert_int_equal(write_some(&worlds[0]), 0);
    close_world(&worlds[0]);
    assert_int_equal(write_some(&worlds[1]), 0);
    assert_got(&worlds[1].peer, "\xC4\xE3\xBA\xC3\n");
    close_world(&worlds[1]);
}

/* After its end it is empty, and can be used again. */
static void emptied_outbox_takes_more(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    push(&world, "never");
    world.peer.room = 3;
    assert_int_equal(write_some(&world), STREAM_AGAIN);
    outbox_fini(&world.outbox);
    assert_int_equal(world.outbox.bytes, 0);
    push(&world, "again");
    world.peer.room = WHOLE;
    assert_int_equal(write_some(&world), 0);
    assert_got(&world.peer, "nevagain\n");
    assert_int_equal(world.outbox.sent, 9);
    close_world(&world);
}

/* The ring grows while its beginning is anywhere in it. */
static void ring_keeps_the_order_while_it_grows(void **state)
{
    struct world world;
    char line[32];
    size_t n = 0;

    (void)state;
    open_world(&world);
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "%d", i);
        push(&world, line);
        if (i % 3 == 0) {
            world.peer.room = 1;
            assert_int_equal(write_some(&world), STREAM_AGAIN);
        }
    }
    world.peer.room = WHOLE;
    assert_int_equal(write_some(&world), 0);
    for (int i = 0; i < 1000; i++) {
        size_t length = (size_t)snprintf(line, sizeof line, "%d\n", i);

        assert_memory_equal(buf_bytes(&world.peer.output) + n, line, length);
        n += length;
    }
    assert_int_equal(buf_length(&world.peer.output), n);
    close_world(&world);
}

/* Messages are counted once however many outboxes hold them; an outbox of few takes nothing. */
static void memory_is_counted(void **state)
{
    struct form_plan plan = {.charset = utf8};
    struct message *message = message_new(utf8, "hello", 5, true, &pool.held);
    const struct form *form = message_form(message, &plan);
    size_t alone = pool.held, shared = 0;
    struct outbox boxes[2];

    (void)state;
    assert_true(alone > 2 * strlen("hello\n"));
    for (int i = 0; i < 2; i++) {
        outbox_init(&boxes[i], NULL, &pool);
        for (int sent = 0; sent < OUTBOX_PLACES; sent++)
            assert_int_equal(outbox_send(&boxes[i], form), OUTBOX_PENDING);
        assert_int_equal(pool.held, alone + shared);
        assert_int_equal(outbox_send(&boxes[i], form), OUTBOX_PENDING);
        shared = pool.held - alone;
    }
    message_release(message);
    shared = pool.held - alone;
    assert_in_range(shared, 2 * sizeof form, 2 * 16 * sizeof form);
    assert_int_equal(pool.queued, 2 * (OUTBOX_PLACES + 1) * strlen("hello\n"));
    outbox_fini(&boxes[0]);
    assert_int_equal(pool.held, alone + shared / 2);
    outbox_fini(&boxes[1]);
    assert_int_equal(pool.held, 0);
    assert_int_equal(pool.queued, 0);
}

/* ---- states ---- */

/* CLEAR -> BLOCKED -> CONGESTED -> BLOCKED -> CLEAR, with the bound at two lines. */
static void load_follows_the_bound_and_its_half(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    pool.congested = 2 * strlen("line\n");
    push(&world, "line");
    push(&world, "line");
    assert_int_equal(world.outbox.load, LOAD_CLEAR);
    world.peer.room = 0;
    assert_int_equal(outbox_flush(&world.outbox), 0);
    assert_int_equal(world.outbox.load, LOAD_BLOCKED);
    assert_int_equal(send_line(&world, "line"), OUTBOX_FILLED);
    assert_int_equal(world.outbox.load, LOAD_CONGESTED);
    world.peer.room = strlen("line\n");
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_TOOK);
    assert_int_equal(world.outbox.load, LOAD_CONGESTED);
    world.peer.room = strlen("line\n");
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_TOOK | OUTBOX_DRAINED);
    assert_int_equal(world.outbox.load, LOAD_BLOCKED);
    world.peer.room = WHOLE;
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_TOOK);
    assert_int_equal(world.outbox.load, LOAD_CLEAR);
    pool.congested = SIZE_MAX;
    close_world(&world);
}

static void finish_waits_for_the_last_byte_and_the_acknowledgement(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    push(&world, "line");
    world.peer.room = 2;
    world.peer.finish_stalls = 1;
    outbox_finish(&world.outbox);
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_TOOK);
    assert_int_equal(world.outbox.write, OUTBOX_FINISHING);
    world.peer.room = WHOLE;
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_TOOK);
    assert_true(outbox_waits(&world.outbox));
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_ENDED);
    assert_int_equal(world.outbox.write, OUTBOX_FINISHED);
    assert_false(outbox_waits(&world.outbox));
    close_world(&world);
}

/* ---- the operator's lines ---- */

static void push_own(struct world *world, uint64_t number)
{
    struct form_plan plan = {.charset = utf8};
    struct message *message = message_new(utf8, "own", 3, true, &pool.held);

    message->own_line = number;
    assert_int_equal(outbox_send(&world->outbox, message_form(message, &plan)), OUTBOX_PENDING);
    message_release(message);
}

static void assert_own(const struct world *world, size_t count, uint64_t first)
{
    struct outbox_lines lines = outbox_own_lines(&world->outbox);

    assert_int_equal(lines.count, count);
    assert_int_equal(lines.first, first);
}

/* A line that was cut is not taken. */
static void own_lines_are_counted_until_they_are_taken(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    push(&world, "notice");
    assert_own(&world, 0, 0);
    push_own(&world, 3);
    push(&world, "notice");
    push_own(&world, 5);
    assert_own(&world, 2, 3);
    world.peer.room = strlen("notice\now");
    assert_int_equal(write_some(&world), STREAM_AGAIN);
    assert_own(&world, 2, 3);
    world.peer.room = strlen("n\n");
    assert_int_equal(write_some(&world), STREAM_AGAIN);
    assert_own(&world, 1, 5);
    world.peer.room = WHOLE;
    assert_int_equal(write_some(&world), 0);
    assert_own(&world, 0, 0);
    close_world(&world);
}

static void own_lines_of_a_closed_outbox_are_lost(void **state)
{
    struct world world;
    struct message *late = message_new(utf8, "late", 4, true, &pool.held);

    (void)state;
    open_world(&world);
    push_own(&world, 7);
    push_own(&world, 8);
    world.peer.write_fails = ERR_NETWORK;
    assert_true(outbox_flush(&world.outbox) & OUTBOX_ENDED);
    assert_own(&world, 2, 7);
    outbox_lose(&world.outbox, late); /* a notice, say */
    late->own_line = 9;
    outbox_lose(&world.outbox, late);
    assert_own(&world, 3, 7);
    message_release(late);
    close_world(&world);
}

static void failed_write_closes_and_drains_the_outbox(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    pool.congested = 1;
    world.peer.room = 0;
    assert_int_equal(send_line(&world, "line"), OUTBOX_FILLED);
    world.peer.write_fails = ERR_NETWORK;
    assert_int_equal(outbox_flush(&world.outbox), OUTBOX_DRAINED | OUTBOX_ENDED);
    assert_int_equal(world.outbox.write, OUTBOX_CLOSED);
    assert_int_equal(world.outbox.bytes, 0);
    assert_int_equal(outbox_flush(&world.outbox), 0);
    outbox_finish(&world.outbox);
    assert_int_equal(world.outbox.write, OUTBOX_CLOSED);
    pool.congested = SIZE_MAX;
    close_world(&world);
}

/* Nothing follows a gap. */
static void lack_of_memory_closes_the_outbox(void **state)
{
    struct message *message = message_new(utf8, "hello", 5, true, &pool.held);
    const struct form *form = message_form(message, &(struct form_plan){.charset = utf8});
    struct world world;

    (void)state;
    open_world(&world);
    for (int sent = 0; sent < OUTBOX_PLACES; sent++)
        assert_int_equal(outbox_send(&world.outbox, form), OUTBOX_PENDING);
    memory_is_short = true;
    assert_int_equal(outbox_send(&world.outbox, form), OUTBOX_ENDED);
    memory_is_short = false;
    assert_true(world.outbox.lacks && world.outbox.write == OUTBOX_CLOSED);
    assert_int_equal(outbox_flush(&world.outbox), 0);
    assert_int_equal(buf_length(&world.peer.output), 0);
    message_release(message);
    close_world(&world);
    assert_int_equal(pool.held, 0);
}

/* Few of them at a time, again and again. */
static void writing_needs_no_memory(void **state)
{
    struct message *message = message_new(utf8, "hello", 5, true, &pool.held);
    const struct form *form = message_form(message, &(struct form_plan){.charset = utf8});
    struct world world;
    unsigned counted = 0;

    (void)state;
    open_world(&world);
    for (int i = 0; i < 10; i++) {
        take_allocations();
        for (int sent = 0; sent < OUTBOX_PLACES; sent++)
            assert_int_equal(outbox_send(&world.outbox, form), OUTBOX_PENDING);
        counted += take_allocations();
        assert_int_equal(write_some(&world), 0);
    }
    assert_int_equal(counted, 0);
    assert_int_equal(buf_length(&world.peer.output), 10 * OUTBOX_PLACES * 6);
    message_release(message);
    close_world(&world);
    assert_int_equal(pool.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_follows_the_bound_and_its_half),
        cmocka_unit_test(finish_waits_for_the_last_byte_and_the_acknowledgement),
        cmocka_unit_test(own_lines_are_counted_until_they_are_taken),
        cmocka_unit_test(own_lines_of_a_closed_outbox_are_lost),
        cmocka_unit_test(failed_write_closes_and_drains_the_outbox),
        cmocka_unit_test(ring_keeps_the_order_while_it_grows),
        cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(writing_needs_no_memory),
        cmocka_unit_test(lack_of_memory_closes_the_outbox),
        cmocka_unit_test(empty_outbox_writes_nothing),
        cmocka_unit_test(messages_go_out_in_order),
        cmocka_unit_test(write_may_stop_at_any_byte),
        cmocka_unit_test(message_behind_a_cut_one_waits),
        cmocka_unit_test(thousand_messages_lose_nothing),
        cmocka_unit_test(failure_loses_only_queued_bytes),
        cmocka_unit_test(message_is_shared_by_outboxes),
        cmocka_unit_test(emptied_outbox_takes_more),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
