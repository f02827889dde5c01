/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "room/far_room.h"

/* Each test reads lines as they come from a peer; "speaker|kind|text" is what becomes of one. */

#define GREETING "-!- you are peer3; /help lists commands"

static const char *read_piece(struct far_room *far, const char *text, bool continues)
{
    static char outcome[512];
    static const char *const kinds[] = {[INBOUND_SAY] = "say",
                                        [INBOUND_ACTION] = "action",
                                        [INBOUND_PRIVATE] = "private",
                                        [INBOUND_NOTICE] = "notice"};
    struct inbound inbound = {
        .text = text, .n = strlen(text), .is_whole = true, .continues = continues};

    far_room_read(far, &inbound);
    snprintf(outcome, sizeof outcome, "%s|%s|%.*s", inbound.from ? inbound.from : "",
             kinds[inbound.kind], (int)inbound.n, inbound.text);
    return outcome;
}

static const char *read_text(struct far_room *far, const char *text)
{
    return read_piece(far, text, false);
}

static void open_joined(struct far_room *far)
{
    *far = (struct far_room){0};
    far_room_set_label(far, "you");
    assert_string_equal(read_text(far, GREETING), "|notice|you are peer3; /help lists commands");
    assert_int_equal(far->state, FAR_ROOM_JOINED);
}

static bool knows(const struct far_room *far, const char *name)
{
    return map_get(&far->names, name, strlen(name)) != NULL;
}

static void exact_greeting_joins(void **state)
{
    struct far_room far;

    (void)state;
    open_joined(&far);
    assert_string_equal(far.own, "peer3");
    far_room_fini(&far);
}

static void other_first_lines_do_not_join(void **state)
{
    static const char *const lines[] = {
        "",
        "hello",
        "-!- you are peer3",
        "-!- you are peer; /help lists commands",
        "-!- you are alice; /help lists commands",
        "-!- you are peer3x; /help lists commands",
        "-!- you are peer3; /help lists commands.",
        "--!- you are peer3; /help lists commands",
        "-!- the room is full; you are number  in the queue",
        "-!- the room is full; you are number 2 in the queue!",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct far_room far = {0};

        read_text(&far, lines[i]);
        read_text(&far, GREETING);
        assert_int_equal(far.state, FAR_ROOM_NONE);
        assert_string_equal(read_text(&far, "alice: hi"), "|say|alice: hi");
        far_room_fini(&far);
    }
}

static void greeting_of_several_pieces_does_not_join(void **state)
{
    struct far_room far = {0};

    (void)state;
    read_piece(&far, GREETING, true);
    assert_int_equal(far.state, FAR_ROOM_NONE);
    far_room_fini(&far);
}

static void queue_notices_may_precede(void **state)
{
    struct far_room far = {0};

    (void)state;
    assert_string_equal(read_text(&far, "-!- the room is full; you are number 12 in the queue"),
                        "|notice|the room is full; you are number 12 in the queue");
    assert_int_equal(far.state, FAR_ROOM_WAITING);
    read_text(&far, GREETING);
    assert_int_equal(far.state, FAR_ROOM_JOINED);
    far_room_fini(&far);
}

static void lines_have_their_speakers(void **state)
{
    struct far_room far;

    (void)state;
    open_joined(&far);
    assert_string_equal(read_text(&far, "alice: hi: there"), "alice|say|hi: there");
    assert_string_equal(read_text(&far, "alice: "), "alice|say|");
    assert_string_equal(read_text(&far, "* alice waves"), "alice|action|waves");
    assert_string_equal(read_text(&far, "[alice] psst"), "alice|private|psst");
    assert_string_equal(read_text(&far, "小明: 你好"), "小明|say|你好");
    assert_string_equal(read_text(&far, "-!- alice joined"), "|notice|alice joined");
    far_room_fini(&far);
}

static void lines_without_a_name_are_the_peers(void **state)
{
    static const char *const lines[] = {
        "",        "hi",      ": hi",   "a b: hi", "-a: hi",    "* ",       "*",
        "[alice]", "[a b] x", "alice:", "[] hi",   "[alice hi", "a\x1b: hi"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct far_room far;
        char expected[64];

        open_joined(&far);
        snprintf(expected, sizeof expected, "|say|%s", lines[i]);
        assert_string_equal(read_text(&far, lines[i]), expected);
        far_room_fini(&far);
    }
}

static void further_pieces_are_of_the_same_sender(void **state)
{
    struct far_room far;

    (void)state;
    open_joined(&far);
    read_text(&far, "alice: one");
    assert_string_equal(read_piece(&far, "bob: two", true), "alice|say|bob: two");
    read_text(&far, "-!- alice joined");
    assert_string_equal(read_piece(&far, "bob: two", true), "|notice|bob: two");
    read_text(&far, "no name");
    assert_string_equal(read_piece(&far, "bob: two", true), "|say|bob: two");
    far_room_fini(&far);
}

/* The label was "you" before a room granted a name. */
static void name_like_the_label_is_no_sender(void **state)
{
    struct far_room far;

    (void)state;
    open_joined(&far);
    assert_string_equal(read_text(&far, "YOU: hi"), "|say|YOU: hi");
    assert_string_equal(read_text(&far, "* yоu waves"), "|say|* yоu waves");
    far_room_set_label(&far, "alice");
    assert_string_equal(read_text(&far, "you: hi"), "|say|you: hi");
    assert_string_equal(read_text(&far, "[YOU] psst"), "|say|[YOU] psst");
    assert_string_equal(read_text(&far, "young: hi"), "young|say|hi");
    assert_string_equal(read_text(&far, "A1ice: hi"), "|say|A1ice: hi");
    far_room_fini(&far);
}

static void names_are_those_who_are_there(void **state)
{
    struct far_room far;

    (void)state;
    open_joined(&far);
    read_text(&far, "alice: hi");
    read_text(&far, "-!- bob joined");
    read_text(&far, "-!- carol");
    assert_true(knows(&far, "alice") && knows(&far, "bob") && knows(&far, "carol"));
    read_text(&far, "-!- alice left");
    read_text(&far, "-!- bob is now bert");
    assert_true(!knows(&far, "alice") && !knows(&far, "bob") && knows(&far, "bert"));
    read_text(&far, "-!- 3 are here");
    read_text(&far, "-!- peer3");
    read_text(&far, "-!- you are dora");
    read_text(&far, "-!- dora");
    assert_int_equal(far.names.count, 2);
    assert_string_equal(far.own, "dora");
    far_room_fini(&far);
}

static void names_are_bounded(void **state)
{
    struct far_room far;
    char line[32];

    (void)state;
    open_joined(&far);
    for (int i = 0; i < 2 * FAR_ROOM_NAMES; i++) {
        snprintf(line, sizeof line, "n%d: x", i);
        read_text(&far, line);
    }
    assert_int_equal(far.names.count, FAR_ROOM_NAMES);
    far_room_fini(&far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_greeting_joins),
        cmocka_unit_test(other_first_lines_do_not_join),
        cmocka_unit_test(greeting_of_several_pieces_does_not_join),
        cmocka_unit_test(queue_notices_may_precede),
        cmocka_unit_test(lines_have_their_speakers),
        cmocka_unit_test(lines_without_a_name_are_the_peers),
        cmocka_unit_test(further_pieces_are_of_the_same_sender),
        cmocka_unit_test(name_like_the_label_is_no_sender),
        cmocka_unit_test(names_are_those_who_are_there),
        cmocka_unit_test(names_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
