/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake.h"
#include "io/watch.h"
#include "room/member.h"
#include "rooms.h"

/* ---- a loop with a peer and its member ----
 *
 * The member's events are noted as text: [said], [+continued], [!replaced], stalled, drained,
 * ended:KIND. No test waits: a timer is looked at and then hurried. */

enum {
    SILENCE_MS = 60000,
    CR_MS = 50000,
    KEY_MS = 70000,
    IDLE_MS = 30000,
    QUIT_MS = 20000,
    LEAVE_MS = 5000
};

enum event { SAID = 1, ENDED = 2, STUCK = 4, DRAINED = 8 };

struct world {
    uv_loop_t loop;
    struct fake peer;
    struct member_options options;
    struct mode mode;
    struct member *member; /* NULL once closed */
    struct buf told;
    bool refuses;       /* it takes nothing now */
    int patience;       /* if not 0: listens answers yes so often */
    unsigned leaves_at; /* events in which the owner lets it leave */
    enum stream_close leaves_how;
    bool left, closing;
    bool is_broken_off; /* when it closes */
    bool owes;          /* the member is to be flushed */
    struct outbox_pool pool;
    uint64_t taken;    /* bytes of its outbox, as told */
    bool keeps_room;   /* what the peer takes is the test's own to say */
    size_t allowance;  /* so many bytes are still granted */
    bool offers_all;   /* an offer may end anywhere */
    uint64_t pause_ms; /* what listens answers */
    unsigned busy_ms;  /* how long the owner is busy with what was said */
};

static void note(struct world *world, const char *text, size_t n)
{
    assert_int_equal(buf_append(&world->told, text, n), 0);
}

static void happened(struct world *world, enum event event)
{
    assert_false(world->left); /* a member that has left tells nothing */
    if (!(world->leaves_at & event))
        return;
    world->left = true;
    member_leave(world->member, world->leaves_how, closed_by_us);
}

static uint64_t on_delay(void *owner, struct member *member)
{
    struct world *world = owner;

    (void)member;
    if (world->patience && --world->patience == 0)
        world->refuses = true;
    return world->refuses ? MEMBER_WAITS : world->pause_ms;
}

/* An offer never cuts a character. */
static size_t on_grants(void *owner, struct member *member, const unsigned char *bytes, size_t n,
                        bool is_line)
{
    struct world *world = owner;
    const struct encoding_list *encodings = &member->inbox.encoding.encodings;
    size_t granted = n < world->allowance ? n : world->allowance;

    assert_true(n > 0);
    assert_true(is_line || !memchr(bytes, '\n', n));
    if (encodings->first && !world->offers_all)
        assert_int_equal(encoding_unfinished(&member->inbox.encoding, bytes, n), 0);
    world->allowance -= granted;
    return granted;
}

static void stay_busy(unsigned ms)
{
    uint64_t until = uv_hrtime() + ms * UINT64_C(1000000);

    while (uv_hrtime() < until)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void on_said(void *owner, struct member *member, const struct inbound *inbound)
{
    struct world *world = owner;

    assert_ptr_equal(member, world->member);
    note(world, "[", 1);
    note(world, "+", inbound->continues);
    note(world, "!", inbound->replaced);
    note(world, inbound->text, inbound->n);
    note(world, "]", 1);
    stay_busy(world->busy_ms);
    happened(world, SAID);
}

static void on_ended(void *owner, struct member *member, enum member_end how, const struct err *err)
{
    struct world *world = owner;
    char text[16];

    (void)member;
    (void)how;
    snprintf(text, sizeof text, "ended:%d", err->kind);
    note(world, text, strlen(text));
    happened(world, ENDED);
}

static void on_stalled(void *owner, struct member *member)
{
    (void)member;
    note(owner, "stalled", 7);
    happened(owner, STUCK);
}

/* As a room does it, for what the member answers and for what the loop tells. */
static void note_changes(struct world *world, unsigned changes)
{
    if (changes & OUTBOX_PENDING)
        world->owes = true;
    if (changes & OUTBOX_TOOK) {
        assert_true(world->member->outbox.sent > world->taken);
        world->taken = world->member->outbox.sent;
    }
    if (changes & OUTBOX_FILLED)
        note(world, "congested", 9);
    if (changes & OUTBOX_DRAINED) {
        note(world, "drained", 7);
        happened(world, DRAINED);
    }
}

/* Also while it leaves. */
static void on_wrote(void *owner, struct member *member, unsigned changes)
{
    (void)member;
    note_changes(owner, changes);
}

static void on_closing(void *owner, struct member *member)
{
    struct world *world = owner;

    assert_ptr_equal(member, world->member);
    assert_non_null(member->stream);
    assert_false(world->peer.closed || world->closing);
    world->closing = true;
    world->is_broken_off = member->ending.reason != NULL;
}

static void on_closed(void *owner, struct member *member)
{
    struct world *world = owner;

    assert_ptr_equal(member, world->member);
    assert_true(world->closing);
    assert_int_equal(world->pool.held, 0);
    assert_int_equal(world->pool.queued, 0);
    world->member = NULL;
}

static const struct member_events events = {
    .delay = on_delay,
    .grants = on_grants,
    .said = on_said,
    .ended = on_ended,
    .wrote = on_wrote,
    .stalled = on_stalled,
    .closing = on_closing,
    .closed = on_closed,
};

/* Flushes, as a room does. */
static void on_turn_end(void *owner)
{
    struct world *world = owner;

    if (world->owes && !world->left)
        note_changes(world, member_flush(world->member));
    world->owes = false;
}

static void open_world(struct world *world)
{
    *world = (struct world){
        .options = {.encodings = {utf8, gbk}, .inbox = {.utf8 = utf8}},
        .pool = {.congested = OUTBOX_CONGESTED},
        .mode = {.framed = true, .drops_bom = true, .silence_ms = SILENCE_MS},
        .allowance = SIZE_MAX,
        .leaves_at = ENDED,
    };
    world->options.inbox.mode = &world->mode;
    world->options.pool = &world->pool;
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    watches_on_turn_end(&world->loop, on_turn_end, world);
    fake_init(&world->peer, &world->loop);
    buf_init(&world->told, 1 << 24);
}

static void start(struct world *world)
{
    struct err err = {0};

    world->member =
        member_new(&world->loop, &world->peer.stream, &world->options, &events, world, &err);
    assert_non_null(world->member);
}

static void turn(struct world *world)
{
    run_turns(&world->loop);
}

static void leave(struct world *world, enum stream_close how)
{
    world->left = true;
    member_leave(world->member, how, closed_by_us);
}

/* Everything is given back: the loop has nothing left to wait for. */
static void close_world(struct world *world)
{
    if (!world->left)
        leave(world, STREAM_ABORT);
    if (world->member && !world->peer.closed && !world->keeps_room)
        world->peer.room = WHOLE;
    watches_on_turn_end(&world->loop, NULL, NULL);
    loop_run(&world->loop);
    assert_null(world->member);
    assert_true(world->peer.closed);
    assert_int_equal(loop_close(&world->loop), 0);
    buf_fini(&world->told);
    fake_fini(&world->peer);
}

static void open_and_start(struct world *world)
{
    open_world(world);
    start(world);
}

/* Since it was asked last. */
static void assert_told(struct world *world, const char *expected)
{
    turn(world);
    assert_taken(&world->told, expected);
}

static void fall_silent(struct world *world)
{
    turn(world);
    hurry_timer(&world->member->silence, SILENCE_MS);
}

static void speak(struct world *world, const char *text)
{
    gives(&world->peer, text);
    turn(world);
}

static void send_message(struct world *world, struct message *message)
{
    note_changes(world, member_send(world->member, message, 0));
    message_release(message);
}

static void hear(struct world *world, const char *text)
{
    struct message *message = message_new(utf8, text, strlen(text), true, &world->pool.held);

    send_message(world, message);
}

static void hear_much(struct world *world, size_t n)
{
    char *text = malloc(n);
    struct message *message;

    memset(text, 'x', n);
    message = message_new(utf8, text, n, false, &world->pool.held);
    send_message(world, message);
    free(text);
}

static void open_typed(struct world *world, struct charset *first, struct charset *second)
{
    open_world(world);
    world->mode.telnet = world->mode.typed = true;
    world->mode.cr_ms = CR_MS;
    world->mode.key_ms = KEY_MS;
    world->options.encodings = (struct encoding_list){.first = first, .second = second};
    start(world);
}

static void fall_silent_for(struct world *world, uint64_t ms)
{
    turn(world);
    hurry_timer(&world->member->silence, ms);
}

static void assert_written(struct world *world, const char *expected)
{
    turn(world);
    assert_taken(&world->peer.output, expected);
}

/* The charset that the member is written to. */
static struct charset *replies_in(struct world *world)
{
    return encoding_reply(&world->member->inbox.encoding);
}

/* ---- messages ---- */

static void message_ends_at_a_line_end(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "one\ntwo\r\n\n你好\nrest");
    assert_told(&world, "[one][two][][你好]");
    speak(&world, "\n");
    assert_told(&world, "[rest]");
    assert_int_equal(world.member->inbox.received, strlen("one\ntwo\r\n\n你好\nrest\n"));
    close_world(&world);
}

static void message_survives_any_cut_of_packets(void **state)
{
    static const char text[] = "one\r\n你好\r\n\r\n世界\n";
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.read_most = 1;
    speak(&world, text);
    assert_told(&world, "[one][你好][][世界]");
    close_world(&world);
    for (size_t cut = 0; cut < sizeof text; cut++) {
        open_and_start(&world);
        assert_int_equal(buf_append(&world.peer.input, text, cut), 0);
        turn(&world);
        speak(&world, text + cut);
        assert_told(&world, "[one][你好][][世界]");
        close_world(&world);
    }
}

static void silence_ends_a_message(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "hello");
    assert_told(&world, "");
    fall_silent(&world);
    assert_told(&world, "[hello]");
    speak(&world, "\nnext\n"); /* its line end ends nothing more */
    assert_told(&world, "[next]");
    assert_false(uv_is_active((uv_handle_t *)&world.member->silence));
    close_world(&world);
}

static void silence_begins_anew_with_every_byte(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "he");
    uv_timer_start(&world.member->silence, world.member->silence.timer_cb, 1, 0);
    speak(&world, "llo");
    assert_true(uv_timer_get_due_in(&world.member->silence) > SILENCE_MS / 2);
    assert_told(&world, "");
    fall_silent(&world);
    assert_told(&world, "[hello]");
    close_world(&world);
}

/* The loop was late, with other peers: then the timer is due before the rest is read, though the
 * rest has arrived. */
static void silence_is_none_where_bytes_have_arrived(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.mode.silence_ms = 50;
    world.busy_ms = 120;
    world.peer.read_most = 1;
    start(&world);
    speak(&world, "a\nthis came in one packet\n");
    assert_told(&world, "[a][this came in one packet]");
    close_world(&world);
}

static void end_ends_a_message(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    gives(&world.peer, "one\ntwo");
    world.peer.input_ends = true;
    assert_told(&world, "[one][two]ended:0");
    assert_null(world.member);
    close_world(&world);
}

static void end_behind_a_line_gives_no_message(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    gives(&world.peer, "one\n");
    world.peer.input_ends = true;
    assert_told(&world, "[one]ended:0");
    close_world(&world);
}

static void failure_comes_behind_all_messages(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    gives(&world.peer, "one\ntwo");
    world.peer.read_fails = ERR_NETWORK;
    assert_told(&world, "[one][two]ended:1");
    close_world(&world);
}

/* ---- keys ---- */

static void keys_that_come_one_by_one_are_one_message(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, utf8, gbk);
    speak(&world, "h");
    speak(&world, "i");
    speak(&world, "你");
    assert_told(&world, "");
    fall_silent_for(&world, KEY_MS);
    assert_told(&world, "[hi你]");
    speak(&world, "h");
    speak(&world, "ello");
    fall_silent_for(&world, SILENCE_MS);
    assert_told(&world, "[hello]");
    speak(&world, "\xC4");
    speak(&world, "\xE3");
    fall_silent_for(&world, KEY_MS);
    assert_told(&world, "[你]");
    close_world(&world);
}

static void cr_ends_a_line_after_a_silence(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, utf8, gbk);
    speak(&world, "one\r");
    assert_told(&world, "");
    fall_silent_for(&world, CR_MS);
    assert_told(&world, "[one]");
    assert_int_equal(buf_append(&world.peer.input, "\0two\r\0three\r\n", 13), 0);
    speak(&world, "");
    assert_told(&world, "[two][three]");
    speak(&world, "a\rb\n");
    assert_told(&world, "[a][b]");
    speak(&world, "c\r\r"); /* an LF may follow */
    assert_told(&world, "");
    fall_silent_for(&world, CR_MS);
    assert_told(&world, "[c]");
    fall_silent_for(&world, CR_MS);
    assert_told(&world, "[]");
    close_world(&world);
}

static void key_rubs_out_the_character_before_it(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, utf8, gbk);
    speak(&world, "你们\x7F好ab\b\b\n");
    assert_told(&world, "[你好]");
    speak(&world, "\xC4\xE3\xC3\xC7\b\xBA\xC3\n");
    assert_told(&world, "[你好]");
    speak(&world, "x");
    speak(&world, "\b");
    fall_silent_for(&world, KEY_MS);
    assert_told(&world, "");
    speak(&world, "x\b\n");
    assert_told(&world, "[]");
    close_world(&world);
}

static void command_that_was_rubbed_free_is_given_whole(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, utf8, gbk);
    world.options.inbox.commands = true;
    speak(&world, "x\b/qu");
    turn(&world);
    assert_false(uv_is_active((uv_handle_t *)&world.member->silence));
    speak(&world, "it\r");
    fall_silent_for(&world, CR_MS);
    assert_told(&world, "[/quit]");
    close_world(&world);
}

static void bytes_without_a_charset_are_not_edited(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, NULL, NULL);
    speak(&world, "ab\b\xFF\xFB\x01\r");
    fall_silent_for(&world, SILENCE_MS);
    assert_told(&world, "[ab\b\xFF\xFB\x01]");
    assert_written(&world, "");
    close_world(&world);
}

/* ---- telnet ---- */

static void telnet_peer_is_answered_once(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, utf8, gbk);
    world.options.inbox.text.eol = EOL_AS_IS;
    hear(&world, "before");
    assert_written(&world, "before\n");
    speak(&world, "\xFF\xFB\x1F\xFF\xFD\x0Ahi\xFF\xFB\x1F\xFF\xF9 you\n");
    assert_told(&world, "[hi you]");
    assert_written(&world, "\xFF\xFE\x1F\xFF\xFC\x0A");
    hear(&world, "after");
    assert_written(&world, "after\r\n");
    assert_int_equal(world.pool.held, 0);
    close_world(&world);
}

static void pipe_does_not_answer_telnet(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, gbk, NULL);
    world.mode.typed = false;
    speak(&world, "\xFF\xFB\x1Fhi\n");
    assert_told(&world, "[hi]");
    assert_written(&world, "");
    hear(&world, "after");
    assert_written(&world, "after\r\n");
    close_world(&world);
}

/* я is FF, with which a telnet peer would begin. */
static void first_letter_of_byte_ff_waits_no_longer_than_others(void **state)
{
    struct charset *russian = charset_find(&charsets, "windows-1251", NULL);
    struct world world;

    (void)state;
    open_typed(&world, russian, NULL);
    speak(&world, "\xFF");
    assert_told(&world, "");
    fall_silent_for(&world, SILENCE_MS);
    assert_told(&world, "[я]");
    speak(&world, "\xFF\xF9\xFF");
    world.peer.input_ends = true;
    speak(&world, "");
    assert_told(&world, "[ящя]ended:0");
    close_world(&world);
}

static void end_within_a_command_gives_its_bytes(void **state)
{
    struct world world;

    (void)state;
    open_typed(&world, gbk, NULL);
    speak(&world, "hi\xFF");
    fall_silent_for(&world, SILENCE_MS);
    assert_told(&world, "[hi]");
    world.peer.input_ends = true;
    speak(&world, "");
    assert_told(&world, "[!\uFFFD]ended:0");
    close_world(&world);
}

/* ---- the cap ---- */

static void speak_line_of(struct world *world, size_t n)
{
    char *line = malloc(n + 2);

    memset(line, 'x', n);
    memcpy(line + n, "\n", 2);
    gives(&world->peer, line);
    turn(world);
    free(line);
}

/* A piece each: its length, with a + where it continues one. */
static void assert_pieces(struct world *world, const char *expected)
{
    char pieces[256] = "";
    const char *rest;

    turn(world);
    assert_int_equal(buf_append(&world->told, "", 1), 0);
    rest = (const char *)buf_bytes(&world->told);
    while (*rest == '[') {
        bool continues = rest[1] == '+';
        const char *end = strchr(rest, ']');
        size_t length = (size_t)(end - rest) - 1 - continues;

        sprintf(pieces + strlen(pieces), "%s%zu ", continues ? "+" : "", length);
        rest = end + 1;
    }
    assert_string_equal(pieces, expected);
    buf_consume(&world->told, buf_length(&world->told));
}

static void long_line_becomes_several_messages(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak_line_of(&world, INBOX_LINE);
    assert_pieces(&world, "8192 ");
    speak_line_of(&world, INBOX_LINE + 1);
    assert_pieces(&world, "8192 +1 ");
    speak_line_of(&world, 3 * INBOX_LINE + 5);
    assert_pieces(&world, "8192 +8192 +8192 +5 ");
    speak_line_of(&world, 3);
    assert_pieces(&world, "3 ");
    close_world(&world);
}

static void silence_is_followed_by_a_new_message(void **state)
{
    struct world world;
    char *text = calloc(1, INBOX_LINE + 100);

    (void)state;
    memset(text, 'x', INBOX_LINE + 10);
    open_and_start(&world);
    speak(&world, text);
    fall_silent(&world);
    assert_pieces(&world, "8192 +10 ");
    speak(&world, "more\n");
    assert_pieces(&world, "4 ");
    close_world(&world);
    free(text);
}

static void long_line_may_end_with_the_peer(void **state)
{
    struct world world;
    char *text = calloc(1, INBOX_LINE + 100);

    (void)state;
    memset(text, 'x', INBOX_LINE + 10);
    open_and_start(&world);
    gives(&world.peer, text);
    world.peer.input_ends = true;
    turn(&world);
    assert_pieces(&world, "8192 +10 ");
    close_world(&world);
    free(text);
}

/* ---- unfinished characters ---- */

static void silence_tears_no_character(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "\xE4\xBD");
    assert_false(uv_is_active((uv_handle_t *)&world.member->silence)); /* nothing can be said */
    speak(&world, "\xA0\xE5\xA5");
    fall_silent(&world);
    assert_told(&world, "[你]");
    speak(&world, "\xBD");
    fall_silent(&world);
    assert_told(&world, "[好]");
    assert_ptr_equal(encoding_known(&world.member->inbox.encoding), utf8);
    close_world(&world);
}

static void silence_tears_no_gbk_character(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "\xC4\xE3\xBA");
    fall_silent(&world);
    assert_told(&world, "[你]");
    speak(&world, "\xC3");
    fall_silent(&world);
    assert_told(&world, "[好]");
    close_world(&world);
}

static void unfinished_character_at_the_end_is_bad_text(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.encodings = (struct encoding_list){utf8, NULL, false, false};
    start(&world);
    gives(&world.peer, "a\xE4\xBD");
    world.peer.input_ends = true;
    assert_told(&world, "[!a\uFFFD]ended:0");
    close_world(&world);
    open_world(&world);
    world.options.encodings = (struct encoding_list){gbk, NULL, false, false};
    world.options.inbox.text.bad = BAD_ESCAPE;
    start(&world);
    gives(&world.peer, "\xC4\xE3\xBA");
    world.peer.input_ends = true;
    assert_told(&world, "[!你\\xBA]ended:0");
    close_world(&world);
}

/* A hanzi of UTF-8 that is cut after two bytes is one of GBK, always: it gives no evidence. */
static void unfinished_character_at_the_end_is_no_evidence(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    gives(&world.peer, "\xE4\xBD");
    world.peer.input_ends = true;
    assert_told(&world, "[!\uFFFD]ended:0");
    close_world(&world);
    open_and_start(&world);
    gives(&world.peer, "caf\xC3\xA9 \xE4\xBD");
    world.peer.input_ends = true;
    assert_told(&world, "[!café \uFFFD]ended:0");
    close_world(&world);
}

static void unfinished_gbk_character_hides_no_evidence(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    gives(&world.peer, "\xC4\xE3\xBA");
    world.peer.input_ends = true;
    assert_told(&world, "[!你\uFFFD]ended:0");
    close_world(&world);
}

/* ---- byte order marks ---- */

static void bom_at_the_beginning_is_dropped_once(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "\uFEFF\uFEFFa\n\uFEFFb\n");
    assert_told(&world, "[\uFEFFa][\uFEFFb]");
    close_world(&world);
    open_and_start(&world);
    world.peer.read_most = 1;
    speak(&world, "\uFEFF\na\n");
    assert_told(&world, "[][a]");
    close_world(&world);
    open_and_start(&world);
    speak(&world, "a\n\uFEFFb\n");
    assert_told(&world, "[a][\uFEFFb]");
    close_world(&world);
}

/* A program may flush it alone, and think before it speaks. */
static void bom_alone_is_no_message(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "\uFEFF");
    if (uv_is_active((uv_handle_t *)&world.member->silence))
        fall_silent(&world);
    assert_told(&world, "");
    speak(&world, "a\n");
    assert_told(&world, "[a]");
    close_world(&world);
}

/* ---- charsets ---- */

static void reply_follows_the_evidence(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    assert_ptr_equal(replies_in(&world), utf8);
    speak(&world, "hello\n");
    assert_ptr_equal(replies_in(&world), utf8);
    speak(&world, "\xC4\xE3\xBA\xC3\n");
    assert_told(&world, "[hello][你好]");
    assert_ptr_equal(replies_in(&world), gbk);
    hear(&world, "你好");
    turn(&world);
    assert_got(&world.peer, "\xC4\xE3\xBA\xC3\n");
    close_world(&world);
}

/* 什么, 一些 and 系统 are letters in UTF-8 too. */
static void short_words_are_read_by_earlier_evidence(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "\xC4\xE3\xBA\xC3\n\xCA\xB2\xC3\xB4\n\xD2\xBB\xD0\xA9\n\xCF\xB5\xCD\xB3\n");
    assert_told(&world, "[你好][什么][一些][系统]");
    close_world(&world);
}

static void set_encoding_is_believed(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL, false, false};
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "\xC4\xE3\n");
    inbox_set_encodings(&world.member->inbox, &(struct encoding_list){utf8, NULL, false, false});
    assert_ptr_equal(replies_in(&world), utf8);
    speak(&world, "\xC4\xE3\n");
    assert_told(&world, "[你][!\uFFFD\uFFFD]");
    inbox_set_encodings(&world.member->inbox, &only_gbk);
    assert_ptr_equal(replies_in(&world), gbk);
    speak(&world, "\xCA\xB2\xC3\xB4\n");
    assert_told(&world, "[什么]");
    close_world(&world);
}

static void bad_text_is_replaced_or_escaped(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "a\xFF\n");
    assert_told(&world, "[!a\uFFFD]");
    close_world(&world);
    open_world(&world);
    world.options.inbox.text.bad = BAD_ESCAPE;
    start(&world);
    speak(&world, "a\xFF\n");
    assert_told(&world, "[!a\\xFF]");
    close_world(&world);
}

static void bad_text_ends_the_member_with_stop(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.inbox.text.bad = BAD_STOP;
    start(&world);
    speak(&world, "good\na\xFF"
                  "b\nnever\n");
    assert_told(&world, "[good][!a]ended:3");
    close_world(&world);
}

static void crlf_is_for_the_peer(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.inbox.text.eol = EOL_CRLF;
    start(&world);
    hear(&world, "a");
    turn(&world);
    assert_got(&world.peer, "a\r\n");
    close_world(&world);
}

/* ---- pauses ---- */

static void paused_member_is_not_read(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.refuses = true;
    for (int i = 0; i < 100000; i++)
        gives(&world.peer, "a line that waits\n");
    assert_told(&world, "");
    assert_true(buf_length(&world.member->inbox.intake.framer.bytes) <= INBOX_LINE + FRAMER_PUSH);
    assert_true(buf_length(&world.peer.input) > 0);
    assert_false(world.peer.watched & STREAM_IN);
    hear(&world, "it still hears");
    turn(&world);
    assert_got(&world.peer, "it still hears\n");
    close_world(&world);
}

static void resume_loses_nothing(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.read_most = 5;
    world.patience = 2; /* one message, then no more */
    speak(&world, "one\ntwo\nthree\nfour\nrest");
    assert_told(&world, "[one]");
    world.refuses = false;
    member_resume(world.member);
    assert_told(&world, "[two][three][four]");
    fall_silent(&world);
    assert_told(&world, "[rest]");
    close_world(&world);
}

static void resume_without_a_pause_changes_nothing(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    member_resume(world.member);
    speak(&world, "one\n");
    member_resume(world.member);
    assert_told(&world, "[one]");
    leave(&world, STREAM_ABORT);
    member_resume(world.member);
    close_world(&world);
}

static void silence_in_a_pause_ends_the_message_later(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "hello");
    world.refuses = true;
    fall_silent(&world);
    assert_told(&world, "");
    world.refuses = false;
    member_resume(world.member);
    fall_silent(&world);
    assert_told(&world, "[hello]");
    close_world(&world);
}

static void end_in_a_pause_is_told_later(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.refuses = true;
    gives(&world.peer, "one\ntwo");
    world.peer.input_ends = true;
    assert_told(&world, "");
    world.refuses = false;
    member_resume(world.member);
    assert_told(&world, "[one][two]ended:0");
    close_world(&world);
}

/* ---- the outbox ---- */

static void congested_outbox_drains_at_half_of_the_bound(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear_much(&world, OUTBOX_CONGESTED);
    assert_false(world.member->outbox.load == LOAD_CONGESTED);
    assert_false(uv_is_active((uv_handle_t *)&world.member->limit));
    hear_much(&world, 1);
    assert_true(world.member->outbox.load == LOAD_CONGESTED);
    assert_told(&world, "congested");
    world.peer.room = OUTBOX_CONGESTED / 2;
    assert_told(&world, ""); /* it is to have a pause */
    assert_true(world.member->outbox.load == LOAD_CONGESTED);
    world.peer.room = 1;
    assert_told(&world, "drained");
    assert_false(world.member->outbox.load == LOAD_CONGESTED);
    assert_false(uv_is_active((uv_handle_t *)&world.member->limit));
    world.peer.room = WHOLE;
    assert_told(&world, "");
    assert_int_equal(buf_length(&world.peer.output), OUTBOX_CONGESTED + 1);
    assert_false(world.peer.watched & STREAM_OUT);
    close_world(&world);
}

/* The owner has messages written, and the loop watches only bytes that did not go. */
static void full_write_is_not_watched(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    hear(&world, "one");
    hear(&world, "two");
    assert_got(&world.peer, "");
    turn(&world);
    assert_got(&world.peer, "one\ntwo\n");
    assert_int_equal(world.peer.writes, 1);
    assert_false(world.peer.watched & STREAM_OUT);
    world.peer.room = 0;
    hear(&world, "three");
    turn(&world);
    assert_true(world.peer.watched & STREAM_OUT);
    world.owes = false;
    hear(&world, "four"); /* the loop knows already */
    assert_false(world.owes);
    close_world(&world);
}

/* A crowd is what was tried and did not go. */
static void large_outbox_is_written_at_once(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    hear_much(&world, OUTBOX_CONGESTED);
    assert_got(&world.peer, "");
    hear(&world, "more");
    assert_int_equal(buf_length(&world.peer.output), OUTBOX_CONGESTED + 5);
    assert_told(&world, "");
    close_world(&world);
}

static void stalled_peer_is_told_again_and_again(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear_much(&world, OUTBOX_CONGESTED + 1);
    hurry_timer(&world.member->limit, OUTBOX_PATIENCE_MS);
    assert_told(&world, "congestedstalled");
    hear_much(&world, 1); /* gives it no more time */
    hurry_timer(&world.member->limit, OUTBOX_PATIENCE_MS);
    assert_told(&world, "stalled");
    world.peer.room = WHOLE;
    assert_told(&world, "drained");
    close_world(&world);
}

static void stalled_timer_is_not_restarted_by_messages(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear_much(&world, OUTBOX_CONGESTED + 1);
    uv_timer_start(&world.member->limit, world.member->limit.timer_cb, 1234, 0);
    hear_much(&world, OUTBOX_CONGESTED);
    world.peer.room = 5; /* nor does taking a little */
    turn(&world);
    assert_true(uv_timer_get_due_in(&world.member->limit) <= 1234);
    close_world(&world);
}

/* ---- a peer that takes nothing any more ---- */

static void failed_write_is_told_behind_the_last_messages(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.read_most = 3;
    world.peer.write_fails = world.peer.read_fails = ERR_NETWORK;
    gives(&world.peer, "these are the last words\nof somebody who is gone");
    hear(&world, "hello?");
    assert_told(&world, "[these are the last words][of somebody who is gone]ended:1");
    close_world(&world);
}

static void failed_write_ends_congestion(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.refuses = true; /* so that the failure is not read yet */
    world.peer.room = 0;
    gives(&world.peer, "last words\n");
    hear_much(&world, OUTBOX_CONGESTED + 1);
    turn(&world);
    world.peer.write_fails = world.peer.read_fails = ERR_NETWORK;
    assert_told(&world, "congesteddrained");
    hear_much(&world, OUTBOX_CONGESTED + 1); /* dropped */
    assert_false(world.member->outbox.load == LOAD_CONGESTED);
    assert_false(world.peer.watched & STREAM_OUT);
    assert_false(uv_is_active((uv_handle_t *)&world.member->limit));
    world.refuses = false;
    member_resume(world.member);
    assert_told(&world, "[last words]ended:1");
    close_world(&world);
}

/* ---- our end ---- */

static void finish_follows_the_outbox(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear(&world, "one");
    member_finish(world.member);
    hear(&world, "too late");
    turn(&world);
    assert_false(world.peer.finished);
    world.peer.room = WHOLE;
    turn(&world);
    assert_true(world.peer.finished);
    assert_got(&world.peer, "one\n");
    speak(&world, "it may still speak\n");
    assert_told(&world, "[it may still speak]");
    assert_false(world.peer.watched & STREAM_OUT);
    assert_false(uv_is_active((uv_handle_t *)&world.member->limit)); /* without -q */
    close_world(&world);
}

static void quit_time_begins_with_the_acknowledgement(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.quits = true;
    world.options.quit_ms = QUIT_MS;
    world.peer.finish_stalls = 100;
    start(&world);
    member_finish(world.member);
    turn(&world);
    assert_false(uv_is_active((uv_handle_t *)&world.member->limit));
    assert_true(world.peer.watched & STREAM_OUT);
    world.peer.finish_stalls = 1;
    turn(&world);
    assert_true(world.peer.finished);
    hurry_timer(&world.member->limit, QUIT_MS);
    assert_told(&world, "ended:0");
    assert_int_equal(world.peer.how, STREAM_LINGER);
    close_world(&world);
}

static void quit_time_is_not_shortened_by_congestion(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.quits = true;
    world.options.quit_ms = QUIT_MS;
    world.peer.room = 0;
    start(&world);
    hear_much(&world, OUTBOX_CONGESTED + 1);
    member_finish(world.member);
    turn(&world);
    world.peer.room = WHOLE;
    assert_told(&world, "congesteddrained");
    assert_true(world.peer.finished);
    hurry_timer(&world.member->limit, QUIT_MS);
    assert_told(&world, "ended:0");
    close_world(&world);
}

/* Otherwise the end of this side is sent and not waited for. */
static void member_that_confirms_leaves_with_the_acknowledgement(void **state)
{
    for (int confirms = 0; confirms < 2; confirms++) {
        struct world world;

        (void)state;
        open_world(&world);
        world.options.confirms = confirms;
        world.peer.finish_stalls = 1;
        start(&world);
        hear(&world, "one");
        leave(&world, STREAM_LINGER);
        assert_got(&world.peer, "one\n");
        assert_int_equal(world.closing, !confirms);
        turn(&world);
        assert_int_equal(world.peer.how, STREAM_LINGER);
        assert_false(world.is_broken_off);
        close_world(&world);
    }
}

/* The peer has ended, and resets what comes then. */
static void last_words_that_nobody_takes_are_a_failure(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.confirms = true;
    start(&world);
    world.peer.room = 0;
    hear(&world, "one");
    world.left = true;
    member_leave(world.member, STREAM_LINGER, closed_by_peer);
    world.peer.write_fails = ERR_NETWORK;
    turn(&world);
    assert_true(world.is_broken_off);
    close_world(&world);
}

/* A reset at that moment. */
static void finish_may_fail(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    gives(&world.peer, "last words");
    world.peer.write_fails = world.peer.read_fails = ERR_NETWORK;
    member_finish(world.member);
    assert_told(&world, "[last words]ended:1");
    close_world(&world);
}

/* ---- leaving ---- */

static void leaving_member_gets_its_outbox(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 2;
    hear(&world, "goodbye");
    turn(&world);
    gives(&world.peer, "never heard\n");
    leave(&world, STREAM_LINGER);
    turn(&world);
    assert_false(world.peer.closed);
    assert_non_null(world.member);
    assert_false(world.peer.watched & STREAM_IN);
    world.peer.room = WHOLE;
    assert_told(&world, "");
    assert_null(world.member);
    assert_got(&world.peer, "goodbye\n");
    assert_int_equal(world.peer.how, STREAM_LINGER);
    close_world(&world);
}

static void leaving_member_is_dropped_after_a_time(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear_much(&world, OUTBOX_CONGESTED + 1);
    leave(&world, STREAM_LINGER);
    hurry_timer(&world.member->limit, LEAVE_MS);
    assert_null(world.member);
    assert_int_equal(world.peer.how, STREAM_ABORT);
    assert_told(&world, "congested");
    close_world(&world);
}

static void leaving_member_is_dropped_when_it_fails(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear_much(&world, OUTBOX_CONGESTED + 1);
    leave(&world, STREAM_LINGER);
    world.peer.write_fails = ERR_NETWORK;
    turn(&world);
    assert_null(world.member);
    assert_int_equal(world.peer.how, STREAM_ABORT);
    assert_told(&world, "congested");
    close_world(&world);
}

static void aborted_member_gets_nothing_more(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear(&world, "never");
    leave(&world, STREAM_ABORT);
    assert_true(world.peer.closed);
    assert_int_equal(world.peer.how, STREAM_ABORT);
    turn(&world);
    assert_null(world.member);
    assert_got(&world.peer, "");
    close_world(&world);
}

static const enum stream_close ways[] = {STREAM_LINGER, STREAM_ABORT};

static void member_may_leave_within_a_message(void **state)
{
    struct world world;

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_and_start(&world);
        world.leaves_at = SAID;
        world.leaves_how = ways[i];
        gives(&world.peer, "one\ntwo\nthree");
        world.peer.input_ends = true;
        assert_told(&world, "[one]");
        assert_int_equal(world.peer.how, ways[i]);
        close_world(&world);
    }
}

static void member_may_leave_within_its_last_message(void **state)
{
    struct world world;

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_and_start(&world);
        world.leaves_at = SAID;
        world.leaves_how = ways[i];
        gives(&world.peer, "last words");
        world.peer.input_ends = true;
        assert_told(&world, "[last words]");
        close_world(&world);
    }
}

static void member_may_leave_within_bad_text(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.options.inbox.text.bad = BAD_STOP;
    world.leaves_at = SAID;
    start(&world);
    speak(&world, "a\xFF\n");
    assert_told(&world, "[!a]");
    close_world(&world);
}

static void member_may_leave_within_a_silence(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.leaves_at = SAID;
    speak(&world, "hello");
    fall_silent(&world);
    assert_told(&world, "[hello]");
    close_world(&world);
}

static void member_may_leave_within_resume(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.refuses = true;
    speak(&world, "one\ntwo\n");
    world.refuses = false;
    world.leaves_at = SAID;
    world.leaves_how = STREAM_ABORT;
    member_resume(world.member);
    assert_told(&world, "[one]");
    close_world(&world);
}

static void member_may_leave_when_it_drains(void **state)
{
    struct world world;

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_and_start(&world);
        world.leaves_at = DRAINED;
        world.leaves_how = ways[i];
        world.peer.room = 0;
        hear_much(&world, OUTBOX_CONGESTED + 1);
        turn(&world);
        gives(&world.peer, "never heard\n");
        world.refuses = false;
        world.peer.room = 1;
        turn(&world);
        world.peer.room = WHOLE;
        turn(&world);
        assert_null(world.member);
        assert_int_equal(world.peer.how, ways[i]);
        close_world(&world);
    }
}

static void member_may_leave_when_it_stalls(void **state)
{
    struct world world;

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_and_start(&world);
        world.leaves_at = STUCK;
        world.leaves_how = ways[i];
        world.peer.room = 0;
        hear_much(&world, OUTBOX_CONGESTED + 1);
        hurry_timer(&world.member->limit, OUTBOX_PATIENCE_MS);
        assert_told(&world, "congestedstalled");
        world.peer.room = WHOLE;
        close_world(&world);
    }
}

/* The end of its own side is not the end of ours. */
static void outbox_is_written_after_the_peers_end(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 0;
    hear(&world, "answer");
    gives(&world.peer, "question");
    world.peer.input_ends = true;
    assert_told(&world, "[question]ended:0");
    assert_false(world.peer.closed);
    world.peer.room = WHOLE;
    turn(&world);
    assert_got(&world.peer, "answer\n");
    close_world(&world);
}

/* ---- without traffic ---- */

static void start_idle(struct world *world)
{
    open_world(world);
    world->options.idle_ms = IDLE_MS;
    start(world);
}

/* It is as if this were so long ago. */
static void hurry_idle(struct world *world)
{
    world->member->active_at -= IDLE_MS;
    uv_timer_start(&world->member->idle, world->member->idle.timer_cb, 0, 0);
    turn(world);
}

static void idle_member_fails(void **state)
{
    struct world world;

    (void)state;
    start_idle(&world);
    assert_true(uv_timer_get_due_in(&world.member->idle) <= IDLE_MS);
    hurry_idle(&world);
    assert_told(&world, "ended:4");
    close_world(&world);
}

static void idle_time_counts_traffic_either_way(void **state)
{
    struct world world;

    (void)state;
    start_idle(&world);
    world.member->active_at = 0;
    speak(&world, "x");
    assert_true(world.member->active_at > 0);
    world.member->active_at = 0;
    hear(&world, "x");
    turn(&world);
    assert_true(world.member->active_at > 0);
    uv_timer_start(&world.member->idle, world.member->idle.timer_cb, 0, 0);
    turn(&world); /* it rings too early, and is wound up again */
    assert_true(uv_is_active((uv_handle_t *)&world.member->idle));
    assert_told(&world, "");
    close_world(&world);
}

static void idle_time_does_not_run_in_a_pause(void **state)
{
    struct world world;

    (void)state;
    start_idle(&world);
    world.refuses = true;
    speak(&world, "one\n");
    gives(&world.peer, "two\n");
    turn(&world);
    world.member->active_at = 0;
    world.refuses = false;
    member_resume(world.member);
    assert_told(&world, "[one][two]");
    assert_true(world.member->active_at > 0);
    close_world(&world);
}

/* Bytes that have arrived are not lost, whatever ends the member. */
static void quit_time_gives_the_held_bytes(void **state)
{
    struct world world;

    (void)state;
    start_idle(&world);
    speak(&world, "no line end");
    hurry_idle(&world);
    assert_told(&world, "[no line end]ended:4");
    close_world(&world);
    open_world(&world);
    world.options.quits = true;
    world.options.quit_ms = QUIT_MS;
    start(&world);
    member_finish(world.member);
    speak(&world, "no line end");
    hurry_timer(&world.member->limit, QUIT_MS);
    assert_told(&world, "[no line end]ended:0");
    close_world(&world);
}

/* ---- bytes ---- */

static void start_bytes(struct world *world, struct encoding_list encodings)
{
    open_world(world);
    world->mode.framed = false;
    world->options.encodings = encodings;
    start(world);
}

static const struct encoding_list nothing;

static void unframed_bytes_are_given_as_they_come(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, nothing);
    speak(&world, "one\r\ntw");
    assert_told(&world, "[one\r\ntw]");
    assert_false(uv_is_active((uv_handle_t *)&world.member->silence));
    speak(&world, "\xE4\xBD"); /* they are no text */
    assert_told(&world, "[\xE4\xBD]");
    speak(&world, "\xFF\n\n");
    assert_told(&world, "[\xFF\n\n]");
    close_world(&world);
}

static void unframed_bom_stays(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, nothing);
    speak(&world, "\uFEFFa");
    assert_told(&world, "[\uFEFFa]");
    close_world(&world);
}

/* A NUL is a byte like any other. */
static void unframed_nul_is_a_byte(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, nothing);
    assert_int_equal(buf_append(&world.peer.input, "a\0b", 3), 0);
    turn(&world);
    assert_int_equal(buf_length(&world.told), 5);
    assert_memory_equal(buf_bytes(&world.told), "[a\0b]", 5);
    close_world(&world);
}

static void unframed_text_is_not_torn(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, (struct encoding_list){utf8, NULL, false, false});
    speak(&world, "a\xE4\xBD");
    assert_told(&world, "[a]");
    speak(&world, "\xA0\xE5");
    assert_told(&world, "[你]");
    speak(&world, "\xA5\xBD\r\n");
    assert_told(&world, "[好\r\n]");
    close_world(&world);
    start_bytes(&world, (struct encoding_list){gbk, NULL, false, false});
    speak(&world, "\xC4");
    assert_told(&world, "");
    speak(&world, "\xE3\xBA");
    assert_told(&world, "[你]");
    speak(&world, "\xC3");
    assert_told(&world, "[好]");
    close_world(&world);
}

static void unframed_torn_character_at_the_end_is_bad_text(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, (struct encoding_list){utf8, NULL, false, false});
    world.offers_all = true;
    gives(&world.peer, "a\xE4\xBD");
    world.peer.input_ends = true;
    assert_told(&world, "[a][!\uFFFD]ended:0");
    close_world(&world);
}

static void grants_bound_the_message(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, nothing);
    world.allowance = 4;
    speak(&world, "abcde\n");
    assert_told(&world, "[abcd]");
    assert_false(world.peer.watched & STREAM_IN);
    gives(&world.peer, "gh");
    turn(&world);
    world.allowance = 1;
    member_resume(world.member);
    assert_told(&world, "[e]");
    world.allowance = 0;
    member_resume(world.member);
    assert_told(&world, "");
    world.allowance = SIZE_MAX;
    member_resume(world.member);
    assert_told(&world, "[\n][gh]");
    assert_true(world.peer.watched & STREAM_IN);
    close_world(&world);
}

/* While it waits an unfinished character may lie behind what waits. */
static void grant_of_all_whole_characters_is_no_pause(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, (struct encoding_list){utf8, NULL, false, false});
    world.allowance = 1;
    speak(&world, "a\xE4\xBD");
    assert_told(&world, "[a]");
    assert_true(world.member->can_read);
    world.allowance = 0;
    speak(&world, "\xA0");
    assert_told(&world, "");
    assert_true(world.member->can_read); /* it is no line yet */
    speak(&world, "\n");
    assert_told(&world, "");
    assert_false(world.member->can_read);
    world.allowance = SIZE_MAX;
    member_resume(world.member);
    assert_told(&world, "[你\n]");
    close_world(&world);
}

static void unframed_bytes_wait_in_a_pause(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, nothing);
    world.refuses = true;
    for (int i = 0; i < 100000; i++)
        gives(&world.peer, "bytes");
    assert_told(&world, "");
    assert_true(buf_length(&world.member->inbox.intake.framer.bytes) <= INBOX_LINE + FRAMER_PUSH);
    assert_false(world.peer.watched & STREAM_IN);
    world.refuses = false;
    member_resume(world.member);
    turn(&world);
    assert_int_equal(buf_length(&world.peer.input), 0);
    assert_int_equal(world.member->inbox.received, 500000);
    close_world(&world);
}

static size_t letters(struct world *world, char letter)
{
    const unsigned char *told = buf_bytes(&world->told);
    size_t count = 0;

    for (size_t i = 0; i < buf_length(&world->told); i++)
        count += told[i] == (unsigned char)letter;
    return count;
}

static void give_many(struct world *world, size_t n)
{
    char *text = malloc(n);

    memset(text, 'x', n);
    assert_int_equal(buf_append(&world->peer.input, text, n), 0);
    free(text);
}

static void end_waits_for_all_grants(void **state)
{
    struct world world;

    (void)state;
    start_bytes(&world, nothing);
    world.allowance = 10;
    give_many(&world, 20000);
    world.peer.input_ends = true;
    turn(&world);
    assert_int_equal(letters(&world, 'x'), 10);
    assert_non_null(world.member);
    assert_int_equal(letters(&world, ':'), 0); /* it has not ended */
    world.allowance = SIZE_MAX;
    member_resume(world.member);
    turn(&world);
    assert_int_equal(letters(&world, 'x'), 20000);
    assert_int_equal(letters(&world, ':'), 1);
    close_world(&world);
}

/* Held bytes are given also to an owner that delays them. */
static void quit_time_gives_bytes_without_grants(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.mode.framed = false;
    world.options.encodings = nothing;
    world.options.quits = true;
    world.options.quit_ms = QUIT_MS;
    start(&world);
    world.allowance = 0;
    give_many(&world, 20000);
    member_finish(world.member);
    turn(&world);
    hurry_timer(&world.member->limit, QUIT_MS);
    assert_int_equal(letters(&world, 'x'), 20000);
    close_world(&world);
}

/* However it is cut and granted: the same bytes in the same order. */
static void random_grants_lose_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct dice dice = {seed};
        struct world world;
        char expected[4096] = "", line[64], said[8192];
        size_t n = 0;

        start_bytes(&world, seed % 3 == 0   ? nothing
                            : seed % 3 == 1 ? (struct encoding_list){utf8, NULL, false, false}
                                            : (struct encoding_list){utf8, gbk, false, false});
        world.offers_all = true; /* a grant may be any number of bytes */
        world.peer.dice = &dice;
        for (int i = 0; i < 50; i++) {
            snprintf(line, sizeof line, "line %d\r\n", i);
            gives(&world.peer, line);
            strcat(expected, line);
        }
        world.peer.input_ends = true;
        for (int i = 0; i < 10000 && !world.left; i++) {
            world.allowance = dice_roll(&dice, 9);
            loop_poll(&world.loop);
            if (!world.left)
                member_resume(world.member);
        }
        assert_true(world.left);
        for (size_t i = 0; i < buf_length(&world.told); i++) {
            char byte = ((const char *)buf_bytes(&world.told))[i];
            if (byte != '[' && byte != ']')
                said[n++] = byte;
        }
        said[n] = '\0';
        strcat(expected, "ended:0");
        assert_string_equal(said, expected);
        close_world(&world);
    }
}

static void member_may_leave_within_its_bytes(void **state)
{
    struct world world;

    (void)state;
    for (int i = 0; i < 2; i++) {
        start_bytes(&world, nothing);
        world.leaves_at = SAID;
        world.leaves_how = ways[i];
        world.allowance = 2;
        gives(&world.peer, "abcdef");
        world.peer.input_ends = true;
        assert_told(&world, "[ab]");
        assert_int_equal(world.peer.how, ways[i]);
        close_world(&world);
    }
}

/* ---- pauses ---- */

static void delay_ends_by_itself(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.pause_ms = 40000;
    speak(&world, "one\ntwo\n");
    assert_told(&world, "");
    assert_false(world.peer.watched & STREAM_IN);
    world.pause_ms = 0;
    hurry_timer(&world.member->silence, 40000);
    assert_told(&world, "[one][two]");
    assert_true(world.peer.watched & STREAM_IN);
    close_world(&world);
}

static void delay_before_a_message_end_ends_no_message(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "one");
    world.pause_ms = 40000;
    fall_silent(&world);
    assert_told(&world, "");
    gives(&world.peer, " and two\n");
    turn(&world);
    world.pause_ms = 0;
    hurry_timer(&world.member->silence, 40000);
    assert_told(&world, "[one and two]");
    close_world(&world);
}

static void delayed_member_may_leave(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.pause_ms = 1;
    speak(&world, "one\n");
    leave(&world, STREAM_LINGER);
    assert_told(&world, "");
    close_world(&world);
}

/* ---- what the outbox gives back ---- */

static void took_is_told_for_every_write(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.peer.room = 3;
    hear(&world, "goodbye");
    turn(&world);
    assert_int_equal(world.taken, 3);
    assert_true(world.member->took_at > 0);
    world.peer.room = 2;
    turn(&world);
    assert_int_equal(world.taken, 5);
    leave(&world, STREAM_LINGER);
    world.peer.room = WHOLE;
    turn(&world);
    assert_int_equal(world.taken, strlen("goodbye\n"));
    close_world(&world);
}

static void leaving_member_gives_memory_back(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    world.refuses = true;
    world.peer.room = 3;
    gives(&world.peer, "last words\n");
    hear(&world, "goodbye");
    turn(&world);
    world.peer.write_fails = world.peer.read_fails = ERR_NETWORK;
    turn(&world);
    assert_int_equal(world.taken, 3);
    assert_int_equal(world.member->outbox.bytes, 0);
    assert_int_equal(world.pool.held, 0);
    close_world(&world);
}

/* Memory does not wait for the loop. */
static void every_end_gives_memory_back(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        struct world world;
        size_t left;

        open_and_start(&world);
        world.peer.room = 0;
        hear(&world, "goodbye");
        leave(&world, way == 0 ? STREAM_ABORT : STREAM_LINGER);
        left = world.member->outbox.bytes;
        assert_int_equal(left, way == 0 ? 0 : strlen("goodbye\n"));
        assert_int_equal(world.pool.held > 0, left > 0);
        if (way == 1)
            world.peer.write_fails = ERR_NETWORK;
        else if (way == 2)
            hurry_timer(&world.member->limit, LEAVE_MS);
        else if (way == 3)
            world.peer.room = WHOLE;
        world.keeps_room = true;
        close_world(&world);
        assert_int_equal(world.pool.held, 0);
    }
}

/* ---- others are not kept waiting ---- */

/* One read may hold 65536 messages. */
static void busy_member_lets_others_go_on(void **state)
{
    enum { MUCH = 1 << 18 };
    struct world world;
    char *lines = malloc(MUCH + 1);
    uint64_t began, longest = 0;

    (void)state;
    memset(lines, '\n', MUCH);
    lines[MUCH] = '\0';
    open_and_start(&world);
    gives(&world.peer, lines);
    while (buf_length(&world.peer.input) || buf_length(&world.member->inbox.intake.framer.bytes)) {
        uint64_t took;

        began = buf_length(&world.told);
        loop_poll(&world.loop);
        took = buf_length(&world.told) - began;
        longest = took > longest ? took : longest;
    }
    assert_true(longest / 2 <= 100000); /* messages of a turn */
    free(lines);
    close_world(&world);
}

static void idle_member_holds_no_memory(void **state)
{
    struct world world;

    (void)state;
    open_and_start(&world);
    speak(&world, "hello\n");
    assert_told(&world, "[hello]");
    assert_int_equal(world.member->inbox.intake.framer.bytes.capacity, 0);
    speak(&world, "half");
    assert_int_equal(buf_length(&world.member->inbox.intake.framer.bytes), 4);
    speak(&world, " a line\n");
    assert_told(&world, "[half a line]");
    assert_int_equal(world.member->inbox.intake.framer.bytes.capacity, 0);
    close_world(&world);
}

static void random_delays_lose_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct dice dice = {seed};
        struct world world;
        char expected[8192] = "", line[64];

        open_and_start(&world);
        world.peer.dice = &dice;
        for (int i = 0; i < 100; i++) {
            snprintf(line, sizeof line, "第%d行\r\n", i);
            gives(&world.peer, line);
            sprintf(expected + strlen(expected), "[第%d行]", i);
            hear(&world, "你好");
        }
        world.peer.input_ends = true;
        strcat(expected, "ended:0");
        for (int i = 0; i < 100; i++)
            turn(&world);
        assert_told(&world, expected);
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_ends_at_a_line_end),
        cmocka_unit_test(message_survives_any_cut_of_packets),
        cmocka_unit_test(silence_ends_a_message),
        cmocka_unit_test(silence_begins_anew_with_every_byte),
        cmocka_unit_test(silence_is_none_where_bytes_have_arrived),
        cmocka_unit_test(end_ends_a_message),
        cmocka_unit_test(end_behind_a_line_gives_no_message),
        cmocka_unit_test(failure_comes_behind_all_messages),
        cmocka_unit_test(keys_that_come_one_by_one_are_one_message),
        cmocka_unit_test(cr_ends_a_line_after_a_silence),
        cmocka_unit_test(key_rubs_out_the_character_before_it),
        cmocka_unit_test(command_that_was_rubbed_free_is_given_whole),
        cmocka_unit_test(bytes_without_a_charset_are_not_edited),
        cmocka_unit_test(telnet_peer_is_answered_once),
        cmocka_unit_test(pipe_does_not_answer_telnet),
        cmocka_unit_test(first_letter_of_byte_ff_waits_no_longer_than_others),
        cmocka_unit_test(end_within_a_command_gives_its_bytes),
        cmocka_unit_test(long_line_becomes_several_messages),
        cmocka_unit_test(silence_is_followed_by_a_new_message),
        cmocka_unit_test(long_line_may_end_with_the_peer),
        cmocka_unit_test(silence_tears_no_character),
        cmocka_unit_test(silence_tears_no_gbk_character),
        cmocka_unit_test(unfinished_character_at_the_end_is_bad_text),
        cmocka_unit_test(unfinished_character_at_the_end_is_no_evidence),
        cmocka_unit_test(unfinished_gbk_character_hides_no_evidence),
        cmocka_unit_test(bom_at_the_beginning_is_dropped_once),
        cmocka_unit_test(bom_alone_is_no_message),
        cmocka_unit_test(reply_follows_the_evidence),
        cmocka_unit_test(short_words_are_read_by_earlier_evidence),
        cmocka_unit_test(set_encoding_is_believed),
        cmocka_unit_test(bad_text_is_replaced_or_escaped),
        cmocka_unit_test(bad_text_ends_the_member_with_stop),
        cmocka_unit_test(crlf_is_for_the_peer),
        cmocka_unit_test(paused_member_is_not_read),
        cmocka_unit_test(resume_loses_nothing),
        cmocka_unit_test(resume_without_a_pause_changes_nothing),
        cmocka_unit_test(silence_in_a_pause_ends_the_message_later),
        cmocka_unit_test(end_in_a_pause_is_told_later),
        cmocka_unit_test(congested_outbox_drains_at_half_of_the_bound),
        cmocka_unit_test(full_write_is_not_watched),
        cmocka_unit_test(large_outbox_is_written_at_once),
        cmocka_unit_test(stalled_peer_is_told_again_and_again),
        cmocka_unit_test(stalled_timer_is_not_restarted_by_messages),
        cmocka_unit_test(failed_write_is_told_behind_the_last_messages),
        cmocka_unit_test(failed_write_ends_congestion),
        cmocka_unit_test(finish_follows_the_outbox),
        cmocka_unit_test(quit_time_begins_with_the_acknowledgement),
        cmocka_unit_test(quit_time_is_not_shortened_by_congestion),
        cmocka_unit_test(member_that_confirms_leaves_with_the_acknowledgement),
        cmocka_unit_test(last_words_that_nobody_takes_are_a_failure),
        cmocka_unit_test(finish_may_fail),
        cmocka_unit_test(leaving_member_gets_its_outbox),
        cmocka_unit_test(leaving_member_is_dropped_after_a_time),
        cmocka_unit_test(leaving_member_is_dropped_when_it_fails),
        cmocka_unit_test(aborted_member_gets_nothing_more),
        cmocka_unit_test(member_may_leave_within_a_message),
        cmocka_unit_test(member_may_leave_within_its_last_message),
        cmocka_unit_test(member_may_leave_within_bad_text),
        cmocka_unit_test(member_may_leave_within_a_silence),
        cmocka_unit_test(member_may_leave_within_resume),
        cmocka_unit_test(member_may_leave_when_it_drains),
        cmocka_unit_test(member_may_leave_when_it_stalls),
        cmocka_unit_test(outbox_is_written_after_the_peers_end),
        cmocka_unit_test(idle_member_fails),
        cmocka_unit_test(idle_time_counts_traffic_either_way),
        cmocka_unit_test(idle_time_does_not_run_in_a_pause),
        cmocka_unit_test(quit_time_gives_the_held_bytes),
        cmocka_unit_test(unframed_bytes_are_given_as_they_come),
        cmocka_unit_test(unframed_bom_stays),
        cmocka_unit_test(unframed_nul_is_a_byte),
        cmocka_unit_test(unframed_text_is_not_torn),
        cmocka_unit_test(unframed_torn_character_at_the_end_is_bad_text),
        cmocka_unit_test(grants_bound_the_message),
        cmocka_unit_test(grant_of_all_whole_characters_is_no_pause),
        cmocka_unit_test(unframed_bytes_wait_in_a_pause),
        cmocka_unit_test(end_waits_for_all_grants),
        cmocka_unit_test(quit_time_gives_bytes_without_grants),
        cmocka_unit_test(random_grants_lose_nothing),
        cmocka_unit_test(member_may_leave_within_its_bytes),
        cmocka_unit_test(delay_ends_by_itself),
        cmocka_unit_test(delay_before_a_message_end_ends_no_message),
        cmocka_unit_test(delayed_member_may_leave),
        cmocka_unit_test(took_is_told_for_every_write),
        cmocka_unit_test(leaving_member_gives_memory_back),
        cmocka_unit_test(every_end_gives_memory_back),
        cmocka_unit_test(busy_member_lets_others_go_on),
        cmocka_unit_test(idle_member_holds_no_memory),
        cmocka_unit_test(random_delays_lose_nothing),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
