/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <stdio.h>

#include "text/literal_input.h"

/* ---- helpers ---- */

struct given {
    struct literal_input input;
    struct codec_plan plan;
    struct codec_faults faults;
    struct err err;
    struct buf out;
    int result;
};

static struct given given(const char *local, const char *peer)
{
    struct given given = {.plan.to = peer ? find(peer) : NULL, .plan.wire = WIRE_IS_OUTPUT};

    if (peer)
        given.plan.from = find("utf-8");
    literal_input_init(&given.input, find(local), find("utf-8"));
    buf_init(&given.out, ROOM);
    return given;
}

static void end(struct given *given)
{
    literal_input_fini(&given->input);
    buf_fini(&given->out);
}

/* Pushes n bytes, `each` of them at a time, until one push fails. */
static void push(struct given *given, const char *bytes, size_t n, size_t each, bool ends)
{
    for (size_t i = 0; i < n && given->result == 0; i += each) {
        size_t count = n - i < each ? n - i : each;

        given->result =
            literal_input_push(&given->input, &given->plan, bytes + i, count,
                               ends && i + count == n, &given->out, &given->faults, &given->err);
    }
}

static void check_out(const struct given *given, const char *bytes, size_t n)
{
    if (buf_length(&given->out) != n)
        fail_msg("%zu bytes, not %zu: %s", buf_length(&given->out), n, given->err.sentence);
    if (n)
        assert_memory_equal(buf_bytes(&given->out), bytes, n);
}

/* All that a whole input becomes, however it is cut. */
static void check_made(const char *local, const char *peer, const char *text, const char *bytes,
                       size_t n)
{
    for (size_t each = 1; each <= strlen(text); each++) {
        struct given made = given(local, peer);

        push(&made, text, strlen(text), each, true);
        assert_int_equal(made.result, 0);
        check_out(&made, bytes, n);
        end(&made);
    }
}

#define CHECK(local, peer, text, bytes) \
    check_made(local, peer, text, bytes "", sizeof(bytes "") - 1)

/* The sentence of a mistake; the lines in front of it are made, however the input is cut. */
static void check_refused(const char *local, const char *text, const char *made,
                          const char *sentence)
{
    for (size_t each = 1; each <= strlen(text); each++) {
        struct given refused = given(local, NULL);

        push(&refused, text, strlen(text), each, true);
        assert_int_equal(refused.result, -1);
        assert_int_equal(refused.err.kind, ERR_USAGE);
        assert_string_equal(refused.err.sentence, sentence);
        check_out(&refused, made, strlen(made));
        end(&refused);
    }
}

/* ---- lines ---- */

static void lines_keep_their_ends_however_they_are_cut(void **state)
{
    (void)state;
    CHECK("utf-8", NULL, "a\\x02\n{hex 01 00}\r\nb", "a\x02\n\x01\0\r\nb");
    CHECK("utf-8", NULL, "\n\r\n\n", "\n\r\n\n");
    CHECK("utf-8", NULL, "a\rb\n", "a\rb\n");
    CHECK("utf-8", NULL, "last", "last");
}

static void lines_are_decoded_from_the_local_charset_and_sent_in_the_peers(void **state)
{
    (void)state;
    CHECK("gbk", "utf-8", "\xC4\xE3\\x02\n", "你\x02\n");
    CHECK("utf-8", "gbk", "你\\xE4{len u8}好", "\xC4\xE3\xE4\x02\xBA\xC3");
    CHECK("gbk", NULL, "\xC4\xE3\n", "\xC4\xE3\n");
}

static void line_end_of_the_plan_replaces_those_of_the_input(void **state)
{
    struct given crlf = given("utf-8", "utf-8");

    (void)state;
    crlf.plan.text.eol = EOL_CRLF;
    push(&crlf, "a\\n\nb\r\nc", 8, 8, true);
    assert_int_equal(crlf.result, 0);
    check_out(&crlf, "a\n\r\nb\r\nc", 8);
    end(&crlf);
}

static void unfinished_line_waits_for_its_end(void **state)
{
    struct given waits = given("utf-8", NULL);

    (void)state;
    push(&waits, "a\nb", 3, 3, false);
    check_out(&waits, "a\n", 2);
    push(&waits, "c\n", 2, 1, false);
    check_out(&waits, "a\nbc\n", 5);
    assert_int_equal(literal_input_push(&waits.input, &waits.plan, "", 0, true, &waits.out,
                                        &waits.faults, &waits.err),
                     0);
    check_out(&waits, "a\nbc\n", 5);
    end(&waits);
}

static void count_goes_up_by_lines_that_have_it(void **state)
{
    (void)state;
    CHECK("utf-8", NULL, "{count}\nx\n{count}{count}\n{count}", "1\nx\n22\n3");
}

static void next_gives_source_count_and_end(void **state)
{
    struct given one = given("gbk", NULL);
    struct literal_line line;

    (void)state;
    assert_int_equal(literal_input_add(&one.input, "\xC4\xE3{count}\r\nrest", 15, false, &one.err),
                     0);
    assert_int_equal(literal_input_next(&one.input, &line, &one.err), 1);
    assert_int_equal(line.n, strlen("你{count}"));
    assert_memory_equal(line.text, "你{count}", line.n);
    assert_string_equal(line.end, "\r\n");
    assert_int_equal(line.count, 1);
    literal_free(line.literal);
    assert_int_equal(literal_input_next(&one.input, &line, &one.err), 0);
    assert_int_equal(literal_input_add(&one.input, "", 0, true, &one.err), 0);
    assert_int_equal(literal_input_next(&one.input, &line, &one.err), 1);
    assert_string_equal(line.end, "");
    literal_free(line.literal);
    assert_int_equal(literal_input_next(&one.input, &line, &one.err), 0);
    end(&one);
}

/* ---- mistakes ---- */

static void mistake_is_told_with_line_and_column(void **state)
{
    (void)state;
    check_refused(
        "utf-8", "good\n\nab\\q\nlater\n", "good\n\n",
        "standard input:3: column 3: '\\q' is none of \\n \\r \\t \\0 \\\\ \\{ \\xHH \\u{H}");
    check_refused("utf-8", "{count\nx", "",
                  "standard input:1: column 1: this brace opens a field, and no other one ends it; "
                  "a brace itself is \\{");
}

static void bytes_that_are_no_text_are_told_with_their_column(void **state)
{
    (void)state;
    check_refused("utf-8", "ok\n你\xFF\n", "ok\n",
                  "standard input:2: column 2: this is not valid UTF-8");
    check_refused("gbk", "\xC4\xE3\xC4\n", "", "standard input:1: column 2: this is not valid GBK");
}

static void literal_that_cannot_be_made_is_told_with_its_line(void **state)
{
    (void)state;
    check_refused("utf-8", "a\n{crc8 from 3}\n", "a\n",
                  "standard input:2: column 1: {crc8} stands at byte 0 and cannot cover 3 to 0");
}

static void line_of_64_kib_is_taken_and_a_longer_one_refused(void **state)
{
    static char text[LITERAL_INPUT_LINE + 2];
    struct given longest = given("utf-8", NULL), longer = given("utf-8", NULL);

    (void)state;
    memset(text, 'x', sizeof text);
    text[LITERAL_INPUT_LINE] = '\n';
    push(&longest, text, LITERAL_INPUT_LINE + 1, 1000, false);
    assert_int_equal(longest.result, 0);
    check_out(&longest, text, LITERAL_INPUT_LINE + 1);
    end(&longest);
    text[LITERAL_INPUT_LINE] = 'x';
    push(&longer, "a\n", 2, 2, false);
    push(&longer, text, LITERAL_INPUT_LINE, 4096, false);
    assert_int_equal(longer.result, 0); /* its end may follow */
    push(&longer, "x", 1, 1, false);
    assert_int_equal(longer.result, -1);
    assert_int_equal(longer.err.kind, ERR_USAGE);
    assert_string_equal(longer.err.sentence,
                        "standard input:2: a line of --literal holds at most 64 KiB");
    check_out(&longer, "a\n", 2);
    end(&longer);
}

static void full_output_is_a_failure(void **state)
{
    struct given full = given("utf-8", NULL);

    (void)state;
    full.out.cap = 3;
    push(&full, "ab\ncd\n", 6, 6, true);
    assert_int_equal(full.result, -1);
    assert_int_equal(full.err.kind, ERR_LOCAL);
    assert_string_equal(full.err.sentence, "standard input:2: the message is too long");
    check_out(&full, "ab\n", 3);
    end(&full);
}

/* ---- characters that the peer's charset lacks ---- */

static void offset_of_the_first_lacking_character_counts_all_that_was_given(void **state)
{
    static const char text[] = "\\x01\\x02\r\nb😀😀\n😀";

    (void)state;
    for (size_t each = 1; each <= strlen(text); each++) {
        struct given lacks = given("utf-8", "gbk");

        push(&lacks, text, strlen(text), each, true);
        assert_int_equal(lacks.result, 0);
        check_out(&lacks, "\x01\x02\r\nb??\n?", 9);
        assert_int_equal(lacks.faults.unencodable, 3);
        assert_int_equal(lacks.faults.unencodable_first, 0x1F600);
        assert_int_equal(lacks.faults.unencodable_at, 5);
        end(&lacks);
    }
}

static void stop_at_a_lacking_character_is_told_with_its_line(void **state)
{
    struct given stops = given("utf-8", "gbk");

    (void)state;
    stops.plan.text = (struct text_options){.checked = true, .bad = BAD_STOP};
    push(&stops, "a\nb😀\n", 8, 8, true);
    assert_int_equal(stops.result, -1);
    assert_int_equal(stops.err.kind, ERR_TEXT);
    assert_string_equal(stops.err.sentence, "standard input:2: U+1F600 is not in GBK");
    check_out(&stops, "a\n", 2);
    end(&stops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_keep_their_ends_however_they_are_cut),
        cmocka_unit_test(lines_are_decoded_from_the_local_charset_and_sent_in_the_peers),
        cmocka_unit_test(line_end_of_the_plan_replaces_those_of_the_input),
        cmocka_unit_test(unfinished_line_waits_for_its_end),
        cmocka_unit_test(count_goes_up_by_lines_that_have_it),
        cmocka_unit_test(next_gives_source_count_and_end),
        cmocka_unit_test(mistake_is_told_with_line_and_column),
        cmocka_unit_test(bytes_that_are_no_text_are_told_with_their_column),
        cmocka_unit_test(literal_that_cannot_be_made_is_told_with_its_line),
        cmocka_unit_test(line_of_64_kib_is_taken_and_a_longer_one_refused),
        cmocka_unit_test(full_output_is_a_failure),
        cmocka_unit_test(offset_of_the_first_lacking_character_counts_all_that_was_given),
        cmocka_unit_test(stop_at_a_lacking_character_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
