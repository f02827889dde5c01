/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "room/room.h"
#include "rooms.h"
#include "text/safetext.h"
#include "text/utf8.h"

/* ---- a room for people ----
 *
 * The operator's messages are noted as text: "name> said" and "* told", a line each. A member
 * reads the bytes that its peer got since the last question. */

enum { PEERS = 128, SILENCE_MS = 60000, LINE_MS = 60000 };

#define ADDRESS "192.0.2.1:8080"

struct world {
    struct room_operator op; /* first */
    uv_loop_t loop;
    struct room_options options;
    struct room room;
    struct fake peers[PEERS];
    size_t served;
    struct buf noted;
    int done;
};

static void note(struct world *world, const char *head, const char *between, const char *text,
                 size_t n)
{
    assert_int_equal(buf_append(&world->noted, head, strlen(head)), 0);
    assert_int_equal(buf_append(&world->noted, between, strlen(between)), 0);
    assert_int_equal(buf_append(&world->noted, text, n), 0);
    assert_int_equal(buf_append(&world->noted, "\n", 1), 0);
}

static bool on_accepts_input(struct room_operator *op)
{
    (void)op;
    return true;
}

static void on_heard(struct room_operator *op, struct member *from, const struct inbound *inbound)
{
    static const char *const heads[] = {
        [INBOUND_SAY] = "%s", [INBOUND_ACTION] = "* %s", [INBOUND_PRIVATE] = "[%s]"};
    char head[MEMBER_NAME + 4];

    snprintf(head, sizeof head, heads[inbound->kind], from->seat.name);
    note((struct world *)op, head, "> ", inbound->text, inbound->n);
}

static bool on_told(struct room_operator *op, const char *sentence)
{
    note((struct world *)op, "*", " ", sentence, strlen(sentence));
    return true;
}

static void on_drained(struct room_operator *op)
{
    (void)op;
}

static const struct operator_ops operator_ops = {
    .accepts_input = on_accepts_input,
    .heard = on_heard,
    .told = on_told,
    .drained = on_drained,
};

static void on_done(void *owner, const struct err *err)
{
    struct world *world = owner;

    (void)err;
    world->done++;
}

static struct world *new_world(void)
{
    struct world *world = calloc(1, sizeof *world);

    *world = (struct world){
        .op = {&operator_ops},
        .options = {.mode = modes[MODE_CHAT],
                    .commands = true,
                    .limit = OUTBOX_LIMIT,
                    .charsets = &charsets,
                    .legacy = {.charset = gbk},
                    .congested = OUTBOX_CONGESTED,
                    .member = {.encodings = {utf8, gbk}, .inbox = {.utf8 = utf8}}},
    };
    world->options.mode.silence_ms = SILENCE_MS;
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    buf_init(&world->noted, 1 << 24);
    return world;
}

static void start(struct world *world)
{
    room_init(&world->room, &world->loop, &world->options, &world->op);
    world->room.handler.done = on_done;
    world->room.handler.owner = world;
    assert_int_equal(roster_rename(&world->room.roster, NULL, "Operator"), 0);
}

static void turn(struct world *world)
{
    run_turns(&world->loop);
}

static void invite(struct world *world, int count)
{
    for (int i = 0; i < count; i++) {
        struct fake *peer = &world->peers[world->served++];
        struct err err = {0};

        fake_init(peer, &world->loop);
        assert_int_equal(handler_serve(&world->room.handler, &peer->stream, &err), 0);
    }
}

/* Peers are counted from 1, as they are called. */
static void assert_reads(struct world *world, int peer, const char *expected)
{
    turn(world);
    assert_taken(&world->peers[peer - 1].output, expected);
}

static void assert_noted(struct world *world, const char *expected)
{
    turn(world);
    assert_taken(&world->noted, expected);
}

static size_t framer_read(struct world *world, int peer)
{
    struct buf *output = &world->peers[peer - 1].output;
    size_t count = 0;

    turn(world);
    for (size_t i = 0; i < buf_length(output); i++)
        count += buf_bytes(output)[i] == '\n';
    buf_consume(output, buf_length(output));
    return count;
}

/* A second has gone by: all notes and sums are empty. */
static void forget(struct world *world)
{
    turn(world);
    for (size_t i = 0; i < world->served; i++)
        buf_consume(&world->peers[i].output, buf_length(&world->peers[i].output));
    buf_consume(&world->noted, buf_length(&world->noted));
    memset(world->room.announce.counts, 0, sizeof world->room.announce.counts);
}

static struct world *open_with(int count)
{
    struct world *world = new_world();

    start(world);
    invite(world, count);
    forget(world);
    return world;
}

static void close_world(struct world *world)
{
    if (!world->done)
        room_end(&world->room);
    loop_run(&world->loop);
    assert_int_equal(world->done, 1);
    assert_int_equal(loop_close(&world->loop), 0);
    for (size_t i = 0; i < world->served; i++)
        fake_fini(&world->peers[i]);
    buf_fini(&world->noted);
    free(world);
}

static void says(struct world *world, int peer, const char *text)
{
    gives(&world->peers[peer - 1], text);
    turn(world);
}

static struct member *member(struct world *world, const char *name)
{
    struct member *found = roster_find(&world->room.roster, name, strlen(name));

    assert_non_null(found);
    return found;
}

/* ---- the wire ---- */

static void line_has_the_name_in_front(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 2, "hello\r\n你好\n");
    assert_reads(world, 1, "peer2: hello\npeer2: 你好\n");
    assert_reads(world, 2, "");
    assert_reads(world, 3, "peer2: hello\npeer2: 你好\n");
    assert_noted(world, "peer2> hello\npeer2> 你好\n");
    close_world(world);
}

static void empty_line_has_the_name_in_front(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "\n");
    assert_reads(world, 2, "peer1: \n");
    close_world(world);
}

static void newcomer_reads_its_name(void **state)
{
    struct world *world = new_world();

    (void)state;
    start(world);
    invite(world, 2);
    assert_reads(world, 1, "-!- you are peer1; /help lists commands\n-!- peer2 joined\n");
    assert_reads(world, 2, "-!- you are peer2; /help lists commands\n");
    assert_noted(world, "* peer1 " ADDRESS " joined\n* peer2 " ADDRESS " joined\n");
    close_world(world);
}

static void no_commands_names_none(void **state)
{
    struct world *world = new_world();

    (void)state;
    world->options.commands = false;
    start(world);
    invite(world, 2);
    assert_reads(world, 2, "-!- you are peer2\n");
    says(world, 2, "/quit\n//x\n/nick bob\n");
    assert_reads(world, 1,
                 "-!- you are peer1\n-!- peer2 joined\n"
                 "peer2: /quit\npeer2: //x\npeer2: /nick bob\n");
    assert_reads(world, 2, "");
    assert_false(world->peers[1].closed);
    close_world(world);
}

/* Addresses are the operator's to know. */
static void leave_is_told_without_the_address(void **state)
{
    struct world *world = open_with(4);

    (void)state;
    world->peers[0].input_ends = true;
    turn(world);
    world->peers[1].read_fails = ERR_NETWORK;
    turn(world);
    room_remove(&world->room, member(world, "peer3"));
    assert_reads(world, 4, "-!- peer1 left\n-!- peer2 left\n-!- peer3 left\n");
    assert_noted(world, "* peer1 left\n* peer2 left: reading failed\n* peer3 left: removed\n");
    close_world(world);
}

static void last_words_come_before_the_notice(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    gives(&world->peers[0], "bye");
    world->peers[0].input_ends = true;
    assert_reads(world, 2, "peer1: bye\n-!- peer1 left\n");
    close_world(world);
}

static void line_comes_in_the_readers_charset(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 2, "\xC4\xE3\n");
    assert_reads(world, 1, "peer2: 你\n");
    says(world, 1, "好😀\n");
    assert_reads(world, 2, "peer1: \xBA\xC3?\n");
    assert_reads(world, 3, "peer2: 你\npeer1: 好😀\n");
    close_world(world);
}

static void operator_speaks_under_its_name(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    room_speak(&world->room, "hello", 5, true);
    room_speak(&world->room, "a\nb\n", 4, false);
    room_speak_to(&world->room, member(world, "peer1"), "you", 3);
    assert_int_equal(roster_rename(&world->room.roster, NULL, "Boss"), 0);
    room_note_renamed(&world->room, "Operator");
    assert_reads(world, 1,
                 "Operator: hello\nOperator: a\nOperator: b\n[Operator] you\n"
                 "-!- Operator is now Boss\n");
    assert_reads(world, 2, "Operator: hello\nOperator: a\nOperator: b\n-!- Operator is now Boss\n");
    close_world(world);
}

static void operator_may_say_an_empty_line(void **state)
{
    struct world *world = open_with(1);

    (void)state;
    room_speak(&world->room, "", 0, true);
    room_speak(&world->room, "\n\n", 2, false);
    assert_reads(world, 1, "Operator: \nOperator: \nOperator: \n");
    close_world(world);
}

/* Tabs become blanks: the longest allowed line loses nothing. */
static void operator_may_say_a_long_line(void **state)
{
    struct world *world = open_with(1);
    char *line = malloc(64 * 1024);

    (void)state;
    memset(line, '\t', 64 * 1024);
    room_speak(&world->room, line, 64 * 1024, true);
    turn(world);
    assert_true(buf_length(&world->peers[0].output) > 64 * 1024);
    free(line);
    close_world(world);
}

static void long_line_comes_in_pieces_with_names(void **state)
{
    struct world *world = open_with(2);
    char *line = calloc(1, 2 * INBOX_LINE + 2);
    const char *second;

    (void)state;
    memset(line, 'x', INBOX_LINE + 10);
    line[INBOX_LINE + 10] = '\n';
    says(world, 1, line);
    turn(world);
    assert_int_equal(buf_length(&world->peers[1].output), INBOX_LINE + 10 + 2 * 8);
    second = (const char *)buf_bytes(&world->peers[1].output) + INBOX_LINE + 8;
    assert_memory_equal(second, "peer1: xxxxxxxxxx\n", 18);
    free(line);
    close_world(world);
}

/* ---- many joins and leaves ---- */

/* The second that began with the first of them is over. */
static void let_second_pass(struct world *world)
{
    uv_timer_t *second = &world->room.announce.second;

    assert_in_range(uv_timer_get_due_in(second), 0, 1000);
    uv_timer_start(second, second->timer_cb, 0, 0);
    turn(world);
}

static void storm_of_joins_is_one_line(void **state)
{
    struct world *world = open_with(1);

    (void)state;
    invite(world, 40);
    assert_reads(world, 1,
                 "-!- peer2 joined\n-!- peer3 joined\n-!- peer4 joined\n-!- peer5 joined\n"
                 "-!- peer6 joined\n");
    for (int i = 30; i < 41; i++)
        world->peers[i].input_ends = true;
    assert_int_equal(framer_read(world, 1), 5);
    assert_true(uv_is_active((uv_handle_t *)&world->room.announce.second));
    let_second_pass(world);
    assert_reads(world, 1, "-!- 35 joined, 6 left\n");
    assert_false(uv_is_active((uv_handle_t *)&world->room.announce.second));
    invite(world, 1);
    assert_reads(world, 1, "-!- peer42 joined\n");
    assert_reads(world, 42, "-!- you are peer42; /help lists commands\n");
    close_world(world);
}

static void storm_of_renames_is_one_line(void **state)
{
    struct world *world = open_with(2);
    char line[64];

    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(line, sizeof line, "/nick name%cx\n", 'a' + i);
        says(world, 1, line);
    }
    assert_int_equal(framer_read(world, 1), 20);
    assert_int_equal(framer_read(world, 2), 5);
    buf_consume(&world->noted, buf_length(&world->noted));
    let_second_pass(world);
    assert_reads(world, 2, "-!- 15 renamed\n");
    assert_noted(world, "* 15 renamed\n");
    close_world(world);
}

/* Five of each kind are told one by one, whatever else happens in the second. */
static void sums_count_each_kind(void **state)
{
    struct world *world = open_with(1);

    (void)state;
    invite(world, 6);
    says(world, 2, "/nick bob\n");
    world->peers[2].input_ends = true;
    assert_reads(world, 1,
                 "-!- peer2 joined\n-!- peer3 joined\n-!- peer4 joined\n-!- peer5 joined\n"
                 "-!- peer6 joined\n-!- peer2 is now bob\n-!- peer3 left\n");
    let_second_pass(world);
    assert_reads(world, 1, "-!- 1 joined\n");
    close_world(world);
}

static void kicked_member_reads_the_reason(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    room_remove(&world->room, member(world, "peer2"));
    assert_reads(world, 2, "-!- you were put out\n");
    assert_reads(world, 1, "-!- peer2 left\n");
    close_world(world);
}

static void end_of_the_room_is_told(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    room_end(&world->room);
    assert_reads(world, 1, "-!- the room has ended\n");
    assert_reads(world, 2, "-!- the room has ended\n");
    close_world(world);
}

/* ---- how fast ---- */

/* Each peer is a host of its own. */
static void host_of(const struct stream *peer, struct host_key *key)
{
    *key = (struct host_key){{0}};
    memcpy(key->bytes, &peer, sizeof peer);
}

static struct world *open_at_rate(double rate, int count)
{
    struct world *world = new_world();

    world->options.rate = rate;
    world->options.host_of = host_of;
    start(world);
    invite(world, count);
    forget(world);
    return world;
}

/* As if so much time had gone by. */
static void wait_for(struct world *world, struct member *who, uint64_t ms)
{
    uv_update_time(&world->loop);
    who->seat.rate.at -= ms;
    who->seat.rate.host->at -= ms;
    uv_timer_start(&who->silence, who->silence.timer_cb, 0, 0);
    turn(world);
}

static void rate_lets_twenty_at_once_then_five_a_second(void **state)
{
    struct world *world = open_at_rate(RATE_DEFAULT, 3);
    struct member *fast = member(world, "peer1");

    (void)state;
    for (int i = 0; i < 100; i++)
        gives(&world->peers[0], "spam\n");
    assert_int_equal(framer_read(world, 2), RATE_BURST);
    assert_false(world->peers[0].watched & STREAM_IN);
    assert_true(uv_timer_get_due_in(&fast->silence) <= 200);
    says(world, 3, "undisturbed\n");
    assert_int_equal(framer_read(world, 2), 1);
    wait_for(world, fast, 200);
    assert_int_equal(framer_read(world, 2), 1);
    wait_for(world, fast, 1000);
    assert_int_equal(framer_read(world, 2), 5);
    wait_for(world, fast, 1000000); /* never more than a burst */
    assert_int_equal(framer_read(world, 2), RATE_BURST);
    wait_for(world, fast, 1000000);
    wait_for(world, fast, 1000000);
    wait_for(world, fast, 1000000);
    assert_int_equal(framer_read(world, 2), 100 - 2 * RATE_BURST - 6); /* delayed, never dropped */
    close_world(world);
}

static void rate_counts_commands(void **state)
{
    struct world *world = open_at_rate(RATE_DEFAULT, 2);

    (void)state;
    for (int i = 0; i < 100; i++)
        gives(&world->peers[0], "/me spams\n");
    assert_int_equal(framer_read(world, 2), RATE_BURST);
    close_world(world);
}

static void rate_holds_the_end_back(void **state)
{
    struct world *world = open_at_rate(RATE_DEFAULT, 2);

    (void)state;
    for (int i = 0; i < RATE_BURST + 2; i++)
        gives(&world->peers[0], "x\n");
    world->peers[0].input_ends = true;
    assert_int_equal(framer_read(world, 2), RATE_BURST);
    assert_false(world->peers[0].closed);
    wait_for(world, member(world, "peer1"), 100000);
    assert_int_equal(framer_read(world, 2), 2 + 1); /* and the notice */
    close_world(world);
}

static void rate_may_be_slower(void **state)
{
    struct world *world = open_at_rate(0.5, 2);

    (void)state;
    for (int i = 0; i < RATE_BURST + 5; i++)
        gives(&world->peers[0], "x\n");
    assert_int_equal(framer_read(world, 2), RATE_BURST);
    assert_true(uv_timer_get_due_in(&member(world, "peer1")->silence) > 1500);
    wait_for(world, member(world, "peer1"), 2000);
    assert_int_equal(framer_read(world, 2), 1);
    close_world(world);
}

/* The peer takes nothing, and one byte more is past the limit. */
static void fill(struct world *world, int peer)
{
    char name[MEMBER_NAME], text[8000];
    struct member *full;

    snprintf(name, sizeof name, "peer%d", peer);
    full = member(world, name);
    world->peers[peer - 1].room = 0;
    full->took_at = 0;
    memset(text, 'x', sizeof text);
    while (full->outbox.bytes < OUTBOX_LIMIT - sizeof text)
        room_answer(&world->room, full, text, sizeof text);
    room_answer(&world->room, full, text, OUTBOX_LIMIT - full->outbox.bytes);
}

static uint64_t wait_of(struct world *world, const char *name)
{
    return rate_wait(&world->room.flow.rate, &member(world, name)->seat.rate, uv_now(&world->loop));
}

/* The room drains with the eviction, and the members in line speak. */
static void rate_of_an_evicting_line_pays_for_itself_only(void **state)
{
    struct world *world = new_world();
    char line[4001];

    (void)state;
    world->options.rate = 5;
    start(world);
    invite(world, 3);
    forget(world);
    fill(world, 3);
    memset(line, 'y', sizeof line);
    line[sizeof line - 1] = '\0';
    line[sizeof line - 2] = '\n';
    gives(&world->peers[0], line);
    gives(&world->peers[1], line);
    world->room.flow.turn.bytes = OUTBOX_LIMIT; /* the turn is spent: both wait in line */
    turn(world);
    assert_null(roster_find(&world->room.roster, "peer3", 5));
    assert_int_equal(wait_of(world, "peer1"), 0);
    assert_int_equal(wait_of(world, "peer2"), 0);
    close_world(world);
}

static void eviction_notice_may_evict_another(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    fill(world, 2);
    fill(world, 3);
    uv_timer_start(&member(world, "peer2")->limit, member(world, "peer2")->limit.timer_cb, 0, 0);
    assert_reads(world, 1, "-!- peer2 left\n-!- peer3 left\n");
    close_world(world);
}

static void rate_of_zero_is_no_limit(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    for (int i = 0; i < 500; i++)
        gives(&world->peers[0], "x\n");
    assert_int_equal(framer_read(world, 2), 500);
    close_world(world);
}

/* ---- commands ---- */

static void let_silence_pass(struct world *world, const char *name)
{
    struct member *who = member(world, name);

    uv_timer_start(&who->silence, who->silence.timer_cb, 0, 0);
    turn(world);
}

static void help_lists_the_commands(void **state)
{
    struct world *world = open_with(2);
    const char *lines;

    (void)state;
    says(world, 1, "/help\n");
    assert_int_equal(buf_append(&world->peers[0].output, "", 1), 0);
    lines = (const char *)buf_bytes(&world->peers[0].output);
    for (const char *line = lines; *line; line = strchr(line, '\n') + 1)
        assert_memory_equal(line, "-!- /", 5);
    for (size_t i = 0; i < 7; i++) {
        static const char *const words[] = {
            "/help", "/who", "/nick NAME", "/me", "/msg NAME", "/encoding CHARSET", "/quit"};
        assert_non_null(strstr(lines, words[i]));
    }
    assert_null(strstr(lines, "/kick"));
    assert_reads(world, 2, "");
    assert_noted(world, "");
    close_world(world);
}

static void who_lists_the_names(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/who\n");
    assert_reads(world, 1, "-!- Operator\n-!- peer1\n-!- peer2\n-!- 3 are here\n");
    assert_reads(world, 2, "");
    close_world(world);
}

static void who_lists_a_hundred(void **state)
{
    struct world *world = open_with(110);

    (void)state;
    says(world, 1, "/who\n");
    assert_int_equal(framer_read(world, 1), 1 + 100 + 1);
    close_world(world);
}

static void nick_gives_another_name(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/nick 王\n");
    assert_reads(world, 1, "-!- you are 王\n");
    assert_reads(world, 2, "-!- peer1 is now 王\n");
    assert_noted(world, "* peer1 is now 王\n");
    says(world, 1, "hello\n/me waves\n/msg peer3 psst\n");
    assert_reads(world, 2, "王: hello\n* 王 waves\n");
    assert_reads(world, 3, "-!- peer1 is now 王\n王: hello\n* 王 waves\n[王] psst\n");
    says(world, 2, "/msg 王 yes\n");
    assert_reads(world, 1, "[peer2] yes\n");
    world->peers[0].input_ends = true;
    assert_reads(world, 2, "-!- 王 left\n");
    close_world(world);
}

/* One member reads a notice, and no other member reads anything. */
static void assert_refused(struct world *world, const char *line)
{
    const char *answer;

    forget(world);
    says(world, 1, line);
    assert_int_equal(buf_append(&world->peers[0].output, "", 1), 0);
    answer = (const char *)buf_bytes(&world->peers[0].output);
    if (strncmp(answer, "-!- ", 4) || !strncmp(answer, "-!- you are", 11))
        fail_msg("%s was answered with '%s'", line, answer);
    if (buf_length(&world->peers[1].output))
        fail_msg("%s: another one reads '%.*s'", line, (int)buf_length(&world->peers[1].output),
                 buf_bytes(&world->peers[1].output));
    assert_string_equal(world->room.roster.first->seat.name, "peer1");
}

static void nick_refuses_names_of_others(void **state)
{
    static const char *const names[] = {
        "peer2",    "PEER2",     "Peer2",  "ｐｅｅｒ２", "ｐeer2", "peer７",     "operator",
        "OPERATOR", "Ｏperator", "peer77", "Peer３",     "王",     "peer\u00B2",
    };
    struct world *world = open_with(3);
    char line[256];

    (void)state;
    says(world, 3, "/nick 王\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(line, sizeof line, "/nick %s\n", names[i]);
        assert_refused(world, line);
    }
    close_world(world);
}

/* Two alike in any script but its own; see name_check. */
static void nick_refuses_invalid_names(void **state)
{
    static const char *const names[] = {
        "-!- peer2",
        "-!-",
        "-peer2",
        "* peer2",
        "*peer2",
        "[peer2]",
        "/quit",
        "pеer2",          /* a Cyrillic e */
        "рeer2",          /* a Cyrillic r */
        "Οperator",       /* a Greek O */
        "peer2\u200B",    /* a space without width */
        "peer2\u202E",    /* RLO */
        "\u202Epeer2",    /* the same */
        "peer2\u2028",    /* a line separator */
        "peer2\xC2\x85x", /* NEL */
        "peer2\x1B[2Jx",
        "peer2\u2060",
        "peer\u20602",
        "peer2\uFE0F",
        "a\u2800b", /* a braille blank */
        "123456789012345678901234567890123",
        "一二三四五六七八九十一二三四五六七",
        ":",
        "\u0301a",
    };
    struct world *world = open_with(2);
    char line[256];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(line, sizeof line, "/nick %s\n", names[i]);
        assert_refused(world, line);
    }
    close_world(world);
}

static void unknown_command_is_answered_with_advice(void **state)
{
    struct world *world = open_with(2);
    char *line = calloc(1, 4096);

    (void)state;
    assert_non_null(line);
    says(world, 1, "/foo bar\n");
    assert_reads(world, 1, "-!- there is no /foo here; //foo says it\n");
    says(world, 1, "/hlep\n");
    assert_reads(world, 1, "-!- there is no /hlep here; did you mean /help? //hlep says it\n");
    memset(line, 'x', 4000);
    line[0] = '/';
    strcat(line, "\n");
    says(world, 1, line);
    assert_int_equal(buf_append(&world->peers[0].output, "", 1), 0);
    assert_non_null(strstr((char *)buf_bytes(&world->peers[0].output), "x says it\n"));
    assert_reads(world, 2, "");
    free(line);
    close_world(world);
}

/* An action takes any text. */
static void me_takes_any_text(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/nick 37\n");
    forget(world);
    says(world, 1, "/me are here\n/me left\n/me -!- bob left\n/me \u2800\n");
    assert_reads(world, 2, "* 37 are here\n* 37 left\n* 37 -!- bob left\n* 37 \u2800\n");
    close_world(world);
}

/* A line feed in the middle ends the name. */
static void nick_ends_with_its_line(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/nick bob\n-!- peer2 left\n");
    assert_reads(world, 2, "-!- peer1 is now bob\nbob: -!- peer2 left\n");
    close_world(world);
}

static void nick_may_change_the_case(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/nick bob\n");
    forget(world);
    says(world, 1, "/nick Bob\n");
    assert_reads(world, 2, "-!- bob is now Bob\n");
    says(world, 1, "/nick peer1\n"); /* it was given by number, once */
    assert_reads(world, 2, "");
    close_world(world);
}

static void nick_may_take_a_free_name(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/nick bob\n");
    says(world, 1, "/nick rob\n");
    forget(world);
    says(world, 2, "/nick BOB\n");
    assert_reads(world, 3, "-!- peer2 is now BOB\n");
    close_world(world);
}

static void me_is_an_action(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/me waves a  hand\n");
    assert_reads(world, 2, "* peer1 waves a  hand\n");
    assert_reads(world, 1, "");
    assert_noted(world, "* peer1> waves a  hand\n");
    close_world(world);
}

static void msg_reaches_one_member(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/msg PEER2 a secret\n");
    assert_reads(world, 1, "");
    assert_reads(world, 2, "[peer1] a secret\n");
    assert_reads(world, 3, "");
    assert_noted(world, "");
    says(world, 1, "/msg peer9 a secret\n");
    assert_reads(world, 1, "-!- nobody here is called peer9\n");
    says(world, 1, "/msg peer2\n");
    turn(world);
    assert_int_equal(framer_read(world, 1), 1);
    assert_reads(world, 2, "");
    close_world(world);
}

static void msg_reaches_the_operator(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/msg Operator psst\n");
    assert_noted(world, "[peer1]> psst\n");
    says(world, 1, "/msg operator psst\n");
    assert_noted(world, "[peer1]> psst\n");
    assert_reads(world, 1, "");
    assert_reads(world, 2, "");
    close_world(world);
}

static size_t letters_noted(struct world *world, char letter)
{
    size_t count = 0;

    turn(world);
    for (size_t i = 0; i < buf_length(&world->noted); i++)
        count += buf_bytes(&world->noted)[i] == (unsigned char)letter;
    return count;
}

static void long_msg_reaches_the_operator_whole(void **state)
{
    struct world *world = open_with(2);
    char line[4100] = "/msg Operator ";

    (void)state;
    memset(line + 14, 'X', 4000);
    strcpy(line + 4014, "\n");
    says(world, 1, line);
    assert_int_equal(letters_noted(world, 'X'), 4000);
    close_world(world);
}

/* A private text that is too long for one message stays private. */
static void too_long_msg_is_dropped(void **state)
{
    struct world *world = open_with(3);
    char *line = calloc(1, 3 * INBOX_LINE);

    (void)state;
    strcpy(line, "/msg peer2 ");
    memset(line + strlen(line), 'x', 2 * INBOX_LINE);
    strcat(line, " the secret\n");
    says(world, 1, line);
    assert_reads(world, 2, "");
    assert_reads(world, 3, "");
    assert_int_equal(letters_noted(world, 'x'), 0);
    assert_reads(world, 1, "-!- a command has at most 8192 bytes; nothing was done\n");
    says(world, 1, "heard\n");
    assert_reads(world, 3, "peer1: heard\n");
    free(line);
    close_world(world);
}

static void long_command_leaves_no_text(void **state)
{
    struct world *world = open_with(2);
    char *line = calloc(1, 3 * INBOX_LINE);

    (void)state;
    strcpy(line, "/nick ");
    memset(line + strlen(line), 'x', 2 * INBOX_LINE);
    says(world, 1, line);
    let_silence_pass(world, "peer1");
    says(world, 1, "rest");
    let_silence_pass(world, "peer1");
    says(world, 1, " of it\n");
    assert_reads(world, 2, "");
    free(line);
    close_world(world);
}

/* ---- commands that come slowly ---- */

static void silence_ends_no_command(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/msg peer2 the secret ");
    let_silence_pass(world, "peer1");
    says(world, 1, "word is xyzzy\n");
    assert_reads(world, 2, "[peer1] the secret word is xyzzy\n");
    assert_reads(world, 3, "");
    assert_noted(world, "");
    close_world(world);
}

static void command_may_come_byte_by_byte(void **state)
{
    static const char line[] = "/msg peer2 psst\r\n";
    struct world *world = open_with(3);

    (void)state;
    for (size_t i = 0; i + 1 < sizeof line; i++) {
        assert_int_equal(buf_append(&world->peers[0].input, line + i, 1), 0);
        turn(world);
        let_silence_pass(world, "peer1");
    }
    assert_reads(world, 2, "[peer1] psst\n");
    assert_reads(world, 3, "");
    close_world(world);
}

static void two_slashes_wait_for_their_line_end(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/");
    let_silence_pass(world, "peer1");
    says(world, 1, "/half");
    let_silence_pass(world, "peer1");
    assert_reads(world, 2, "");
    says(world, 1, " a line\n");
    assert_reads(world, 2, "peer1: /half a line\n");
    close_world(world);
}

static void bom_hides_no_command(void **state)
{
    static const char *const marks[] = {"\uFEFF", "\x84\x31\x95\x33"};

    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct world *world = new_world();

        world->options.mode.drops_bom = true;
        if (i)
            world->options.member.encodings = (struct encoding_list){gbk, NULL, false, false};
        start(world);
        invite(world, 3);
        forget(world);
        says(world, 1, marks[i]);
        says(world, 1, "/msg peer2 the secret ");
        let_silence_pass(world, "peer1");
        says(world, 1, "word\n");
        assert_reads(world, 2, "[peer1] the secret word\n");
        assert_reads(world, 3, "");
        close_world(world);
    }
}

static void silence_may_be_followed_by_a_command(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "hello");
    let_silence_pass(world, "peer1");
    says(world, 1, "/msg peer2 psst");
    let_silence_pass(world, "peer1");
    says(world, 1, "\n");
    assert_reads(world, 2, "peer1: hello\n[peer1] psst\n");
    assert_reads(world, 3, "peer1: hello\n");
    close_world(world);
}

static void no_commands_ends_a_slash_by_silence(void **state)
{
    struct world *world = new_world();

    (void)state;
    world->options.commands = false;
    start(world);
    invite(world, 2);
    forget(world);
    says(world, 1, "/msg peer2 hi");
    let_silence_pass(world, "peer1");
    assert_reads(world, 2, "peer1: /msg peer2 hi\n");
    close_world(world);
}

/* As if the open line had begun a minute ago. */
static void let_minute_pass(struct world *world, const char *name)
{
    struct member *who = member(world, name);

    assert_true(who->inbox.opened_at > 0);
    assert_in_range(uv_timer_get_due_in(&who->silence), 0, LINE_MS);
    uv_update_time(&world->loop);
    who->inbox.opened_at = uv_now(&world->loop) - LINE_MS;
    let_silence_pass(world, name);
}

static void overdue_command_is_dropped_up_to_its_line_end(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/msg peer2 the secret ");
    let_minute_pass(world, "peer1");
    assert_reads(world, 1, "-!- a command was not finished within 60 s; nothing was done\n");
    says(world, 1, "word is");
    let_silence_pass(world, "peer1");
    says(world, 1, " xyzzy\n");
    assert_reads(world, 1, "");
    assert_reads(world, 2, "");
    assert_reads(world, 3, "");
    says(world, 1, "heard\n");
    assert_reads(world, 3, "peer1: heard\n");
    close_world(world);
}

/* A line end alone ends it, and is no end of anything else. */
static void overdue_command_spares_the_next_line(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\xA0\n"};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct world *world = open_with(2);

        says(world, 1, i == 2 ? "/nick \xE5\xA5" : "/nick bo");
        let_minute_pass(world, "peer1");
        says(world, 1, ends[i]);
        says(world, 1, "heard\n/nick bob\n");
        assert_reads(world, 2, "peer1: heard\n-!- peer1 is now bob\n");
        close_world(world);
    }
}

static void overdue_text_is_said_and_its_rest_is_no_command(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "either");
    let_minute_pass(world, "peer1");
    assert_reads(world, 2, "peer1: either\n");
    says(world, 1, "/or\n/nick bob\n");
    assert_reads(world, 2, "peer1: /or\n-!- peer1 is now bob\n");
    says(world, 1, "whole");
    let_minute_pass(world, "bob");
    says(world, 1, "\n/nick rob\n");
    assert_reads(world, 2, "bob: whole\n-!- bob is now rob\n");
    close_world(world);
}

static void end_ends_a_command(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/msg peer2 last words");
    world->peers[0].input_ends = true;
    assert_reads(world, 2, "[peer1] last words\n-!- peer1 left\n");
    assert_reads(world, 3, "-!- peer1 left\n");
    close_world(world);
}

static void broken_off_command_is_not_obeyed(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/msg peer2 the bridge is not safe");
    says(world, 2, "last words");
    world->peers[0].read_fails = ERR_NETWORK;
    assert_reads(world, 3, "-!- peer1 left\n");
    assert_reads(world, 2, "-!- peer1 left\n");
    world->peers[1].read_fails = ERR_NETWORK;
    assert_reads(world, 3, "peer2: last words\n-!- peer2 left\n");
    close_world(world);
}

static void encoding_sets_the_charset(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "/encoding gbk\n");
    assert_reads(world, 1, "-!- you speak GBK\n");
    says(world, 2, "你好\n");
    assert_reads(world, 1, "peer2: \xC4\xE3\xBA\xC3\n");
    says(world, 1, "/encoding auto\n");
    says(world, 1, "/encoding utf-8,big5\n");
    forget(world);
    says(world, 2, "你好\n");
    assert_reads(world, 1, "peer2: 你好\n");
    close_world(world);
}

/* No stranger has a conversion module loaded. */
static void encoding_takes_known_charsets_only(void **state)
{
    static const char *const bad[] = {"koi8-r", "klingon", "utf-16", "gbk//IGNORE",
                                      "raw",    "",        "%s%n"};
    struct world *world = open_with(2);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[64];

        snprintf(line, sizeof line, "/encoding %s\n", bad[i]);
        assert_refused(world, line);
    }
    says(world, 2, "你\n");
    forget(world);
    close_world(world);
}

static void quit_leaves(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "bye\n/quit\nnever\n");
    assert_reads(world, 2, "peer1: bye\n-!- peer1 left\n");
    assert_true(world->peers[0].closed);
    assert_int_equal(world->peers[0].how, STREAM_LINGER);
    close_world(world);
}

static void two_slashes_say_one(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    says(world, 1, "//quit\n/usr/bin/env\n / \n/\n");
    assert_reads(world, 2, "peer1: /quit\npeer1: /usr/bin/env\npeer1:  / \npeer1: /\n");
    assert_false(world->peers[0].closed);
    close_world(world);
}

static void wrong_commands_are_answered(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    assert_refused(world, "/kick peer2\n");
    assert_refused(world, "/lock\n");
    assert_refused(world, "/nock bob\n");
    assert_refused(world, "/xyzzy\n");
    assert_refused(world, "/nick\n");
    assert_refused(world, "/nick a b\n");
    assert_refused(world, "/me\n");
    assert_refused(world, "/x%s%s%s%n\n");
    close_world(world);
}

/* ---- forging ---- */

/* A CR ends a line, and the next one has its speaker in front, too. */
static void cr_begins_a_line_of_the_same_sender(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    forget(world);
    says(world, 1, "hi\rpeer2: forged\n/me waves\r* peer2 left\n/nick bob\rx\n");
    assert_reads(world, 2,
                 "peer1: hi\npeer1: peer2: forged\n* peer1 waves\npeer1: * peer2 left\n"
                 "-!- peer1 is now bob\nbob: x\n");
    close_world(world);
}

/* Exactly one line, from peer1, and of visible characters only. */
static void assert_honest(struct world *world, const char *sent)
{
    const unsigned char *line = buf_bytes(&world->peers[1].output);
    size_t n = buf_length(&world->peers[1].output);

    if (n < 8 || memcmp(line, "peer1: ", 7) || memchr(line, '\n', n) != line + n - 1)
        fail_msg("'%s' arrives as '%.*s'", sent, (int)n, line);
    for (n--; n;) {
        struct utf8_char next = utf8_next(line, n);

        if (!safetext_is_plain(next.scalar) || next.scalar < 0x20)
            fail_msg("'%s' holds U+%04X", sent, (unsigned)next.scalar);
        line += next.length;
        n -= next.length;
    }
}

static void text_never_spans_lines(void **state)
{
    static const char *const texts[] = {
        "hi\vpeer2: forged",
        "hi\x1B[2K\x1B[1Gpeer2: forged",
        "hi\x1B]0;title\x07",
        "hi\b\b\b\b\b\b\b\b\bpeer2: forged",
        "hi\xC2\x85"
        "peer2: forged",
        "hi\u2028peer2: forged",
        "hi\u2029peer2: forged",
        "hi\vpeer2: forged",
        "hi\fpeer2: forged",
        "\u202Ehi :2reep",
        "\u2067hi :2reep\u2069",
        "\xFF\xFEhi",
        "\xC0\x8Apeer2: forged",     /* an overlong LF */
        "\xE0\x80\x8Apeer2: forged", /* the same */
        "\xC4\x0B"
        "peer2",
        "\x81\x30\x83\x37[2J", /* CSI in GB18030 */
        "\uFEFFhi",
        "\u0301hi",
        "-!- peer2 left",
        "peer2: hi",
        "[peer2] hi",
        "\t\t\t\t\t\t\t\t\t\tpeer2: hi",
        "\x0E\x0F\x18\x1A",
        "\x7F\x7F",
    };
    struct world *world = open_with(2);

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        forget(world);
        says(world, 1, texts[i]);
        says(world, 1, "\n");
        assert_honest(world, texts[i]);
    }
    close_world(world);
}

static void nul_ends_no_line(void **state)
{
    struct world *world = open_with(2);

    (void)state;
    assert_int_equal(buf_append(&world->peers[0].input, "a\0b\n", 4), 0);
    assert_reads(world, 2, "peer1: a^@b\n");
    assert_int_equal(buf_append(&world->peers[0].input, "//a\0b\n", 6), 0);
    assert_reads(world, 2, "peer1: /a^@b\n");
    assert_int_equal(buf_append(&world->peers[0].input, "/me a\0b\n", 8), 0);
    assert_reads(world, 2, "");
    assert_reads(world, 1, "-!- a command holds no NUL; nothing was done\n");
    assert_int_equal(buf_append(&world->peers[0].input, "/msg peer2 a\0b\n", 15), 0);
    assert_reads(world, 2, "");
    close_world(world);
}

/* The same through the commands that carry text. */
static void command_never_spans_lines(void **state)
{
    static const char *const texts[] = {"hi\v* peer2 left", "hi\u2028* peer2 left",
                                        "hi\xC2\x85* peer2 left", "\x1B[2K* peer2 left",
                                        "\u202Etfel"};
    struct world *world = open_with(2);

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char line[256];

        for (int msg = 0; msg < 2; msg++) {
            const char *head = msg ? "[peer1] " : "* peer1 ";
            const unsigned char *got;
            size_t n;

            forget(world);
            snprintf(line, sizeof line, "%s%s\n", msg ? "/msg peer2 " : "/me ", texts[i]);
            says(world, 1, line);
            got = buf_bytes(&world->peers[1].output);
            n = buf_length(&world->peers[1].output);
            if (n < 9 || memcmp(got, head, 8) || memchr(got, '\n', n) != got + n - 1)
                fail_msg("'%s' arrives as '%.*s'", line, (int)n, got);
            for (size_t at = 0; at + 1 < n; at++)
                assert_true(got[at] >= 0x20 && got[at] != 0x7F);
            assert_int_equal(buf_append(&world->peers[1].output, "", 1), 0);
            got = buf_bytes(&world->peers[1].output);
            assert_null(strstr((char *)got, "\u2028"));
            assert_null(strstr((char *)got, "\u202E"));
        }
    }
    close_world(world);
}

/* An answer may quote what it answers, but not more than that. */
static void answers_are_safe(void **state)
{
    static const char *const lines[] = {"/nick a\x1B[2Jb\n", "/msg a\x1B[2J b\n",
                                        "/encoding a\x1B[2J\n", "/a\x1B[2J\n", "/nick a\u202Eb\n"};
    struct world *world = open_with(2);

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_refused(world, lines[i]);
        assert_null(
            memchr(buf_bytes(&world->peers[0].output), 0x1B, buf_length(&world->peers[0].output)));
        assert_null(strstr((char *)buf_bytes(&world->peers[0].output), "\u202E"));
    }
    close_world(world);
}

/* A line that is cut into packets, and one that is never ended. */
static void packets_make_no_lines(void **state)
{
    struct world *world = open_with(2);
    struct member *slow = member(world, "peer1");

    (void)state;
    says(world, 1, "he");
    says(world, 1, "llo\r");
    says(world, 1, "\nun");
    assert_reads(world, 2, "peer1: hello\n");
    says(world, 1, "ended");
    uv_timer_start(&slow->silence, slow->silence.timer_cb, 0, 0);
    assert_reads(world, 2, "peer1: unended\n");
    says(world, 1, "\n-!- peer2 left\n");
    assert_reads(world, 2, "peer1: -!- peer2 left\n");
    close_world(world);
}

/* A character that a charset lacks is "?", and no name begins with that. */
static void names_survive_charsets(void **state)
{
    struct world *world = open_with(3);

    (void)state;
    says(world, 1, "/nick 😀\n");
    says(world, 1, "/nick Жанна\n");
    says(world, 2, "/encoding big5\n");
    forget(world);
    says(world, 1, "hi\n");
    turn(world);
    assert_memory_equal(
        buf_bytes(&world->peers[1].output) + buf_length(&world->peers[1].output) - 5, ": hi\n", 5);
    close_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_the_name_in_front),
        cmocka_unit_test(empty_line_has_the_name_in_front),
        cmocka_unit_test(newcomer_reads_its_name),
        cmocka_unit_test(no_commands_names_none),
        cmocka_unit_test(leave_is_told_without_the_address),
        cmocka_unit_test(last_words_come_before_the_notice),
        cmocka_unit_test(line_comes_in_the_readers_charset),
        cmocka_unit_test(operator_speaks_under_its_name),
        cmocka_unit_test(operator_may_say_an_empty_line),
        cmocka_unit_test(operator_may_say_a_long_line),
        cmocka_unit_test(long_line_comes_in_pieces_with_names),
        cmocka_unit_test(storm_of_joins_is_one_line),
        cmocka_unit_test(storm_of_renames_is_one_line),
        cmocka_unit_test(sums_count_each_kind),
        cmocka_unit_test(kicked_member_reads_the_reason),
        cmocka_unit_test(end_of_the_room_is_told),
        cmocka_unit_test(unknown_command_is_answered_with_advice),
        cmocka_unit_test(me_takes_any_text),
        cmocka_unit_test(rate_lets_twenty_at_once_then_five_a_second),
        cmocka_unit_test(rate_counts_commands),
        cmocka_unit_test(rate_holds_the_end_back),
        cmocka_unit_test(rate_may_be_slower),
        cmocka_unit_test(rate_of_an_evicting_line_pays_for_itself_only),
        cmocka_unit_test(eviction_notice_may_evict_another),
        cmocka_unit_test(rate_of_zero_is_no_limit),
        cmocka_unit_test(help_lists_the_commands),
        cmocka_unit_test(who_lists_the_names),
        cmocka_unit_test(who_lists_a_hundred),
        cmocka_unit_test(nick_gives_another_name),
        cmocka_unit_test(nick_refuses_names_of_others),
        cmocka_unit_test(nick_refuses_invalid_names),
        cmocka_unit_test(nick_ends_with_its_line),
        cmocka_unit_test(nick_may_change_the_case),
        cmocka_unit_test(nick_may_take_a_free_name),
        cmocka_unit_test(me_is_an_action),
        cmocka_unit_test(msg_reaches_one_member),
        cmocka_unit_test(msg_reaches_the_operator),
        cmocka_unit_test(long_msg_reaches_the_operator_whole),
        cmocka_unit_test(too_long_msg_is_dropped),
        cmocka_unit_test(long_command_leaves_no_text),
        cmocka_unit_test(silence_ends_no_command),
        cmocka_unit_test(command_may_come_byte_by_byte),
        cmocka_unit_test(two_slashes_wait_for_their_line_end),
        cmocka_unit_test(bom_hides_no_command),
        cmocka_unit_test(silence_may_be_followed_by_a_command),
        cmocka_unit_test(no_commands_ends_a_slash_by_silence),
        cmocka_unit_test(overdue_command_is_dropped_up_to_its_line_end),
        cmocka_unit_test(overdue_command_spares_the_next_line),
        cmocka_unit_test(overdue_text_is_said_and_its_rest_is_no_command),
        cmocka_unit_test(end_ends_a_command),
        cmocka_unit_test(broken_off_command_is_not_obeyed),
        cmocka_unit_test(encoding_sets_the_charset),
        cmocka_unit_test(encoding_takes_known_charsets_only),
        cmocka_unit_test(quit_leaves),
        cmocka_unit_test(two_slashes_say_one),
        cmocka_unit_test(wrong_commands_are_answered),
        cmocka_unit_test(cr_begins_a_line_of_the_same_sender),
        cmocka_unit_test(text_never_spans_lines),
        cmocka_unit_test(nul_ends_no_line),
        cmocka_unit_test(command_never_spans_lines),
        cmocka_unit_test(answers_are_safe),
        cmocka_unit_test(packets_make_no_lines),
        cmocka_unit_test(names_survive_charsets),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
