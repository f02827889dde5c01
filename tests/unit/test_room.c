/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocations.h"
#include "fake.h"
#include "room/fanout.h"
#include "room/flow.h"
#include "room/room.h"
#include "rooms.h"

/* ---- a room with an operator and peers ----
 *
 * The operator's messages are noted as text: "name> said", "* told" and "drained", a line each. */

enum { PEERS = 9, SILENCE_MS = 60000, QUIT_MS = 20000 };

/* All fakes have this address. */
#define ADDRESS "192.0.2.1:8080"

struct world {
    struct room_operator op; /* first */
    uv_loop_t loop;
    struct room_options options;
    struct room room;
    struct fake peers[PEERS];
    size_t served;
    struct buf noted;
    bool refuses;                          /* it takes nothing now */
    int lines;                             /* if not 0: it refuses after so many */
    void (*on_heard)(struct room *room);   /* what the operator does then, once */
    void (*on_told)(struct room *room);    /* the same */
    void (*on_drained)(struct room *room); /* what the operator does then, once */
    int done;                              /* how often it was called */
    struct err outcome;
};

static void note(struct world *world, const char *text, size_t n)
{
    assert_int_equal(buf_append(&world->noted, text, n), 0);
}

static bool on_accepts_input(struct room_operator *op)
{
    return !((struct world *)op)->refuses;
}

static void act_once(struct world *world, void (**what)(struct room *room))
{
    void (*act)(struct room * room) = *what;

    *what = NULL;
    if (act)
        act(&world->room);
}

static void on_heard(struct room_operator *op, struct member *from, const struct inbound *inbound)
{
    struct world *world = (struct world *)op;

    note(world, from->seat.name, strlen(from->seat.name));
    note(world, "> ", 2);
    note(world, inbound->text, inbound->n);
    note(world, "\n", 1);
    if (world->lines && --world->lines == 0)
        world->refuses = true;
    act_once(world, &world->on_heard);
}

static bool on_told(struct room_operator *op, const char *sentence)
{
    struct world *world = (struct world *)op;

    note(world, "* ", 2);
    note(world, sentence, strlen(sentence));
    note(world, "\n", 1);
    act_once(world, &world->on_told);
    return true;
}

static void on_drained(struct room_operator *op)
{
    struct world *world = (struct world *)op;

    assert_true(room_is_ready(&world->room));
    note(world, "drained\n", 8);
    act_once(world, &world->on_drained);
}

static const struct operator_ops operator_ops = {
    .has_commands = true,
    .accepts_input = on_accepts_input,
    .heard = on_heard,
    .told = on_told,
    .drained = on_drained,
};

static void on_done(void *owner, const struct err *err)
{
    struct world *world = owner;

    world->done++;
    world->outcome = *err;
    assert_int_equal(world->room.roster.count, 0);
    for (size_t i = 0; i < world->served; i++)
        assert_true(world->peers[i].closed);
}

static void open_world(struct world *world, enum mode_shape shape)
{
    *world = (struct world){
        .op = {&operator_ops},
        .options = {.mode = modes[shape],
                    .limit = OUTBOX_LIMIT,
                    .charsets = &charsets,
                    .legacy = {.charset = gbk},
                    .congested = OUTBOX_CONGESTED,
                    .member = {.encodings = {utf8, gbk, false}, .inbox = {.utf8 = utf8}}},
    };
    world->options.mode.one_peer = false;
    world->options.mode.announces = true;
    world->options.mode.silence_ms = SILENCE_MS;
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    buf_init(&world->noted, 1 << 24);
}

static void start(struct world *world)
{
    room_init(&world->room, &world->loop, &world->options, &world->op);
    world->room.handler.done = on_done;
    world->room.handler.owner = world;
}

static int serve(struct world *world)
{
    struct fake *peer = &world->peers[world->served++];
    struct err err = {0};

    fake_init(peer, &world->loop);
    return handler_serve(&world->room.handler, &peer->stream, &err);
}

static void invite(struct world *world, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(serve(world), 0);
}

static void turn(struct world *world)
{
    run_turns(&world->loop);
}

/* Since it was asked last. */
static void assert_noted(struct world *world, const char *expected)
{
    turn(world);
    assert_taken(&world->noted, expected);
}

static void forget_notes(struct world *world)
{
    turn(world);
    buf_consume(&world->noted, buf_length(&world->noted));
}

static size_t count_notes(const struct world *world)
{
    size_t lines = 0;

    for (size_t i = 0; i < buf_length(&world->noted); i++)
        lines += buf_bytes(&world->noted)[i] == '\n';
    return lines;
}

static void open_with(struct world *world, enum mode_shape shape, int count)
{
    open_world(world, shape);
    start(world);
    invite(world, count);
    forget_notes(world);
}

static size_t congested(const struct world *world)
{
    const struct member *member;
    size_t count = 0;

    TAILQ_FOREACH(member, &world->room.fanout.congested, seat.congested)
    count++;
    return count;
}

/* The room ends, once, and everything is given back. */
static void close_world(struct world *world)
{
    for (size_t i = 0; i < world->served; i++)
        world->peers[i].room = WHOLE;
    if (!world->done)
        room_end(&world->room);
    loop_run(&world->loop);
    assert_int_equal(world->done, 1);
    assert_int_equal(congested(world), 0);
    assert_int_equal(loop_close(&world->loop), 0);
    for (size_t i = 0; i < world->served; i++)
        fake_fini(&world->peers[i]);
    buf_fini(&world->noted);
}

static struct member *member(struct world *world, const char *name)
{
    struct member *found = roster_find(&world->room.roster, name, strlen(name));

    assert_non_null(found);
    return found;
}

static bool is_here(struct world *world, const char *name)
{
    return roster_find(&world->room.roster, name, strlen(name)) != NULL;
}

static uint64_t speak(struct world *world, const char *line)
{
    return room_speak(&world->room, line, strlen(line), true);
}

static void speak_much(struct room *room, size_t n)
{
    char *text = malloc(n);

    memset(text, 'x', n);
    room_speak(room, text, n, false);
    free(text);
}

static void fail_peer(struct fake *peer)
{
    peer->write_fails = peer->read_fails = ERR_NETWORK;
}

/* ---- coming, speaking and going ---- */

static void announce_tells_newcomers_with_numbers(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    start(&world);
    invite(&world, 2);
    assert_noted(&world, "* peer1 " ADDRESS " joined\n* peer2 " ADDRESS " joined\n");
    world.peers[0].input_ends = true;
    assert_noted(&world, "* peer1 left\n");
    invite(&world, 1);
    assert_noted(&world, "* peer3 " ADDRESS " joined\n");
    assert_false(world.done);
    close_world(&world);
}

static void announce_tells_a_failure_without_the_address(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    world.peers[0].read_fails = ERR_NETWORK;
    assert_noted(&world, "* peer1 left: reading failed\n");
    assert_int_equal(world.peers[0].how, STREAM_ABORT);
    assert_false(world.done);
    close_world(&world);
}

static void operator_reads_each_member_under_its_name(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    gives(&world.peers[1], "你好\n");
    turn(&world);
    gives(&world.peers[0], "hello\nlast words");
    world.peers[0].input_ends = true;
    assert_noted(&world, "peer2> 你好\npeer1> hello\npeer1> last words\n* peer1 left\n");
    assert_got(&world.peers[0], ""); /* not a mesh */
    assert_got(&world.peers[1], "");
    close_world(&world);
}

static void announce_tells_an_encoding_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    gives(&world.peers[0], "\xC4\xE3\n\xBA\xC3\n");
    assert_noted(&world, "* peer1 speaks GBK\npeer1> 你\npeer1> 好\n");
    close_world(&world);
}

/* UTF-8 is the first of the list; what everyone speaks is not told. */
static void announce_tells_only_encodings_that_differ(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    gives(&world.peers[0], "你好\n");
    turn(&world);
    assert_noted(&world, "peer1> 你好\n");
    gives(&world.peers[1], "\xC4\xE3\n");
    turn(&world);
    assert_noted(&world, "* peer2 speaks GBK\npeer2> 你\n");
    gives(&world.peers[2], "你好\n");
    turn(&world);
    assert_noted(&world, "* peer3 speaks UTF-8\npeer3> 你好\n");
    close_world(&world);
}

static void announce_tells_a_change_of_encoding(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    gives(&world.peers[0], "你好\n你好\n\xC4\xE3\n");
    assert_noted(&world, "peer1> 你好\npeer1> 你好\n* peer1 speaks GBK\npeer1> 你\n");
    gives(&world.peers[0], "你好\n");
    assert_noted(&world, "* peer1 speaks UTF-8\npeer1> 你好\n");
    close_world(&world);
}

static void announce_tells_a_doubt_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    gives(&world.peers[0], "ö\nhello\nö\n");
    turn(&world);
    assert_noted(&world, "peer1> ö\n* could also be GBK: 枚; /encoding peer1 gbk\n"
                         "peer1> hello\npeer1> ö\n");
    gives(&world.peers[1], "\xD0\xBB\xD0\xBB\n");
    turn(&world);
    assert_noted(&world, "peer2> 谢谢\n* could also be UTF-8: лл; /encoding peer2 utf-8\n");
    close_world(&world);
}

static void announce_tells_bad_text_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    gives(&world.peers[0], "\xFF\n\xFF\n");
    assert_noted(&world, "* peer1 sends text that is not valid UTF-8\n"
                         "peer1> \uFFFD\npeer1> \uFFFD\n");
    close_world(&world);
}

/* By the evidence so far that is what its messages are read in. */
static void announce_names_the_charset_of_bad_text(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    gives(&world.peers[0], "\xC4\xE3\n");
    forget_notes(&world);
    gives(&world.peers[0], "\xFF\n");
    assert_noted(&world, "* peer1 sends text that is not valid GBK\npeer1> \uFFFD\n");
    close_world(&world);
}

/* After /encoding it is about another charset. */
static void announce_tells_bad_text_again_after_a_new_encoding(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL, false, false};
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    gives(&world.peers[0], "\xFF\n");
    forget_notes(&world);
    room_set_encodings(&world.room, &only_gbk);
    gives(&world.peers[0], "\xFF\n");
    assert_noted(&world, "* peer1 sends text that is not valid GBK\npeer1> \uFFFD\n");
    close_world(&world);
}

/* ---- what the operator says ---- */

static void speak_reaches_each_member_in_its_charset(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    gives(&world.peers[1], "\xC4\xE3\n");
    forget_notes(&world);
    assert_int_equal(speak(&world, "你好"), 0);
    assert_noted(&world, "");
    assert_got(&world.peers[0], "你好\n");
    assert_got(&world.peers[1], "\xC4\xE3\xBA\xC3\n");
    assert_got(&world.peers[2], "你好\n");
    close_world(&world);
}

static void speak_to_reaches_one_member(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    room_speak_to(&world.room, member(&world, "peer2"), "你好", strlen("你好"));
    assert_noted(&world, "");
    assert_got(&world.peers[0], "");
    assert_got(&world.peers[1], "你好\n");
    close_world(&world);
}

static void faults_name_the_member_that_lacks_characters(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL, false, false};
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    inbox_set_encodings(&member(&world, "peer2")->inbox, &only_gbk);
    speak(&world, "a😀");
    assert_noted(&world, "* 1 character is not in GBK and was sent to peer2 as ?: U+1F600\n");
    inbox_set_encodings(&member(&world, "peer1")->inbox, &only_gbk);
    room_speak_to(&world.room, member(&world, "peer1"), "😀", 4);
    assert_noted(&world, "* 1 character is not in GBK and was sent to peer1 as ?: U+1F600\n");
    close_world(&world);
}

static void faults_do_not_name_the_only_peer(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL, false, false};
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    inbox_set_encodings(&member(&world, "peer1")->inbox, &only_gbk);
    speak(&world, "a😀");
    assert_noted(&world, "* 1 character is not in GBK and was sent as ?: U+1F600\n");
    close_world(&world);
}

static void faults_are_told_once_for_each_charset(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL, false, false};
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    inbox_set_encodings(&member(&world, "peer1")->inbox, &only_gbk);
    inbox_set_encodings(&member(&world, "peer3")->inbox, &only_gbk);
    assert_int_equal(speak(&world, "a😀"), 1);
    assert_noted(&world, "* 1 character is not in GBK and was sent to those who speak GBK as ?: "
                         "U+1F600\n");
    assert_int_equal(speak(&world, "😀🐼"), 2);
    assert_noted(&world, "* 2 characters are not in GBK and were sent to those who speak GBK as ?, "
                         "the first U+1F600\n");
    assert_int_equal(room_speak(&world.room, "😀", 4, false), 1); /* a file's sender sums up */
    assert_noted(&world, "");
    assert_got(&world.peers[1], "a😀\n😀🐼\n😀");
    assert_got(&world.peers[2], "a?\n??\n?");
    close_world(&world);
}

static void set_encodings_holds_for_newcomers(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL, false, false};
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    room_set_encodings(&world.room, &only_gbk);
    invite(&world, 1);
    forget_notes(&world);
    speak(&world, "你");
    turn(&world);
    assert_got(&world.peers[0], "\xC4\xE3\n");
    assert_got(&world.peers[1], "\xC4\xE3\n");
    close_world(&world);
}

static void speak_without_members_holds_no_memory(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 0);
    assert_int_equal(speak(&world, "😀"), 0);
    assert_noted(&world, "");
    room_resume(&world.room);
    room_finish(&world.room, true);
    close_world(&world);
}

/* ---- an operator that accepts no input ---- */

static void members_wait_while_the_operator_accepts_nothing(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_CONNECT, 2);
    world.refuses = true;
    gives(&world.peers[0], "one\n");
    turn(&world);
    gives(&world.peers[1], "two\n");
    assert_noted(&world, "");
    world.refuses = false;
    room_resume(&world.room);
    assert_noted(&world, "peer1> one\npeer2> two\n");
    close_world(&world);
}

static void resumed_members_may_leave(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_CONNECT, 3);
    world.refuses = true;
    for (int i = 0; i < 3; i++) {
        gives(&world.peers[i], "bye");
        world.peers[i].input_ends = true;
        turn(&world);
    }
    assert_noted(&world, "");
    world.refuses = false;
    room_resume(&world.room);
    assert_noted(&world, "peer1> bye\n* peer1 left\npeer2> bye\n* peer2 left\n"
                         "peer3> bye\n* peer3 left\n");
    close_world(&world);
}

/* ---- one peer ---- */

static void open_with_one(struct world *world)
{
    open_world(world, MODE_CONNECT);
    world->options.mode.one_peer = true;
    start(world);
    invite(world, 1);
}

static void one_peer_joins_without_notice(void **state)
{
    struct world world;

    (void)state;
    open_with_one(&world);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "peer> hello\n");
    close_world(&world);
    assert_int_equal(world.outcome.kind, ERR_NONE);
}

static void one_peer_ends_the_room(void **state)
{
    struct world world;

    (void)state;
    open_with_one(&world);
    gives(&world.peers[0], "bye");
    world.peers[0].input_ends = true;
    assert_noted(&world, "peer> bye\n* " ADDRESS " closed the connection\n");
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NONE);
    close_world(&world);
}

static void one_peer_gives_the_room_its_outcome(void **state)
{
    struct world world;

    (void)state;
    open_with_one(&world);
    world.peers[0].read_fails = ERR_NETWORK;
    assert_noted(&world, ""); /* it is the outcome that says it */
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NETWORK);
    assert_string_equal(world.outcome.sentence, "reading failed");
    close_world(&world);
}

static void end_waits_for_queued_messages(void **state)
{
    struct world world;

    (void)state;
    open_with_one(&world);
    world.peers[0].room = 0;
    speak(&world, "answer");
    world.peers[0].input_ends = true;
    forget_notes(&world);
    assert_false(world.done);
    world.peers[0].room = WHOLE;
    turn(&world);
    assert_int_equal(world.done, 1);
    assert_got(&world.peers[0], "answer\n");
    close_world(&world);
}

static void finish_does_not_end_the_room(void **state)
{
    struct world world;

    (void)state;
    open_with_one(&world);
    speak(&world, "question");
    room_finish(&world.room, true);
    turn(&world);
    assert_true(world.peers[0].finished);
    gives(&world.peers[0], "answer\n");
    assert_noted(&world, "peer> answer\n");
    assert_false(world.done);
    world.peers[0].input_ends = true;
    turn(&world);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* It was ours: the peer has not closed anything. */
static void quit_after_is_told_as_our_end(void **state)
{
    struct world world;
    const char *noted;

    (void)state;
    open_world(&world, MODE_CONNECT);
    world.options.mode.one_peer = true;
    world.options.member.quits = true;
    world.options.member.quit_ms = QUIT_MS;
    start(&world);
    invite(&world, 1);
    room_finish(&world.room, true);
    turn(&world);
    hurry_timer(&member(&world, "peer")->limit, QUIT_MS);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NONE);
    assert_int_equal(buf_append(&world.noted, "", 1), 0);
    noted = (const char *)buf_bytes(&world.noted);
    if (strstr(noted, ADDRESS " closed the connection"))
        fail_msg("'%s'", noted);
    close_world(&world);
}

static void once_ends_with_the_first_peer(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.once = true;
    start(&world);
    invite(&world, 1);
    world.peers[0].read_fails = ERR_NETWORK;
    assert_noted(&world, "* peer1 " ADDRESS " joined\n* peer1 left: reading failed\n");
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NETWORK);
    close_world(&world);
}

/* ---- removing ---- */

static void remove_puts_a_member_out(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    speak(&world, "bye");
    room_remove(&world.room, member(&world, "peer1"));
    speak(&world, "he is gone");
    assert_noted(&world, "* peer1 was removed\n");
    assert_got(&world.peers[0], "bye\n");
    assert_got(&world.peers[1], "bye\nhe is gone\n");
    assert_int_equal(world.peers[0].how, STREAM_LINGER);
    assert_false(world.done);
    close_world(&world);
}

static void once_ends_when_the_peer_is_removed(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.once = true;
    start(&world);
    invite(&world, 1);
    world.peers[0].room = 0;
    speak(&world, "bye");
    room_remove(&world.room, member(&world, "peer1"));
    turn(&world);
    assert_false(world.done); /* it is still on its way */
    world.peers[0].room = WHOLE;
    turn(&world);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NONE);
    assert_got(&world.peers[0], "bye\n");
    close_world(&world);
}

/* ---- congested outboxes ---- */

static void bulk_waits_for_a_congested_peer(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = world.peers[1].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED);
    assert_true(room_is_ready(&world.room));
    speak_much(&world.room, 1);
    assert_false(room_is_ready(&world.room));
    assert_int_equal(congested(&world), 2);
    world.peers[0].room = WHOLE;
    assert_noted(&world, "");
    assert_int_equal(congested(&world), 1);
    world.peers[1].room = WHOLE;
    assert_noted(&world, "drained\n");
    close_world(&world);
}

static void congested_twice_counts_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    for (int round = 0; round < 2; round++) {
        world.peers[0].room = 0;
        for (int i = 0; i < 3; i++)
            speak_much(&world.room, OUTBOX_CONGESTED + 1);
        assert_int_equal(congested(&world), 1);
        world.peers[0].room = WHOLE;
        assert_noted(&world, "drained\n");
        assert_int_equal(congested(&world), 0);
    }
    close_world(&world);
}

static void congested_peer_may_leave(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    world.peers[0].input_ends = true;
    assert_noted(&world, "* peer1 left\ndrained\n");
    assert_int_equal(congested(&world), 0);
    world.peers[0].room = WHOLE;
    assert_noted(&world, "");
    assert_int_equal(buf_length(&world.peers[0].output), OUTBOX_CONGESTED + 1);
    close_world(&world);
}

/* As after SIGSTOP and SIGCONT: timers are looked at before sockets. */
static void drained_peer_is_not_evicted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    turn(&world);
    world.peers[0].room = WHOLE;
    hurry_timer(&member(&world, "peer1")->limit, OUTBOX_PATIENCE_MS);
    assert_noted(&world, "drained\n");
    assert_true(is_here(&world, "peer1"));
    close_world(&world);
}

static void congested_peer_may_fail(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = world.peers[1].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    turn(&world);
    fail_peer(&world.peers[0]);
    assert_noted(&world, "* peer1 left: reading failed\n");
    assert_int_equal(congested(&world), 1);
    fail_peer(&world.peers[1]);
    assert_noted(&world, "* peer2 left: reading failed\ndrained\n");
    assert_int_equal(congested(&world), 0);
    close_world(&world);
}

static void congested_peer_may_be_removed(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[1].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    room_remove(&world.room, member(&world, "peer2"));
    assert_noted(&world, "* peer2 was removed\ndrained\n");
    assert_int_equal(congested(&world), 0);
    close_world(&world);
}

/* ---- cutting ---- */

#define EVICTED(name) "* " name " was evicted: it does not take what is sent to it\n"

static void stalled_peer_is_evicted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    hurry_timer(&member(&world, "peer1")->limit, OUTBOX_PATIENCE_MS);
    assert_noted(&world, EVICTED("peer1") "drained\n");
    assert_int_equal(world.peers[0].how, STREAM_ABORT);
    assert_int_equal(buf_length(&world.peers[1].output), OUTBOX_CONGESTED + 1);
    close_world(&world);
}

static void peer_past_the_limit_is_evicted_at_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT);
    assert_noted(&world, "");
    speak_much(&world.room, 1);
    assert_noted(&world, EVICTED("peer1") "drained\n");
    assert_int_equal(world.peers[0].how, STREAM_ABORT);
    speak(&world, "!");
    turn(&world);
    assert_int_equal(buf_length(&world.peers[1].output), OUTBOX_LIMIT + 3);
    close_world(&world);
}

static void speak_to_may_evict_its_reader(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT);
    turn(&world);
    room_speak_to(&world.room, member(&world, "peer1"), "!", 1);
    assert_noted(&world, EVICTED("peer1") "drained\n");
    close_world(&world);
}

static void only_peer_is_never_evicted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT + 1);
    hurry_timer(&member(&world, "peer1")->limit, OUTBOX_PATIENCE_MS);
    assert_noted(&world, "");
    assert_true(is_here(&world, "peer1"));
    invite(&world, 1); /* it is not the only one any more */
    hurry_timer(&member(&world, "peer1")->limit, OUTBOX_PATIENCE_MS);
    assert_noted(&world, "* peer2 " ADDRESS " joined\n" EVICTED("peer1") "drained\n");
    close_world(&world);
}

static void last_peer_of_many_is_not_evicted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    for (int i = 0; i < 3; i++)
        world.peers[i].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT + 1);
    forget_notes(&world);
    assert_false(is_here(&world, "peer1") || is_here(&world, "peer2"));
    assert_true(is_here(&world, "peer3"));
    assert_int_equal(congested(&world), 1);
    world.peers[2].room = WHOLE;
    assert_noted(&world, "drained\n");
    close_world(&world);
}

static void waiting_mode_evicts_no_peer(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_CONNECT, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT + 1);
    hurry_timer(&member(&world, "peer1")->limit, OUTBOX_PATIENCE_MS);
    assert_noted(&world, "");
    assert_true(is_here(&world, "peer1"));
    close_world(&world);
}

/* ---- an operator that acts when the room has drained ---- */

static void say_more(struct room *room)
{
    room_speak(room, "more", 4, true);
}

/* Each peer gets the same in the same order, also where an eviction made room. */
static void words_within_an_eviction_come_behind(void **state)
{
    static const char more[] = "more\n";
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT);
    turn(&world);
    world.on_drained = say_more;
    speak_much(&world.room, 3);
    forget_notes(&world);
    assert_int_equal(buf_length(&world.peers[1].output), OUTBOX_LIMIT + 3 + 5);
    assert_memory_equal(buf_bytes(&world.peers[1].output) + OUTBOX_LIMIT + 3, more, 5);
    close_world(&world);
}

static void operator_may_end_the_room_while_it_speaks(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    world.peers[0].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT);
    turn(&world);
    world.on_drained = room_end;
    speak_much(&world.room, 1);
    turn(&world);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* ---- the end ---- */

static void empty_room_ends_at_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 0);
    room_end(&world.room);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

static void end_comes_when_all_outboxes_are_empty(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    world.peers[1].room = world.peers[2].room = 0;
    speak(&world, "bye");
    room_end(&world.room);
    turn(&world);
    assert_true(world.peers[0].closed);
    assert_false(world.done);
    world.peers[1].room = WHOLE;
    turn(&world);
    assert_true(world.peers[1].closed);
    assert_false(world.done);
    world.peers[2].room = WHOLE;
    assert_noted(&world, "");
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.kind, ERR_NONE);
    for (int i = 0; i < 3; i++) {
        assert_got(&world.peers[i], "bye\n");
        assert_int_equal(world.peers[i].how, STREAM_LINGER);
    }
    close_world(&world);
}

static void end_called_twice_ends_once(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[1].room = 0;
    speak(&world, "bye");
    room_end(&world.room);
    room_end(&world.room);
    turn(&world);
    world.peers[1].room = WHOLE;
    turn(&world);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

static void congested_room_ends(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = world.peers[1].room = 0;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    world.on_drained = room_end; /* again, from within */
    room_end(&world.room);
    assert_int_equal(congested(&world), 0);
    world.peers[0].room = world.peers[1].room = WHOLE;
    turn(&world);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* While the last ones get what is on its way, the listener may still accept somebody: nobody is
 * there who would ever let him go. */
static void newcomer_does_not_keep_an_ending_room(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 1);
    world.peers[0].room = 0;
    speak(&world, "bye");
    room_end(&world.room);
    serve(&world);
    world.peers[0].room = WHOLE;
    turn(&world);
    if (!world.done)
        room_end(&world.room); /* so that this test ends */
    else
        assert_true(world.peers[1].closed);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* ---- a mesh ---- */

static void open_mesh(struct world *world, int count)
{
    open_world(world, MODE_BROKER_TERMINAL);
    world->options.mode.framed = false;
    world->options.member.encodings = (struct encoding_list){0};
    start(world);
    invite(world, count);
    forget_notes(world);
}

static void whisper_much(struct world *world, struct member *to, size_t n)
{
    char *text = malloc(n);

    memset(text, 'x', n);
    room_answer(&world->room, to, text, n);
    free(text);
}

/* ---- the messages of one turn ---- */

static void lines_of_one_turn_leave_in_one_write(void **state)
{
    struct world world;
    int before;

    (void)state;
    open_with(&world, MODE_CHAT, 3);
    before = world.peers[1].writes;
    gives(&world.peers[0], "one\ntwo\n");
    gives(&world.peers[2], "three\n");
    turn(&world);
    assert_int_equal(world.peers[1].writes, before + 1);
    assert_int_equal(world.room.fanout.pool.held, 0);
    forget_notes(&world);
    close_world(&world);
}

static void batch_goes_on_where_a_peer_stopped(void **state)
{
    static const char all[] = "hello\nworld\nand the rest\n";

    (void)state;
    for (size_t room = 0; room <= strlen(all); room++) {
        struct world world;

        open_mesh(&world, 3);
        world.peers[1].room = room;
        gives(&world.peers[2], "hello\nworld\n"); /* the fake that came last is told first */
        gives(&world.peers[0], "and the rest\n");
        turn(&world);
        assert_int_equal(buf_length(&world.peers[1].output), room);
        assert_int_equal(world.room.fanout.pool.queued, strlen(all) - room);
        world.peers[1].room = WHOLE;
        turn(&world);
        assert_int_equal(member(&world, "peer2")->outbox.sent, strlen(all));
        assert_got(&world.peers[1], all);
        assert_int_equal(world.room.fanout.pool.queued, 0);
        forget_notes(&world);
        close_world(&world);
    }
}

static void open_commanded(struct world *world)
{
    open_world(world, MODE_CHAT);
    world->options.commands = true;
    start(world);
    invite(world, 3);
    forget_notes(world);
}

static void private_line_stays_behind_the_lines_to_all(void **state)
{
    struct world world;

    (void)state;
    open_commanded(&world);
    buf_consume(&world.peers[1].output, buf_length(&world.peers[1].output));
    gives(&world.peers[0], "one\n/msg peer2 two\nthree\n");
    turn(&world);
    assert_got(&world.peers[1], "peer1: one\n[peer1] two\npeer1: three\n");
    forget_notes(&world);
    close_world(&world);
}

static void leaving_peer_gets_what_was_said_before(void **state)
{
    struct world world;

    (void)state;
    open_commanded(&world);
    buf_consume(&world.peers[0].output, buf_length(&world.peers[0].output));
    gives(&world.peers[2], "one\n");
    gives(&world.peers[0], "two\n/quit\n");
    turn(&world);
    assert_true(world.peers[0].closed);
    assert_got(&world.peers[0], "peer3: one\n");
    forget_notes(&world);
    close_world(&world);
}

static void broker_sends_bytes_as_they_came(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    gives(&world.peers[1], "a\xFF\r\nb\n\nc");
    assert_noted(&world, "peer2> a\xFF\r\nb\n\nc\n");
    assert_got(&world.peers[0], "a\xFF\r\nb\n\nc");
    assert_got(&world.peers[1], "");
    assert_got(&world.peers[2], "a\xFF\r\nb\n\nc");
    close_world(&world);
}

static void broker_converts_without_torn_characters(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_BROKER_TERMINAL);
    world.options.mode.framed = false;
    start(&world);
    invite(&world, 2);
    inbox_set_encodings(&member(&world, "peer2")->inbox,
                        &(struct encoding_list){gbk, NULL, false, false});
    gives(&world.peers[0], "\xE4\xBD");
    turn(&world);
    assert_got(&world.peers[1], "");
    gives(&world.peers[0], "\xA0\xE5\xA5");
    turn(&world);
    gives(&world.peers[0], "\xBD");
    turn(&world);
    assert_got(&world.peers[1], "\xC4\xE3\xBA\xC3");
    forget_notes(&world);
    close_world(&world);
}

/* A peer that takes, but too little. */
static void congest(struct world *world, const char *name, struct fake *peer)
{
    peer->room = 0;
    whisper_much(world, member(world, name), OUTBOX_CONGESTED + 100);
    turn(world);
    peer->room = 10;
    turn(world);
    assert_true(member(world, name)->took_at > 0);
}

static void sender_waits_for_a_congested_reader(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    assert_false(world.peers[0].watched & STREAM_IN);
    world.peers[1].room = WHOLE;
    assert_noted(&world, "drained\npeer1> hello\n\n");
    assert_got(&world.peers[2], "hello\n");
    close_world(&world);
}

static void sender_does_not_wait_for_a_stalled_reader(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    member(&world, "peer2")->took_at -= FANOUT_PATIENCE_MS;
    hurry_timer(&world.room.flow.pace, 50);
    assert_noted(&world, "peer1> hello\n\n");
    assert_got(&world.peers[2], "hello\n");
    close_world(&world);
}

static void sender_does_not_wait_for_a_reader_that_took_nothing(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    world.peers[1].room = 0;
    whisper_much(&world, member(&world, "peer2"), OUTBOX_CONGESTED + 1);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "peer1> hello\n\n");
    close_world(&world);
}

static void sender_does_not_wait_for_itself(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[1], "hello\n");
    assert_noted(&world, "peer2> hello\n\n");
    close_world(&world);
}

static void two_congested_speakers_wait_for_each_other(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    congest(&world, "peer3", &world.peers[2]);
    gives(&world.peers[1], "two\n");
    gives(&world.peers[2], "three\n");
    assert_noted(&world, "");
    world.peers[2].room = WHOLE;
    turn(&world);
    member(&world, "peer2")->took_at -= FANOUT_PATIENCE_MS;
    room_resume(&world.room);
    turn(&world);
    assert_int_equal(buf_length(&world.peers[0].output), strlen("two\nthree\n"));
    forget_notes(&world);
    close_world(&world);
}

/* Others have waited for it for so long, by and by. */
static void pass_waiting(struct world *world, const char *slow, uint64_t ms)
{
    for (; ms && is_here(world, slow); ms -= 50) {
        assert_true(uv_is_active((uv_handle_t *)&world->room.flow.pace));
        member(world, slow)->took_at = uv_now(&world->loop); /* it takes something all the time */
        world->room.flow.paced_at = uv_now(&world->loop) - 50;
        uv_timer_start(&world->room.flow.pace, world->room.flow.pace.timer_cb, 0, 0);
        loop_poll(&world->loop);
    }
}

static void peer_awaited_10_s_within_a_minute_is_evicted(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    pass_waiting(&world, "peer2", FANOUT_AWAITED_MS - 100);
    assert_noted(&world, "");
    pass_waiting(&world, "peer2", 200);
    assert_noted(&world, EVICTED("peer2") "peer1> hello\n\ndrained\n");
    assert_got(&world.peers[2], "hello\n");
    close_world(&world);
}

static void patience_outlasts_a_pause(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    for (int i = 0; i < 2; i++) {
        congest(&world, "peer2", &world.peers[1]);
        gives(&world.peers[0], "hello\n");
        assert_noted(&world, "");
        pass_waiting(&world, "peer2", 3 * FANOUT_AWAITED_MS / 5);
        world.peers[1].room = WHOLE;
        turn(&world);
        if (i == 0)
            assert_noted(&world, "drained\npeer1> hello\n\n");
    }
    assert_noted(&world, EVICTED("peer2") "peer1> hello\n\ndrained\n");
    close_world(&world);
}

/* In these tests all peers are of one host. */
static void patience_outlasts_a_reconnection(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    pass_waiting(&world, "peer2", FANOUT_AWAITED_MS + 100);
    assert_false(is_here(&world, "peer2"));
    invite(&world, 1);
    forget_notes(&world);
    congest(&world, "peer4", &world.peers[3]);
    gives(&world.peers[0], "again\n");
    assert_noted(&world, "");
    pass_waiting(&world, "peer4", 200);
    assert_false(is_here(&world, "peer4"));
    assert_got(&world.peers[2], "hello\nagain\n");
    close_world(&world);
}

static void patience_of_two_is_endless(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 2);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    pass_waiting(&world, "peer2", 2 * FANOUT_AWAITED_MS);
    assert_noted(&world, "");
    world.peers[1].room = WHOLE;
    assert_noted(&world, "drained\npeer1> hello\n\n");
    close_world(&world);
}

static void speakers_of_a_star_do_not_wait_for_peers(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "peer1> hello\n");
    close_world(&world);
}

/* The one that took something last stands first. */
static void delay_counts_the_latest_of_the_congested(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 4);
    congest(&world, "peer2", &world.peers[1]);
    congest(&world, "peer3", &world.peers[2]);
    assert_ptr_equal(TAILQ_FIRST(&world.room.fanout.congested), member(&world, "peer3"));
    world.peers[1].room = 1;
    turn(&world);
    assert_ptr_equal(TAILQ_FIRST(&world.room.fanout.congested), member(&world, "peer2"));
    member(&world, "peer3")->took_at -= FANOUT_PATIENCE_MS;
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    close_world(&world);
}

/* It took something just before it became congested, while another has been stalled for long. */
static void delay_counts_bytes_taken_before_congestion(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    member(&world, "peer2")->took_at -= FANOUT_PATIENCE_MS;
    whisper_much(&world, member(&world, "peer3"), 10);
    turn(&world);
    world.peers[2].room = 0;
    whisper_much(&world, member(&world, "peer3"), OUTBOX_CONGESTED + 1);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    close_world(&world);
}

/* It has its place among them from the beginning. */
static void congested_members_stand_in_order_of_taking(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 4);
    congest(&world, "peer2", &world.peers[1]);
    for (int i = 2; i < 4; i++)
        world.peers[i].room = 0;
    member(&world, "peer3")->took_at = member(&world, "peer2")->took_at - 1;
    whisper_much(&world, member(&world, "peer3"), OUTBOX_CONGESTED + 1);
    whisper_much(&world, member(&world, "peer4"), OUTBOX_CONGESTED + 1); /* never took anything */
    assert_ptr_equal(TAILQ_FIRST(&world.room.fanout.congested), member(&world, "peer2"));
    assert_ptr_equal(TAILQ_LAST(&world.room.fanout.congested, member_queue),
                     member(&world, "peer4"));
    forget_notes(&world);
    close_world(&world);
}

/* All messages of a turn of the loop go out at its end. */
static void announce_sums_a_storm_of_failures(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.mode.announces = false;
    start(&world);
    invite(&world, 9);
    forget_notes(&world);
    for (int i = 0; i < 8; i++)
        fail_peer(&world.peers[i]);
    turn(&world);
    assert_int_equal(count_notes(&world), 5);
    forget_notes(&world);
    uv_timer_start(&world.room.announce.second, world.room.announce.second.timer_cb, 0, 0);
    assert_noted(&world, "* 3 more connections failed within a second\n");
    fail_peer(&world.peers[8]);
    turn(&world);
    assert_int_equal(count_notes(&world), 1);
    forget_notes(&world);
    close_world(&world);
}

static void turn_is_one_write(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    gives(&world.peers[0], "one\ntwo\n");
    gives(&world.peers[1], "three\n");
    turn(&world);
    assert_int_equal(buf_length(&world.peers[2].output), strlen("one\ntwo\nthree\n"));
    assert_int_equal(world.peers[2].writes, 1);
    assert_false(world.peers[2].watched & STREAM_OUT);
    forget_notes(&world);
    close_world(&world);
}

/* A turn has a bound, and the next turn comes at once. */
static void turn_over_its_bounds_goes_on_in_the_next(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_BROKER_TERMINAL);
    world.options.limit = 4 * 6;
    start(&world);
    invite(&world, 3);
    gives(&world.peers[0], "hello\nagain\nthere\n");
    gives(&world.peers[1], "world\n");
    loop_poll(&world.loop);
    assert_in_range(buf_length(&world.peers[2].output), 6, 2 * 6);
    turn(&world);
    assert_int_equal(buf_length(&world.peers[2].output), 4 * 6);
    assert_true(TAILQ_EMPTY(&world.room.flow.waiting));
    forget_notes(&world);
    close_world(&world);
}

/* Nothing is written meanwhile: less than 128 KiB are queued at once. */
static void turn_ends_after_64_kib_of_peers(void **state)
{
    char line[1001] = "";
    struct world world;

    (void)state;
    memset(line, 'x', 999);
    line[999] = '\n';
    open_mesh(&world, 2);
    for (int i = 0; i < 500; i++)
        gives(&world.peers[0], line);
    loop_poll(&world.loop);
    assert_in_range(buf_length(&world.peers[1].output), 1000, 128 * 1024 - 1);
    turn(&world);
    assert_int_equal(buf_length(&world.peers[1].output), 500 * 1000);
    forget_notes(&world);
    close_world(&world);
}

/* Three say more than a turn holds, for long. The fourth has one line, and waits a turn of each. */
static void turns_go_round(void **state)
{
    char line[1001] = "";
    struct world world;
    int turns = 0;

    (void)state;
    memset(line, 'x', 999);
    line[999] = '\n';
    open_mesh(&world, 5);
    for (int i = 0; i < 3 * 1000; i++)
        gives(&world.peers[i % 3], line);
    for (int i = 0; i < 3; i++)
        loop_poll(&world.loop);
    gives(&world.peers[3], "hello\n");
    for (; !memmem(buf_bytes(&world.noted), buf_length(&world.noted), "hello", 5); turns++)
        loop_poll(&world.loop);
    assert_in_range(turns, 1, 5);
    for (int i = 0; i < 3; i++)
        assert_true(buf_length(&world.peers[i].input) > 256 * 1024);
    while (flow_is_awaited(&world.room.flow))
        loop_poll(&world.loop);
    forget_notes(&world);
    close_world(&world);
}

/* However many come to wait meanwhile. */
static void pace_is_not_put_off_by_others(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 4);
    congest(&world, "peer2", &world.peers[1]);
    gives(&world.peers[0], "hello\n");
    assert_noted(&world, "");
    uv_timer_start(&world.room.flow.pace, world.room.flow.pace.timer_cb, 20, 0);
    gives(&world.peers[2], "hello\n");
    loop_poll(&world.loop);
    loop_poll(&world.loop);
    assert_true(!member(&world, "peer3")->can_read || buf_length(&world.noted) > 0);
    assert_true(uv_timer_get_due_in(&world.room.flow.pace) <= 20);
    close_world(&world);
}

/* ---- fairness ---- */

static void member_that_waits_again_stands_behind(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    world.refuses = true;
    for (int i = 0; i < 3; i++) {
        gives(&world.peers[i], "one\ntwo\n");
        turn(&world);
    }
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++) {
            char expected[32];

            world.refuses = false;
            world.lines = 1;
            room_resume(&world.room);
            snprintf(expected, sizeof expected, "peer%d> %s\n", i + 1, round ? "two" : "one");
            assert_noted(&world, expected);
        }
    world.refuses = false;
    world.lines = 0;
    room_resume(&world.room);
    assert_noted(&world, "");
    close_world(&world);
}

static void put_out_the_last(struct room *room)
{
    if (room->roster.last)
        room_remove(room, room->roster.last);
}

/* One resumption is a finite thing, also where the last in the line has gone meanwhile. */
static void last_waiting_member_may_leave_during_a_round(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    world.refuses = true;
    for (int i = 0; i < 3; i++) {
        gives(&world.peers[i], "one\ntwo\n");
        turn(&world);
    }
    world.refuses = false;
    world.lines = 1;
    world.on_heard = put_out_the_last;
    alarm(20);
    room_resume(&world.room);
    alarm(0);
    assert_noted(&world, "peer1> one\n* peer3 was removed\n");
    world.refuses = false;
    world.lines = 0;
    room_resume(&world.room);
    assert_noted(&world, "peer2> one\npeer2> two\npeer1> two\n");
    close_world(&world);
}

/* The same where those that stay wait again at once, for one of their own. */
static void waiting_member_may_leave_in_a_mesh(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer1", &world.peers[0]);
    world.refuses = true;
    for (int i = 0; i < 3; i++) {
        gives(&world.peers[i], "hello\n");
        turn(&world);
    }
    member(&world, "peer1")->took_at = uv_now(&world.loop); /* it does not wait for itself */
    member(&world, "peer2")->took_at = 0;
    world.refuses = false;
    world.on_heard = put_out_the_last;
    alarm(20);
    room_resume(&world.room);
    alarm(0);
    assert_int_equal(world.room.roster.count, 2);
    forget_notes(&world);
    close_world(&world);
}

static void waiting_and_congested_member_may_leave(void **state)
{
    struct world world;

    (void)state;
    open_mesh(&world, 3);
    congest(&world, "peer2", &world.peers[1]);
    congest(&world, "peer3", &world.peers[2]);
    gives(&world.peers[1], "waiting\n");
    turn(&world);
    room_remove(&world.room, member(&world, "peer2"));
    room_remove(&world.room, member(&world, "peer3"));
    assert_true(TAILQ_EMPTY(&world.room.flow.waiting));
    assert_true(TAILQ_EMPTY(&world.room.fanout.congested));
    forget_notes(&world);
    close_world(&world);
}

/* ---- answers ---- */

/* However little else there is to keep it from asking on. */
static void answers_not_taken_pause_the_member(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_REPLY, 1);
    world.peers[0].room = 0;
    whisper_much(&world, member(&world, "peer1"), OUTBOX_CONGESTED + 1);
    gives(&world.peers[0], "and?\n");
    assert_noted(&world, "");
    assert_false(world.peers[0].watched & STREAM_IN);
    world.peers[0].room = WHOLE;
    assert_noted(&world, "drained\npeer1> and?\n");
    assert_true(world.peers[0].watched & STREAM_IN);
    close_world(&world);
}

/* A list of answers goes on when the first of them was too much. */
static void evicted_member_gets_nothing_more(void **state)
{
    struct world world;
    struct member *gone;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = 0;
    gone = member(&world, "peer1");
    whisper_much(&world, gone, OUTBOX_LIMIT + 1);
    assert_int_equal(world.room.roster.count, 1);
    room_answer(&world.room, gone, "and", 3);
    forget_notes(&world);
    assert_int_equal(world.room.fanout.pool.held, 0);
    close_world(&world);
}

/* ---- memory ---- */

/* A bound of the memory that is soon reached. */
enum { LITTLE = 4 * 1024 * 1024 };

static void answers_count_for_the_limit(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.limit = SIZE_MAX;
    world.options.member.encodings = (struct encoding_list){0};
    start(&world);
    world.room.fanout.memory = LITTLE;
    invite(&world, 2);
    forget_notes(&world);
    world.peers[0].room = 0;
    whisper_much(&world, member(&world, "peer1"), LITTLE / 2 + 1);
    assert_int_equal(world.room.roster.count, 2);
    whisper_much(&world, member(&world, "peer1"), LITTLE / 2);
    assert_noted(&world, EVICTED("peer1") "drained\n");
    assert_int_equal(world.room.fanout.pool.held, 0);
    close_world(&world);
}

/* Also where no member is congested. */
static void heavy_room_takes_no_bulk(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_BROKER_TERMINAL);
    world.options.limit = SIZE_MAX;
    world.options.congested = SIZE_MAX;
    world.options.member.encodings = (struct encoding_list){0};
    start(&world);
    world.room.fanout.memory = LITTLE;
    invite(&world, 3);
    forget_notes(&world);
    world.peers[0].room = 0;
    whisper_much(&world, member(&world, "peer1"), LITTLE / 2 + 1);
    assert_false(room_is_ready(&world.room));
    world.peers[0].room = 1;
    turn(&world);
    gives(&world.peers[1], "hello\n");
    assert_noted(&world, ""); /* something was taken, so peers wait as well */
    world.room.fanout.took_at -= FANOUT_PATIENCE_MS;
    hurry_timer(&world.room.flow.pace, 50);
    assert_noted(&world, "peer2> hello\n");
    whisper_much(&world, member(&world, "peer1"), LITTLE / 2);
    assert_noted(&world,
                 EVICTED("peer1") "drained\n"); /* the largest, though it is not congested */
    turn(&world);
    assert_true(room_is_ready(&world.room));
    close_world(&world);
}

static void memory_of_written_messages_is_not_counted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    world.peers[0].room = world.peers[1].room = 0;
    speak_much(&world.room, 1000);
    assert_int_equal(world.room.fanout.pool.queued, 2000);
    world.peers[0].room = 300;
    turn(&world);
    assert_int_equal(world.room.fanout.pool.queued, 1700);
    world.peers[0].room = world.peers[1].room = WHOLE;
    turn(&world);
    assert_int_equal(world.room.fanout.pool.queued, 0);
    close_world(&world);
}

/* The outbox of an evicted peer counts no more. */
static void memory_of_a_member_that_left_is_not_counted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    world.peers[0].room = world.peers[1].room = 0;
    speak_much(&world.room, OUTBOX_LIMIT + 1);
    forget_notes(&world);
    assert_int_equal(world.room.roster.count, 1);
    assert_int_equal(world.room.fanout.pool.queued, 0);
    assert_int_equal(world.room.fanout.pool.held, 0);
    close_world(&world);
}

static void memory_after_failures_and_ends_is_not_counted(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 3);
    world.peers[0].room = world.peers[1].room = 0;
    speak_much(&world.room, 1000);
    fail_peer(&world.peers[0]);
    room_remove(&world.room, member(&world, "peer2"));
    turn(&world);
    world.peers[1].write_fails = ERR_NETWORK;
    forget_notes(&world);
    assert_int_equal(world.room.roster.count, 1);
    assert_int_equal(world.room.fanout.pool.queued, 0);
    assert_int_equal(world.room.fanout.pool.held, 0);
    close_world(&world);
}

/* All together: the largest goes, and no more of them than needed. */
static void memory_over_its_bound_evicts_the_largest(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.limit = SIZE_MAX;
    world.options.member.encodings = (struct encoding_list){0};
    start(&world);
    invite(&world, 4);
    forget_notes(&world);
    for (int i = 0; i < 4; i++)
        world.peers[i].room = 0;
    whisper_much(&world, member(&world, "peer3"), 2000);
    speak_much(&world.room, FANOUT_MEMORY / 4);
    assert_noted(&world, EVICTED("peer3"));
    assert_int_equal(world.room.roster.count, 3);
    assert_true(world.room.fanout.pool.queued <= FANOUT_MEMORY);
    for (int i = 0; i < 4; i++)
        world.peers[i].write_fails = ERR_NETWORK; /* not to be copied */
    close_world(&world);
}

/* Leaving members hold memory for a while; no member that stays is evicted for that. */
static void memory_over_its_bound_drops_leaving_members_first(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.limit = SIZE_MAX;
    world.options.member.encodings = (struct encoding_list){0};
    start(&world);
    world.room.fanout.memory = LITTLE;
    invite(&world, 3);
    world.peers[0].room = world.peers[1].room = 0;
    whisper_much(&world, member(&world, "peer1"), LITTLE / 2 + 1);
    room_remove(&world.room, member(&world, "peer1"));
    assert_false(world.peers[0].closed);
    forget_notes(&world);
    whisper_much(&world, member(&world, "peer2"), LITTLE / 2);
    assert_noted(&world, "");
    assert_true(world.peers[0].closed && world.peers[0].how == STREAM_ABORT);
    assert_int_equal(world.room.roster.count, 2);
    world.peers[1].write_fails = ERR_NETWORK; /* not to be copied */
    close_world(&world);
}

static void memory_evicts_no_peer_of_a_waiting_mode(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_CONNECT);
    world.options.member.encodings = (struct encoding_list){0};
    start(&world);
    invite(&world, 2);
    forget_notes(&world);
    world.peers[0].room = world.peers[1].room = 0;
    world.room.fanout.pool.queued = FANOUT_MEMORY;
    speak_much(&world.room, OUTBOX_CONGESTED + 1);
    assert_noted(&world, "");
    world.room.fanout.pool.queued -= FANOUT_MEMORY;
    close_world(&world);
}

static void limit_is_an_option(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, MODE_LISTEN);
    world.options.limit = 1000;
    world.options.congested = 250;
    start(&world);
    invite(&world, 2);
    forget_notes(&world);
    world.peers[0].room = 0;
    speak_much(&world.room, 250);
    assert_true(room_is_ready(&world.room));
    speak_much(&world.room, 750);
    assert_false(room_is_ready(&world.room));
    assert_noted(&world, "");
    speak_much(&world.room, 1);
    assert_noted(&world, EVICTED("peer1") "drained\n");
    close_world(&world);
}

/* ---- an end that is waited for ---- */

static void drain_ends_with_the_last_peer(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    room_drain(&world.room);
    turn(&world);
    assert_false(world.done);
    gives(&world.peers[0], "still here\n");
    assert_noted(&world, "peer1> still here\n");
    serve(&world);
    turn(&world);
    assert_true(world.peers[2].closed);
    world.peers[0].input_ends = true;
    turn(&world);
    assert_false(world.done);
    world.peers[1].input_ends = true;
    turn(&world);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

static void drain_of_an_empty_room_is_immediate(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 0);
    room_drain(&world.room);
    assert_int_equal(world.done, 1);
    close_world(&world);
}

/* ---- rooms with names ---- */

/* Fills the outbox up to the limit; no speaker waits for it, and leaves are told by name. */
static void fill_up(struct world *world, const char *name, struct fake *peer)
{
    turn(world);
    peer->room = 0;
    whisper_much(world, member(world, name), OUTBOX_LIMIT - member(world, name)->outbox.bytes);
    member(world, name)->took_at = 0;
    memset(world->room.announce.counts, 0, sizeof world->room.announce.counts);
    turn(world);
}

/* Its notice must not be what kills the room. */
static void two_peers_past_the_limit_are_evicted_in_turn(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_CHAT, 4);
    fill_up(&world, "peer2", &world.peers[1]);
    fill_up(&world, "peer3", &world.peers[2]);
    speak(&world, "too much");
    forget_notes(&world);
    assert_int_equal(world.room.roster.count, 2);
    assert_true(world.peers[1].closed && world.peers[2].closed);
    speak(&world, "we go on");
    turn(&world);
    assert_false(world.peers[0].closed || world.peers[3].closed);
    close_world(&world);
}

static void leave_that_evicts_another_is_told_once_each(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_CHAT, 3);
    fill_up(&world, "peer2", &world.peers[1]);
    world.peers[0].input_ends = true; /* "* peer1 left" is too much for peer2 */
    forget_notes(&world);
    assert_int_equal(world.room.roster.count, 1);
    assert_true(is_here(&world, "peer3"));
    close_world(&world);
}

static void end_it(struct room *room)
{
    room_end(room);
}

/* Standard output is full, say, and the first to be told is a notice. */
static void operator_may_end_the_room_in_a_notice(void **state)
{
    static const enum mode_shape shapes[] = {MODE_LISTEN, MODE_CHAT};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int what = 0; what < 4; what++) {
            struct world world;

            open_with(&world, shapes[i], 3);
            world.peers[1].room = 0;
            world.on_told = end_it;
            if (what == 0)
                world.peers[1].input_ends = true;
            else if (what == 1)
                room_remove(&world.room, member(&world, "peer2"));
            else if (what == 2)
                whisper_much(&world, member(&world, "peer2"), OUTBOX_LIMIT + 1);
            else
                serve(&world);
            turn(&world);
            for (size_t peer = 0; peer < world.served; peer++)
                world.peers[peer].room = WHOLE;
            turn(&world);
            assert_int_equal(world.done, 1);
            close_world(&world);
        }
}

/* ---- memory that is short ---- */

/* Two peers of a run in a pipe, the first of which lacks a message that has come to the other. */
static void open_with_a_gap(struct world *world, struct operator_ops *pipe)
{
    struct form_plan plan;
    struct message *message;

    open_with(world, MODE_KEEP_OPEN, 2);
    *pipe = operator_ops;
    pipe->has_commands = false;
    world->op.ops = pipe;
    world->peers[0].room = 0;
    for (int i = 0; i < OUTBOX_PLACES; i++)
        speak(world, "word\n");
    turn(world);
    plan = member_plan(member(world, "peer1"));
    message = message_new(utf8, "word", 4, true, &world->room.fanout.pool.held);
    assert_non_null(message_form(message, &plan));
    memory_is_short = true;
    fanout_send(&world->room.fanout, member(world, "peer1"), message);
    memory_is_short = false;
    message_release(message);
}

static void peer_that_lacks_a_message_is_broken_off(void **state)
{
    struct operator_ops pipe;
    struct world world;

    (void)state;
    open_with_a_gap(&world, &pipe);
    assert_noted(&world, "* peer1 left: out of memory\n");
    assert_true(world.peers[0].closed && world.peers[0].how == STREAM_ABORT);
    assert_true(is_here(&world, "peer2"));
    close_world(&world);
    assert_int_equal(world.peers[1].how, STREAM_LINGER);
    assert_int_equal(world.outcome.kind, ERR_LOCAL);
}

/* Before the loop has come to it. */
static void peer_that_lacks_a_message_reads_no_end(void **state)
{
    struct operator_ops pipe;
    struct world world;

    (void)state;
    open_with_a_gap(&world, &pipe);
    room_finish(&world.room, true);
    room_end(&world.room);
    assert_int_equal(world.peers[0].how, STREAM_ABORT);
    assert_false(world.peers[0].finished);
    close_world(&world);
    assert_int_equal(world.outcome.kind, ERR_LOCAL);
}

static void words_that_no_peer_got_break_all_off(void **state)
{
    struct operator_ops pipe = operator_ops;
    struct world world;

    (void)state;
    open_with(&world, MODE_KEEP_OPEN, 2);
    pipe.has_commands = false;
    world.op.ops = &pipe;
    memory_is_short = true;
    speak(&world, "word\n");
    memory_is_short = false;
    assert_noted(&world, "* this was not sent: out of memory\n"
                         "* peer1 left: out of memory\n"
                         "* peer2 left: out of memory\n");
    assert_int_equal(world.peers[1].how, STREAM_ABORT);
    close_world(&world);
    assert_int_equal(world.outcome.kind, ERR_LOCAL);
}

/* A person reads that, and may say it again. */
static void words_that_a_person_lost_are_told(void **state)
{
    struct world world;

    (void)state;
    open_with(&world, MODE_LISTEN, 2);
    memory_is_short = true;
    speak(&world, "word\n");
    memory_is_short = false;
    assert_noted(&world, "* this was not sent: out of memory\n");
    close_world(&world);
    assert_int_equal(world.outcome.kind, ERR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announce_tells_newcomers_with_numbers),
        cmocka_unit_test(announce_tells_a_failure_without_the_address),
        cmocka_unit_test(operator_reads_each_member_under_its_name),
        cmocka_unit_test(announce_tells_an_encoding_once),
        cmocka_unit_test(announce_tells_only_encodings_that_differ),
        cmocka_unit_test(announce_tells_a_change_of_encoding),
        cmocka_unit_test(announce_tells_a_doubt_once),
        cmocka_unit_test(announce_tells_bad_text_once),
        cmocka_unit_test(announce_names_the_charset_of_bad_text),
        cmocka_unit_test(announce_tells_bad_text_again_after_a_new_encoding),
        cmocka_unit_test(speak_reaches_each_member_in_its_charset),
        cmocka_unit_test(speak_to_reaches_one_member),
        cmocka_unit_test(faults_name_the_member_that_lacks_characters),
        cmocka_unit_test(faults_do_not_name_the_only_peer),
        cmocka_unit_test(faults_are_told_once_for_each_charset),
        cmocka_unit_test(set_encodings_holds_for_newcomers),
        cmocka_unit_test(speak_without_members_holds_no_memory),
        cmocka_unit_test(members_wait_while_the_operator_accepts_nothing),
        cmocka_unit_test(resumed_members_may_leave),
        cmocka_unit_test(one_peer_joins_without_notice),
        cmocka_unit_test(one_peer_ends_the_room),
        cmocka_unit_test(one_peer_gives_the_room_its_outcome),
        cmocka_unit_test(end_waits_for_queued_messages),
        cmocka_unit_test(finish_does_not_end_the_room),
        cmocka_unit_test(quit_after_is_told_as_our_end),
        cmocka_unit_test(once_ends_with_the_first_peer),
        cmocka_unit_test(remove_puts_a_member_out),
        cmocka_unit_test(once_ends_when_the_peer_is_removed),
        cmocka_unit_test(bulk_waits_for_a_congested_peer),
        cmocka_unit_test(congested_twice_counts_once),
        cmocka_unit_test(congested_peer_may_leave),
        cmocka_unit_test(drained_peer_is_not_evicted),
        cmocka_unit_test(congested_peer_may_fail),
        cmocka_unit_test(congested_peer_may_be_removed),
        cmocka_unit_test(stalled_peer_is_evicted),
        cmocka_unit_test(peer_past_the_limit_is_evicted_at_once),
        cmocka_unit_test(speak_to_may_evict_its_reader),
        cmocka_unit_test(only_peer_is_never_evicted),
        cmocka_unit_test(last_peer_of_many_is_not_evicted),
        cmocka_unit_test(waiting_mode_evicts_no_peer),
        cmocka_unit_test(empty_room_ends_at_once),
        cmocka_unit_test(end_comes_when_all_outboxes_are_empty),
        cmocka_unit_test(end_called_twice_ends_once),
        cmocka_unit_test(congested_room_ends),
        cmocka_unit_test(newcomer_does_not_keep_an_ending_room),
        cmocka_unit_test(words_within_an_eviction_come_behind),
        cmocka_unit_test(operator_may_end_the_room_while_it_speaks),
        cmocka_unit_test(lines_of_one_turn_leave_in_one_write),
        cmocka_unit_test(batch_goes_on_where_a_peer_stopped),
        cmocka_unit_test(private_line_stays_behind_the_lines_to_all),
        cmocka_unit_test(leaving_peer_gets_what_was_said_before),
        cmocka_unit_test(broker_sends_bytes_as_they_came),
        cmocka_unit_test(broker_converts_without_torn_characters),
        cmocka_unit_test(sender_waits_for_a_congested_reader),
        cmocka_unit_test(sender_does_not_wait_for_a_stalled_reader),
        cmocka_unit_test(sender_does_not_wait_for_a_reader_that_took_nothing),
        cmocka_unit_test(sender_does_not_wait_for_itself),
        cmocka_unit_test(two_congested_speakers_wait_for_each_other),
        cmocka_unit_test(peer_awaited_10_s_within_a_minute_is_evicted),
        cmocka_unit_test(patience_outlasts_a_pause),
        cmocka_unit_test(patience_outlasts_a_reconnection),
        cmocka_unit_test(patience_of_two_is_endless),
        cmocka_unit_test(speakers_of_a_star_do_not_wait_for_peers),
        cmocka_unit_test(delay_counts_the_latest_of_the_congested),
        cmocka_unit_test(delay_counts_bytes_taken_before_congestion),
        cmocka_unit_test(congested_members_stand_in_order_of_taking),
        cmocka_unit_test(announce_sums_a_storm_of_failures),
        cmocka_unit_test(turn_is_one_write),
        cmocka_unit_test(turn_over_its_bounds_goes_on_in_the_next),
        cmocka_unit_test(turn_ends_after_64_kib_of_peers),
        cmocka_unit_test(turns_go_round),
        cmocka_unit_test(pace_is_not_put_off_by_others),
        cmocka_unit_test(member_that_waits_again_stands_behind),
        cmocka_unit_test(last_waiting_member_may_leave_during_a_round),
        cmocka_unit_test(waiting_member_may_leave_in_a_mesh),
        cmocka_unit_test(waiting_and_congested_member_may_leave),
        cmocka_unit_test(answers_not_taken_pause_the_member),
        cmocka_unit_test(evicted_member_gets_nothing_more),
        cmocka_unit_test(answers_count_for_the_limit),
        cmocka_unit_test(heavy_room_takes_no_bulk),
        cmocka_unit_test(memory_of_written_messages_is_not_counted),
        cmocka_unit_test(memory_of_a_member_that_left_is_not_counted),
        cmocka_unit_test(memory_after_failures_and_ends_is_not_counted),
        cmocka_unit_test(memory_over_its_bound_evicts_the_largest),
        cmocka_unit_test(memory_over_its_bound_drops_leaving_members_first),
        cmocka_unit_test(memory_evicts_no_peer_of_a_waiting_mode),
        cmocka_unit_test(limit_is_an_option),
        cmocka_unit_test(drain_ends_with_the_last_peer),
        cmocka_unit_test(drain_of_an_empty_room_is_immediate),
        cmocka_unit_test(two_peers_past_the_limit_are_evicted_in_turn),
        cmocka_unit_test(leave_that_evicts_another_is_told_once_each),
        cmocka_unit_test(operator_may_end_the_room_in_a_notice),
        cmocka_unit_test(peer_that_lacks_a_message_is_broken_off),
        cmocka_unit_test(peer_that_lacks_a_message_reads_no_end),
        cmocka_unit_test(words_that_no_peer_got_break_all_off),
        cmocka_unit_test(words_that_a_person_lost_are_told),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
