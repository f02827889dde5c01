/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/event.h"

#include <string.h>

#include "check.h"

static struct event seen;
static int told;

static void keep(struct event_printer *printer, const struct event *event)
{
    (void)printer;
    seen = *event;
    told++;
}

static const struct event closed = {
    .kind = EVENT_CLOSED,
    .level = EVENT_VERBOSE,
    .sentence = "{peer} closed by the peer; {received} bytes received, {sent} sent",
    .peer = "127.0.0.1:1",
    .first = "peer",
    .received = 27,
    .sent = 21,
};

static void sentence_has_its_fields(void **state)
{
    char line[100];

    (void)state;
    event_sentence(&closed, line, sizeof line);
    assert_string_equal(line, "127.0.0.1:1 closed by the peer; 27 bytes received, 21 sent");
}

static void sentence_is_cut_to_its_room(void **state)
{
    char line[12] = "xxxxxxxxxxx";

    (void)state;
    assert_true(event_sentence(&closed, line, 6) > 6);
    assert_string_equal(line, "127.0");
    assert_int_equal(event_sentence(&closed, NULL, 0), strlen("127.0.0.1:1 closed by the peer; "
                                                              "27 bytes received, 21 sent"));
}

static void field_of_a_peer_is_not_read_as_a_template(void **state)
{
    struct event event = {.sentence = "{peer}: {why} {peer", .peer = "{sent}", .why = "{peer"};
    char line[100];

    (void)state;
    event_sentence(&event, line, sizeof line);
    assert_string_equal(line, "{sent}: {peer {peer");
}

static void absent_field_is_empty(void **state)
{
    struct event event = {.sentence = "<{peer}{text}{none}>"};
    char line[100];

    (void)state;
    event_sentence(&event, line, sizeof line);
    assert_string_equal(line, "<{none}>");
}

static void count_chooses_the_sentence(void **state)
{
    struct event event = {
        .peer = "p", .bytes = 1, EVENT_COUNTED("{bytes} byte", "{bytes} bytes", 1)};
    char line[100];

    (void)state;
    event_sentence(&event, line, sizeof line);
    assert_string_equal(line, "1 byte");
    event.bytes = event.counted = 0;
    event_sentence(&event, line, sizeof line);
    assert_string_equal(line, "0 bytes");
}

static void printers_get_their_levels(void **state)
{
    struct event_printer printer = {.levels = 1u << EVENT_ALWAYS, .print = keep};

    (void)state;
    told = 0;
    event_install(&printer);
    event_tell(&closed);
    assert_int_equal(told, 0);
    assert_false(event_is_shown(EVENT_VERBOSE));
    printer.levels = 1u << EVENT_VERBOSE;
    event_install(&printer);
    event_tell(&closed);
    assert_int_equal(told, 1);
    event_say(EVENT_VERBOSE, "%d %s", 3, "words");
    assert_int_equal(told, 2);
    assert_int_equal(seen.kind, EVENT_NOTICE);
    event_remove(&printer);
    event_tell(&closed);
    assert_int_equal(told, 2);
}

static void explained_events_are_hidden_until_they_are_asked_for(void **state)
{
    struct event_printer printer = {.levels = 1u << EVENT_EXPLAINED, .print = keep};
    struct event call = {.kind = EVENT_CALL, .level = EVENT_EXPLAINED};

    (void)state;
    told = 0;
    event_install(&printer);
    event_tell(&call);
    assert_int_equal(told, 0);
    assert_false(event_is_shown(EVENT_EXPLAINED) || event_explains);
    event_explain(true);
    event_tell(&call);
    assert_int_equal(told, 1);
    assert_true(event_is_shown(EVENT_EXPLAINED) && event_explains);
    event_explain(false);
    event_tell(&call);
    assert_int_equal(told, 1);
    event_remove(&printer);
}

static void fields_are_those_of_the_kind(void **state)
{
    static const char *const names[] = {"peer", "name", "first", "how", "why", "received", "sent"};
    struct event_value value;
    size_t i;

    (void)state;
    for (i = 0; event_field(&closed, i, &value); i++)
        assert_string_equal(value.name, names[i]);
    assert_int_equal(i, 7);
    assert_string_equal(event_name(EVENT_CLOSED), "closed");
    assert_true(event_field(&closed, 4, &value));
    assert_null(value.text);
    assert_true(event_field(&closed, 5, &value));
    assert_int_equal(value.number, 27);
}

static void every_kind_has_a_name_and_known_fields(void **state)
{
    struct event_value value;

    (void)state;
    for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
        struct event event = {.kind = kind};
        size_t count = 0;

        assert_non_null(event_name(kind));
        while (event_field(&event, count, &value))
            count++;
        assert_true(count > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentence_has_its_fields),
        cmocka_unit_test(sentence_is_cut_to_its_room),
        cmocka_unit_test(field_of_a_peer_is_not_read_as_a_template),
        cmocka_unit_test(absent_field_is_empty),
        cmocka_unit_test(count_chooses_the_sentence),
        cmocka_unit_test(printers_get_their_levels),
        cmocka_unit_test(explained_events_are_hidden_until_they_are_asked_for),
        cmocka_unit_test(fields_are_those_of_the_kind),
        cmocka_unit_test(every_kind_has_a_name_and_known_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
