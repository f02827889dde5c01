/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "room/stdio_operator.h"
#include "rooms.h"

/* ---- a room whose operator is standard input and output, which are a fake ---- */

enum { PEERS = 6 };

static struct fake local;

struct stream *stdio_new(uv_loop_t *loop, struct stdio_options options, struct err *err)
{
    (void)options;
    (void)err;
    fake_init(&local, loop);
    return &local.stream;
}

/* The log, whose lines stand in the fake. */
static struct outfile log_file;

void outfile_append(struct outfile *outfile, const void *bytes, size_t n)
{
    assert_ptr_equal(outfile, &log_file);
    assert_int_equal(buf_append(&local.output, bytes, n), 0);
}

void outfile_lose(struct outfile *outfile, size_t lines)
{
    (void)outfile;
    assert_int_equal(lines, 0);
}

struct world {
    uv_loop_t loop;
    struct room_options options;
    struct stdio_operator_options stdio_operator_options;
    struct room room;
    struct stdio_operator stdio_operator;
    struct fake peers[PEERS];
    size_t served;
    bool done, closed;
    struct err outcome;
};

static void on_closed(struct stdio_operator *stdio)
{
    ((struct world *)stdio->owner)->closed = true;
}

static void on_done(void *owner, const struct err *err)
{
    struct world *world = owner;

    world->done = true;
    world->outcome = *err;
    stdio_operator_close(&world->stdio_operator, on_closed, world);
}

static void turn(struct world *world)
{
    run_turns(&world->loop);
}

static void open_world(struct world *world, enum mode_shape shape)
{
    *world = (struct world){
        .options = {.mode = modes[shape],
                    .limit = OUTBOX_LIMIT,
                    .charsets = &charsets,
                    .congested = OUTBOX_CONGESTED,
                    .member = {.inbox = {.utf8 = utf8}}},
        .stdio_operator_options = {.local = utf8},
    };
    world->options.mode.silence_ms = 60000;
    assert_int_equal(loop_open(&world->loop, NULL), 0);
}

static void start(struct world *world, int count)
{
    struct err err = {0};

    room_init(&world->room, &world->loop, &world->options, &world->stdio_operator.op);
    stdio_operator_init(&world->stdio_operator, &world->loop, &world->stdio_operator_options,
                        &world->room);
    world->room.handler.done = on_done;
    world->room.handler.owner = world;
    assert_int_equal(stdio_operator_open(&world->stdio_operator, &err), 0);
    while (count--) {
        struct fake *peer = &world->peers[world->served++];

        fake_init(peer, &world->loop);
        assert_int_equal(handler_serve(&world->room.handler, &peer->stream, &err), 0);
    }
    turn(world);
}

static void close_world(struct world *world)
{
    for (size_t i = 0; i < world->served; i++)
        world->peers[i].room = WHOLE;
    local.room = WHOLE;
    if (!world->done)
        room_end(&world->room);
    loop_run(&world->loop);
    assert_true(world->done && world->closed);
    assert_int_equal(loop_close(&world->loop), 0);
    for (size_t i = 0; i < world->served; i++)
        fake_fini(&world->peers[i]);
    fake_fini(&local);
}

static void open_merging(struct world *world, int count)
{
    open_world(world, MODE_KEEP_OPEN);
    start(world, count);
}

static void open_log(struct world *world, int count)
{
    open_world(world, MODE_CHAT);
    world->options.commands = true;
    world->options.member.encodings = (struct encoding_list){utf8, gbk, false, false};
    world->stdio_operator_options = (struct stdio_operator_options){
        .local = utf8, .utf8 = utf8, .peers = utf8, .log = &log_file, .no_finish = true};
    start(world, count);
    assert_int_equal(roster_rename(&world->room.roster, NULL, "Boss"), 0);
}

static void assert_shown(struct world *world, const char *expected)
{
    size_t n;

    turn(world);
    n = buf_length(&local.output);
    if (n != strlen(expected) || (n && memcmp(buf_bytes(&local.output), expected, n)))
        fail_msg("'%.*s' instead of '%s'", (int)n, buf_bytes(&local.output), expected);
    buf_consume(&local.output, n);
}

static void says(struct world *world, int peer, const char *text)
{
    gives(&world->peers[peer - 1], text);
    turn(world);
}

static void hurry(struct world *world, uv_timer_t *timer)
{
    assert_true(uv_is_active((uv_handle_t *)timer));
    uv_timer_start(timer, timer->timer_cb, 0, 0);
    turn(world);
    room_resume(&world->room);
    turn(world);
}

/* So much time has gone by for the holder of the output. */
static void pass(struct world *world, uint64_t ms)
{
    world->stdio_operator.merge.heard_at -= ms;
    world->stdio_operator.merge.second_at -= ms;
    hurry(world, &world->stdio_operator.merge.timer);
}

static void resume(struct world *world)
{
    room_resume(&world->room);
    turn(world);
}

/* ---- merging ---- */

static void merge_shows_one_peer_at_once(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 1);
    says(&world, 1, "a\r\nb\xFF");
    assert_shown(&world, "a\r\nb\xFF");
    world.peers[0].input_ends = true;
    assert_shown(&world, ""); /* no other peer speaks next: no line end is put in */
    close_world(&world);
}

static void merge_tears_no_line(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "he");
    says(&world, 2, "other\n");
    assert_shown(&world, "he");
    says(&world, 1, "llo\n");
    resume(&world);
    assert_shown(&world, "llo\nother\n");
    close_world(&world);
}

static void output_goes_after_a_silence(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "he");
    says(&world, 2, "other\n");
    pass(&world, MERGE_SILENCE_MS);
    assert_shown(&world, "he\nother\n");
    says(&world, 1, "llo\n");
    assert_shown(&world, "llo\n");
    close_world(&world);
}

static void output_may_be_taken_again_after_a_silence(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "he");
    pass(&world, MERGE_SILENCE_MS);
    says(&world, 1, "llo\n");
    assert_shown(&world, "hello\n");
    close_world(&world);
}

static void output_goes_with_its_holder(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "he");
    says(&world, 2, "other\n");
    world.peers[0].input_ends = true;
    turn(&world);
    resume(&world);
    assert_shown(&world, "he\nother\n");
    close_world(&world);
}

static void output_goes_after_a_long_line(void **state)
{
    struct world world;
    char *line = calloc(1, MERGE_LINE + 2);

    (void)state;
    memset(line, 'x', MERGE_LINE);
    open_merging(&world, 2);
    says(&world, 1, line);
    says(&world, 2, "other\n");
    turn(&world);
    resume(&world);
    turn(&world);
    assert_int_equal(buf_length(&local.output), MERGE_LINE + 1 + 6);
    free(line);
    close_world(&world);
}

/* A peer that always has more bytes, in packets that end anywhere. */
/* A byte now and then is no silence. */
static void output_stays_with_a_slow_peer_while_none_waits(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "s");
    for (int i = 0; i < 5; i++) {
        pass(&world, MERGE_SECOND_MS / 2);
        says(&world, 1, "l");
    }
    assert_ptr_equal(world.stdio_operator.merge.holder, world.room.roster.first);
    says(&world, 2, "other\n");
    assert_shown(&world, "slllll");
    close_world(&world);
}

static void output_goes_after_a_slow_second_where_one_waits(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "s");
    says(&world, 2, "other\n");
    pass(&world, MERGE_SECOND_MS / 2);
    says(&world, 1, "low");
    assert_shown(&world, "slow");
    pass(&world, MERGE_SECOND_MS / 2);
    assert_shown(&world, "\nother\n");
    close_world(&world);
}

static void output_stays_with_a_fast_peer(void **state)
{
    char text[MERGE_SECOND + 1] = "";
    struct world world;

    (void)state;
    memset(text, 'x', MERGE_SECOND);
    open_merging(&world, 2);
    says(&world, 1, text);
    says(&world, 2, "other\n");
    pass(&world, MERGE_SECOND_MS / 2);
    says(&world, 1, "y");
    pass(&world, MERGE_SECOND_MS / 2);
    assert_ptr_equal(world.stdio_operator.merge.holder, world.room.roster.first);
    says(&world, 1, "z\n");
    assert_int_equal(buf_length(&local.output), MERGE_SECOND + 3 + 6);
    close_world(&world);
}

/* Also one that became whole, or came to its end, while it waited. */
static void merge_takes_whole_lines_first(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 6);
    says(&world, 1, "a");
    for (int i = 2; i <= 4; i++)
        says(&world, i, "trickle");
    says(&world, 5, "en");
    says(&world, 6, "whole\n");
    says(&world, 5, "ded");
    world.peers[4].input_ends = true;
    turn(&world);
    says(&world, 4, " no more\n");
    assert_shown(&world, "a");
    pass(&world, MERGE_SECOND_MS);
    assert_shown(&world, "\nwhole\nended\ntrickle no more\ntrickle");
    pass(&world, MERGE_SECOND_MS);
    assert_shown(&world, "\ntrickle");
    close_world(&world);
}

/* It is read on, so that its end of line is seen, but no further than a line is long. */
static void merge_reads_an_open_line_while_it_waits(void **state)
{
    char text[2 * MERGE_LINE + 1] = "";
    struct world world;

    (void)state;
    memset(text, 'x', 2 * MERGE_LINE);
    open_merging(&world, 2);
    says(&world, 1, "a");
    says(&world, 2, "b");
    assert_true(world.peers[1].watched & STREAM_IN);
    says(&world, 2, text);
    assert_false(world.peers[1].watched & STREAM_IN);
    says(&world, 1, "\n");
    assert_int_equal(buf_length(&local.output), 2 + 1 + 2 * MERGE_LINE);
    close_world(&world);
}

static void output_is_free_after_the_last_line(void **state)
{
    struct world world;
    bool heard = false;

    (void)state;
    open_merging(&world, 2);
    says(&world, 1, "x");
    says(&world, 2, "other\n");
    for (int i = 0; i < 200 && !heard; i++) {
        says(&world, 1, "xx\nx");
        resume(&world);
        heard = memmem(buf_bytes(&local.output), buf_length(&local.output), "other\n", 6);
    }
    assert_true(heard);
    close_world(&world);
}

/* The cost of a line does not depend on the number of peers that wait. */
static void waiting_peers_are_not_asked_for_the_output(void **state)
{
    struct world world;
    unsigned round;

    (void)state;
    open_merging(&world, 3);
    says(&world, 1, "he");
    says(&world, 2, "other\n");
    says(&world, 3, "third\n");
    round = world.room.roster.last->seat.round;
    resume(&world);
    assert_shown(&world, "he");
    assert_int_equal(world.room.roster.last->seat.round, round);
    says(&world, 1, "llo\n");
    assert_shown(&world, "llo\nother\nthird\n");
    assert_true(world.room.roster.last->seat.round > round);
    close_world(&world);
}

static void merge_keeps_lines_of_many_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct dice dice = {seed};
        struct world world;
        size_t counts[PEERS] = {0};

        open_merging(&world, PEERS);
        for (int i = 0; i < PEERS; i++) {
            world.peers[i].dice = &dice;
            for (int line = 0; line < 50; line++) {
                char text[32];

                snprintf(text, sizeof text, "%c%c%c%c%c%c\n", 'a' + i, 'a' + i, 'a' + i, 'a' + i,
                         'a' + i, 'a' + i);
                gives(&world.peers[i], text);
            }
        }
        for (int i = 0; i < 300; i++) {
            turn(&world);
            room_resume(&world.room);
        }
        assert_int_equal(buf_length(&local.output), PEERS * 50 * 7);
        for (size_t at = 0; at < PEERS * 50 * 7; at += 7) {
            const unsigned char *line = buf_bytes(&local.output) + at;

            assert_int_equal(line[6], '\n');
            for (int i = 1; i < 6; i++)
                assert_int_equal(line[i], line[0]);
            counts[line[0] - 'a']++;
        }
        for (int i = 0; i < PEERS; i++)
            assert_int_equal(counts[i], 50);
        close_world(&world);
    }
}

/* ---- standard input ---- */

static void input_goes_to_all_peers(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    gives(&local, "a\xFF\n");
    turn(&world);
    assert_got(&world.peers[0], "a\xFF\n");
    assert_got(&world.peers[1], "a\xFF\n");
    local.input_ends = true;
    turn(&world);
    assert_true(world.peers[0].finished && world.peers[1].finished);
    close_world(&world);
}

static void input_waits_for_a_peer(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 0);
    gives(&local, "hello");
    turn(&world);
    assert_int_equal(buf_length(&local.input), 5);
    close_world(&world);
}

static void empty_input_finishes_no_peer(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 1);
    local.input_ends = true;
    turn(&world);
    assert_false(world.peers[0].finished);
    close_world(&world);
}

static void input_waits_while_a_peer_is_congested(void **state)
{
    struct world world;
    char *text = calloc(1, OUTBOX_CONGESTED + 2);

    (void)state;
    memset(text, 'x', OUTBOX_CONGESTED + 1);
    open_merging(&world, 2);
    world.peers[0].room = 0;
    gives(&local, text);
    turn(&world);
    gives(&local, "more");
    turn(&world);
    assert_true(buf_length(&local.input) >= 4);
    world.peers[0].room = WHOLE;
    turn(&world);
    assert_int_equal(buf_length(&world.peers[0].output), OUTBOX_CONGESTED + 5);
    free(text);
    close_world(&world);
}

/* ---- standard output ---- */

static void slow_output_makes_peers_wait(void **state)
{
    struct world world;
    char *text = calloc(1, (1 << 21) + 1);

    (void)state;
    memset(text, '\n', 1 << 21);
    open_merging(&world, 1);
    local.room = 0;
    says(&world, 1, text);
    assert_true(buf_length(&world.peers[0].input) > 1 << 20);
    local.room = WHOLE;
    for (int i = 0; i < 50; i++)
        resume(&world);
    assert_int_equal(buf_length(&local.output), 1 << 21);
    free(text);
    close_world(&world);
}

static void failed_output_ends_the_room(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    local.write_fails = ERR_LOCAL;
    says(&world, 1, "hello\n");
    turn(&world);
    assert_true(world.done);
    assert_int_equal(world.outcome.kind, ERR_LOCAL);
    close_world(&world);
}

/* ---- a log ---- */

static void log_has_names_and_is_safe(void **state)
{
    struct world world;

    (void)state;
    open_log(&world, 2);
    turn(&world);
    buf_consume(&local.output, buf_length(&local.output));
    says(&world, 1, "a\x1B[2Jb\n");
    says(&world, 2, "\xFF\n");
    assert_shown(&world, "peer1: a^[[2Jb\n-!- peer2 sends text that is not valid UTF-8\n"
                         "peer2: \uFFFD\n");
    gives(&local, "hello\nun");
    turn(&world);
    local.input_ends = true;
    turn(&world);
    assert_false(world.peers[0].finished || world.done);
    close_world(&world);
}

static void operator_last_line_needs_no_end(void **state)
{
    struct world world;
    const char *got;

    (void)state;
    open_log(&world, 1);
    gives(&local, "one\ntwo");
    local.input_ends = true;
    turn(&world);
    assert_int_equal(buf_append(&world.peers[0].output, "", 1), 0);
    got = (const char *)buf_bytes(&world.peers[0].output);
    assert_non_null(strstr(got, "Boss: one\nBoss: two\n"));
    close_world(&world);
}

static void log_without_a_reader_ends_the_room(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_log(&world, 2);
    err_set(&err, ERR_PIPE, "standard output: Broken pipe");
    stdio_operator_fail(&world.stdio_operator, &err);
    turn(&world);
    assert_true(world.done);
    assert_int_equal(world.outcome.kind, ERR_PIPE);
    close_world(&world);
}

/* Only a log can do without some of its lines. */
static void full_disk_ends_a_merge(void **state)
{
    struct world world;

    (void)state;
    open_merging(&world, 2);
    local.is_disk = true;
    local.room = 3;
    says(&world, 1, "hello\n");
    assert_shown(&world, "hel");
    assert_true(world.done);
    assert_int_equal(world.outcome.kind, ERR_FULL);
    close_world(&world);
}

/* ---- a bot ---- */

static void open_bot(struct world *world, bool hangs_up)
{
    open_world(world, MODE_REPLY);
    world->options.member.encodings = (struct encoding_list){gbk, NULL, false, false};
    world->stdio_operator_options = (struct stdio_operator_options){
        .local = utf8, .utf8 = utf8, .peers = utf8, .reply = "好...", .hangs_up = hangs_up};
    start(world, 2);
}

static void reply_answers_every_message(void **state)
{
    struct world world;

    (void)state;
    open_bot(&world, false);
    says(&world, 1, "\xC4\xE3\n\xBA\xC3\n");
    assert_shown(&world, "你\n好\n");
    assert_got(&world.peers[0], "\xBA\xC3...\xBA\xC3...");
    assert_got(&world.peers[1], "");
    close_world(&world);
}

static void hang_up_follows_the_answer(void **state)
{
    struct world world;

    (void)state;
    open_bot(&world, true);
    says(&world, 1, "\xC4\xE3\n\xBA\xC3\n");
    assert_got(&world.peers[0], "\xBA\xC3...");
    assert_true(world.peers[0].closed);
    assert_int_equal(world.peers[0].how, STREAM_LINGER);
    assert_false(world.peers[1].closed);
    close_world(&world);
}

/* Standard output is full when a member leaves. */
static void log_may_fail_within_a_notice(void **state)
{
    struct world world;

    (void)state;
    open_log(&world, 2);
    local.room = 0;
    turn(&world);
    local.write_fails = ERR_LOCAL;
    world.peers[0].input_ends = true;
    turn(&world);
    assert_true(world.done);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_shows_one_peer_at_once),
        cmocka_unit_test(merge_tears_no_line),
        cmocka_unit_test(output_goes_after_a_silence),
        cmocka_unit_test(output_may_be_taken_again_after_a_silence),
        cmocka_unit_test(output_goes_with_its_holder),
        cmocka_unit_test(output_goes_after_a_long_line),
        cmocka_unit_test(output_stays_with_a_slow_peer_while_none_waits),
        cmocka_unit_test(output_goes_after_a_slow_second_where_one_waits),
        cmocka_unit_test(output_stays_with_a_fast_peer),
        cmocka_unit_test(merge_takes_whole_lines_first),
        cmocka_unit_test(merge_reads_an_open_line_while_it_waits),
        cmocka_unit_test(output_is_free_after_the_last_line),
        cmocka_unit_test(waiting_peers_are_not_asked_for_the_output),
        cmocka_unit_test(merge_keeps_lines_of_many_whole),
        cmocka_unit_test(input_goes_to_all_peers),
        cmocka_unit_test(input_waits_for_a_peer),
        cmocka_unit_test(empty_input_finishes_no_peer),
        cmocka_unit_test(input_waits_while_a_peer_is_congested),
        cmocka_unit_test(slow_output_makes_peers_wait),
        cmocka_unit_test(failed_output_ends_the_room),
        cmocka_unit_test(log_has_names_and_is_safe),
        cmocka_unit_test(operator_last_line_needs_no_end),
        cmocka_unit_test(log_without_a_reader_ends_the_room),
        cmocka_unit_test(full_disk_ends_a_merge),
        cmocka_unit_test(reply_answers_every_message),
        cmocka_unit_test(hang_up_follows_the_answer),
        cmocka_unit_test(log_may_fail_within_a_notice),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
