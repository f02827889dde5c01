/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/codec.h"

/* ---- helpers ---- */

/* The result of one way of cutting. */
struct outcome {
    struct buf out;
    struct codec_faults faults;
    bool stopped; /* by BAD_STOP */
};

static struct codec_plan plan_of(const char *from, const char *to, enum codec_eol eol,
                                 enum codec_wire wire)
{
    return (struct codec_plan){.from = from ? find(from) : NULL,
                               .to = to ? find(to) : NULL,
                               .text.eol = eol,
                               .wire = wire};
}

/* Pushes bytes that end with their memory. */
static void push(struct codec *codec, const unsigned char *bytes, size_t n, bool last,
                 struct buf *out)
{
    unsigned char *exact = malloc(n ? n : 1);
    struct err err = {0};

    if (n)
        memcpy(exact, bytes, n);
    if (codec_push(codec, exact, n, last, out, &err) < 0)
        fail_msg("%s", err.sentence);
    free(exact);
}

/* Pushes three pieces; the `last` push is the third, or an empty fourth (lone_end). */
static struct outcome run_cut(const struct codec_plan *plan, const unsigned char *bytes, size_t n,
                              size_t cut, size_t second_cut, bool lone_end)
{
    struct outcome outcome = {.stopped = false};
    struct codec codec;

    codec_init(&codec, plan);
    buf_init(&outcome.out, ROOM);
    push(&codec, bytes, cut, false, &outcome.out);
    push(&codec, bytes + cut, second_cut - cut, false, &outcome.out);
    push(&codec, bytes + second_cut, n - second_cut, !lone_end, &outcome.out);
    if (lone_end)
        push(&codec, NULL, 0, true, &outcome.out);
    outcome.faults = codec.faults;
    return outcome;
}

static void outcome_fini(struct outcome *outcome)
{
    buf_fini(&outcome->out);
}

static bool is_same(const struct outcome *one, const struct outcome *other)
{
    const struct codec_faults *a = &one->faults, *b = &other->faults;
    size_t n = buf_length(&one->out);

    return n == buf_length(&other->out) &&
           (!n || !memcmp(buf_bytes(&one->out), buf_bytes(&other->out), n)) &&
           a->undecodable == b->undecodable && a->undecodable_at == b->undecodable_at &&
           a->unencodable == b->unencodable && a->unencodable_at == b->unencodable_at &&
           a->unencodable_first == b->unencodable_first && one->stopped == other->stopped;
}

static void assert_out(const struct outcome *outcome, const char *expected)
{
    size_t n = strlen(expected);

    if (buf_length(&outcome->out) != n || memcmp(buf_bytes(&outcome->out), expected, n))
        fail_msg("'%.*s' is not '%s'", (int)buf_length(&outcome->out), buf_bytes(&outcome->out),
                 expected);
}

static void assert_faults(const struct codec_faults *got, struct codec_faults expected)
{
    assert_int_equal(got->undecodable, expected.undecodable);
    assert_int_equal(got->undecodable_at, expected.undecodable_at);
    assert_int_equal(got->unencodable, expected.unencodable);
    assert_int_equal(got->unencodable_at, expected.unencodable_at);
    assert_int_equal(got->unencodable_first, expected.unencodable_first);
}

/* Output and faults do not depend on the cuts. */
static void assert_converts(struct codec_plan plan, const char *in, const char *expected,
                            struct codec_faults faults)
{
    size_t n = strlen(in);

    for (size_t cut = 0; cut <= n; cut++)
        for (size_t second = cut; second <= n; second++)
            for (int lone_end = 0; lone_end < 2; lone_end++) {
                struct outcome outcome =
                    run_cut(&plan, (const unsigned char *)in, n, cut, second, lone_end);
                assert_out(&outcome, expected);
                assert_faults(&outcome.faults, faults);
                outcome_fini(&outcome);
            }
}

static const struct codec_faults no_faults;

/* ---- identity ---- */

static void identity_is_the_same_charset_with_eol_as_is(void **state)
{
    struct codec_plan plain = plan_of(NULL, NULL, EOL_AS_IS, WIRE_IS_INPUT);
    struct codec_plan same = plan_of("gbk", "gb2312", EOL_AS_IS, WIRE_IS_OUTPUT);
    struct codec_plan crlf = plan_of(NULL, NULL, EOL_CRLF, WIRE_IS_OUTPUT);
    struct codec_plan same_crlf = plan_of("utf8", "UTF-8", EOL_CRLF, WIRE_IS_OUTPUT);
    struct codec_plan other = plan_of("gbk", "gb18030", EOL_AS_IS, WIRE_IS_OUTPUT);

    (void)state;
    assert_true(codec_is_identity(&plain));
    assert_true(codec_is_identity(&same));
    assert_false(codec_is_identity(&crlf));
    assert_false(codec_is_identity(&same_crlf));
    assert_false(codec_is_identity(&other));
}

/* The bytes include ones that are not valid in the charset. */
static void identity_keeps_every_byte(void **state)
{
    static const char *const same[] = {NULL, "utf-8", "gbk", "shift_jis"};
    unsigned char bytes[256];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        bytes[i] = (unsigned char)(255 - i);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct codec_plan plan = plan_of(same[i], same[i], EOL_AS_IS, WIRE_IS_OUTPUT);
        struct outcome outcome = run_cut(&plan, bytes, 256, 77, 190, true);

        assert_int_equal(buf_length(&outcome.out), 256);
        assert_memory_equal(buf_bytes(&outcome.out), bytes, 256);
        assert_faults(&outcome.faults, no_faults);
        outcome_fini(&outcome);
    }
}

/* ---- conversion ---- */

static void charsets_are_converted_both_ways(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT), "a你好€\n",
                    "a\xC4\xE3\xBA\xC3\x80\n", no_faults);
    assert_converts(plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), "a\xC4\xE3\xBA\xC3\x80\n",
                    "a你好€\n", no_faults);
    assert_converts(plan_of("shift_jis", "euc-jp", EOL_AS_IS, WIRE_IS_INPUT), "\x82\xA0z",
                    "\xA4\xA2z", no_faults);
    assert_converts(plan_of("gb18030", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), "\x94\x39\xFC\x36", "😀",
                    no_faults);
}

/* Only an unfinished character waits for the next push. */
static void whole_character_never_waits(void **state)
{
    struct codec_plan plan = plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);
    struct codec codec;
    struct buf out;

    (void)state;
    codec_init(&codec, &plan);
    buf_init(&out, ROOM);
    push(&codec, (const unsigned char *)"a\xC4", 2, false, &out);
    assert_int_equal(buf_length(&out), 1);
    push(&codec, (const unsigned char *)"\xE3", 1, false, &out);
    assert_int_equal(buf_length(&out), 4);
    assert_memory_equal(buf_bytes(&out), "a你", 4);
    buf_fini(&out);
}

static void push_appends_to_out(void **state)
{
    struct codec_plan plan = plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT);
    struct codec codec;
    struct buf out;

    (void)state;
    codec_init(&codec, &plan);
    buf_init(&out, ROOM);
    assert_int_equal(buf_append(&out, "before", 6), 0);
    push(&codec, (const unsigned char *)"你😀\n", 8, true, &out);
    assert_int_equal(codec.faults.unencodable_at, 2);
    assert_int_equal(buf_length(&out), 11);
    assert_memory_equal(buf_bytes(&out), "before\xC4\xE3?\r\n", 11);
    buf_fini(&out);
}

/* ---- replacement, counting, first offsets ---- */

static void lacking_character_becomes_a_question_mark(void **state)
{
    struct codec_plan outward = plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT);
    struct codec_plan inward = plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_INPUT);

    (void)state;
    assert_converts(outward, "a😀", "a?", (struct codec_faults){0, 0, 1, 1, 0x1F600});
    assert_converts(outward, "你好😀好🎉", "\xC4\xE3\xBA\xC3?\xBA\xC3?",
                    (struct codec_faults){0, 0, 2, 4, 0x1F600});
    assert_converts(inward, "你好😀好🎉", "\xC4\xE3\xBA\xC3?\xBA\xC3?",
                    (struct codec_faults){0, 0, 2, 6, 0x1F600});
}

static void bad_bytes_become_replacement_characters(void **state)
{
    struct codec_plan inward = plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);
    struct codec_plan outward = plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_OUTPUT);

    (void)state;
    assert_converts(inward, "\xC4\xE3\xFF\n\xFF", "你\uFFFD\n\uFFFD",
                    (struct codec_faults){2, 2, 0, 0, 0});
    assert_converts(outward, "\xC4\xE3\xFF\n\xFF", "你\uFFFD\n\uFFFD",
                    (struct codec_faults){2, 3, 0, 0, 0});
    assert_converts(plan_of("utf-8", "gb18030", EOL_AS_IS, WIRE_IS_INPUT), "a\xE4\xBDz",
                    "a\x84\x31\xA4\x37z", (struct codec_faults){1, 1, 0, 0, 0});
}

/* A fault is not unencodable, too, where the target lacks U+FFFD. */
static void fault_counts_once(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT), "你\xFFz\xE4\xBD",
                    "\xC4\xE3?z?", (struct codec_faults){2, 2, 0, 0, 0});
    assert_converts(plan_of("utf-8", "koi8-r", EOL_AS_IS, WIRE_IS_INPUT), "Ж\xFFz", "\xF6?z",
                    (struct codec_faults){1, 2, 0, 0, 0});
}

/* A U+FFFD in the input is a character like any other. */
static void sent_replacement_character_is_not_a_fault(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gb18030", EOL_AS_IS, WIRE_IS_OUTPUT), "\uFFFD",
                    "\x84\x31\xA4\x37", no_faults);
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT), "x\uFFFD", "x?",
                    (struct codec_faults){0, 0, 1, 1, 0xFFFD});
}

static void undecodable_and_unencodable_are_counted_apart(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_INPUT),
                    "你\xE4\xBD😀\xFF"
                    "a😀",
                    "\xC4\xE3???a?", (struct codec_faults){2, 3, 2, 5, 0x1F600});
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT),
                    "你\xE4\xBD😀\xFF"
                    "a😀",
                    "\xC4\xE3???a?", (struct codec_faults){2, 2, 2, 3, 0x1F600});
    assert_converts(plan_of("gb18030", "koi8-r", EOL_AS_IS, WIRE_IS_INPUT),
                    "\xA7\xA8\x94\x39\xFC\x36\xC4\xE3\xFFz", "\xF6???z",
                    (struct codec_faults){1, 8, 2, 2, 0x1F600});
}

static void cut_character_at_the_end_is_a_fault(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_INPUT), "a你\xE4\xBD", "a\xC4\xE3?",
                    (struct codec_faults){1, 4, 0, 0, 0});
    assert_converts(plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_OUTPUT), "a\xC4", "a\uFFFD",
                    (struct codec_faults){1, 1, 0, 0, 0});
    assert_converts(plan_of("gb18030", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), "ab\x94\x39\xFC",
                    "ab\uFFFD", (struct codec_faults){1, 2, 0, 0, 0});
}

/* Faults stand far behind the start and far behind the first fault. */
static void offsets_span_pushes(void **state)
{
    struct codec_plan plan = plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT);
    struct codec codec;
    struct buf out;

    (void)state;
    codec_init(&codec, &plan);
    buf_init(&out, ROOM);
    for (int i = 0; i < 1000; i++) {
        push(&codec, (const unsigned char *)"你\n", 4, false, &out);
        buf_consume(&out, buf_length(&out));
    }
    push(&codec, (const unsigned char *)"x😀\xFF😀\xFF", 11, true, &out);
    assert_faults(&codec.faults, (struct codec_faults){2, 4002, 2, 4001, 0x1F600});
    buf_fini(&out);
}

/* ---- the text behind a fault ---- */

static void assert_read(const char *name, const char *in, const char *expected, uint64_t faults,
                        uint64_t at)
{
    assert_converts(plan_of(name, "utf-8", EOL_AS_IS, WIRE_IS_INPUT), in, expected,
                    (struct codec_faults){faults, at, 0, 0, 0});
}

static void lacking_letter_leaves_the_letters_behind_it(void **state)
{
    (void)state;
    assert_read("euc-kr", "\xC9\xA1\xB3\xAA\xB6\xF3\xB8\xBB\xBE\xB8", "\uFFFD나라말씀", 1, 0);
    assert_read("euc-kr", "\xB3\xAA\x81\xFF\xB6\xF3\xA0\x80\xB8\xBB", "나\uFFFD라\uFFFD말", 2, 2);
    assert_read("big5", "\x81\xA1\xA7\x41\xFA\xFF\xA6\x6E\xFE\xFF", "\uFFFD你\uFFFD好\uFFFD", 3, 0);
    assert_read("shift_jis", "\x82\xA0\xEB\xA1\x82\xA2\xFC\xFC\xB1", "あ\uFFFDい\uFFFDｱ", 2, 2);
    assert_read("johab", "\xD4\xA1\x88\x61\xDF\xFE\x88\x61\xFD\xFF", "\uFFFD가\uFFFD가\uFFFD", 3,
                0);
    assert_read("euc-jp", "\xA4\xA2\x8F\xA1\xA1\xA4\xA4", "あ\uFFFDい", 1, 2);
}

static void two_characters_become_one_between_charsets(void **state)
{
    struct codec_plan plan = plan_of("gb18030", "big5", EOL_CRLF, WIRE_IS_INPUT);

    (void)state;
    assert_converts(plan,
                    "\x81\x30\x87\x38\x81\x30\xBD\x30"
                    "a\n",
                    "\x88\x62"
                    "a\r\n",
                    no_faults);
    assert_converts(plan,
                    "\x81\x30\x87\x38"
                    "a\n\x81\x30\x87\x38\n",
                    "\x88\x66"
                    "a\r\n\x88\x66\r\n",
                    no_faults);
    assert_converts(plan, "\xA8\xBA\x81\x30\xBD\x30\xA8\xBA", "\x88\xA3\x88\xA7", no_faults);
    assert_converts(plan, "\xA8\xBA\xFF\xA8\xBA", "\x88\xA7?\x88\xA7",
                    (struct codec_faults){1, 2, 0, 0, 0});
    plan.from = find("utf-8");
    plan.safe = true;
    assert_converts(plan, "zÊ\u0304 Ê", "z\x88\x62 \x88\x66", no_faults);
}

static void byte_order_mark_at_the_start_is_dropped_where_it_lacks(void **state)
{
    struct codec_plan plan = plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT);

    (void)state;
    assert_converts(plan, "\uFEFFa你", "a\xC4\xE3", no_faults);
    assert_converts(plan, "\uFEFF", "", no_faults);
    assert_converts(plan, "a\uFEFFb", "a?b", (struct codec_faults){0, 0, 1, 1, 0xFEFF});
    plan.text.bad = BAD_STOP;
    assert_converts(plan, "\uFEFFa", "a", no_faults);
    assert_converts(plan_of("gb18030", "big5", EOL_AS_IS, WIRE_IS_INPUT),
                    "\x84\x31\x95\x33"
                    "a",
                    "a", no_faults);
    assert_converts(plan_of("utf-8", "gb18030", EOL_AS_IS, WIRE_IS_OUTPUT), "\uFEFFa",
                    "\x84\x31\x95\x33"
                    "a",
                    no_faults);
}

/* The safe form of a fault is made in its place: a CR or a joiner in front of it is not lost. */
static void replacement_is_safe_text(void **state)
{
    struct codec_plan plan = plan_of("utf-8", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);

    (void)state;
    plan.safe = true;
    assert_converts(plan, "a\r\xFF\nb", "a^M\uFFFD\nb", (struct codec_faults){1, 2, 0, 0, 0});
    assert_converts(plan,
                    "a\u200D\xFF"
                    "b",
                    "a\u200D\uFFFDb", (struct codec_faults){1, 4, 0, 0, 0});
    assert_converts(plan, "\xFF\tb", "\uFFFD       b", (struct codec_faults){1, 0, 0, 0, 0});
    plan.text.bad = BAD_ESCAPE;
    assert_converts(plan, "\xFF\tb", "\\xFF    b", (struct codec_faults){1, 0, 0, 0, 0});
}

static void output_may_fill_its_room_to_the_last_byte(void **state)
{
    static const char *const rows[][3] = {
        {"utf-8", "gbk", "ab你"}, {"gbk", "utf-8", "a\xC4\xE3"}, {"utf-8", "utf-8", "a你"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct codec_plan plan = plan_of(rows[i][0], rows[i][1], EOL_AS_IS, WIRE_IS_INPUT);
        unsigned char storage[4];
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};

        plan.text.checked = true;
        assert_int_equal(codec_convert(&plan, rows[i][2], strlen(rows[i][2]), &out, NULL), 0);
        assert_int_equal(buf_length(&out), sizeof storage);
    }
}

static void bad_lead_leaves_an_ascii_byte(void **state)
{
    static const char *const charsets_of_pairs[] = {"gbk",    "gb18030", "big5",   "shift_jis",
                                                    "euc-jp", "euc-kr",  "euc-tw", "johab"};

    (void)state;
    for (size_t i = 0; i < sizeof charsets_of_pairs / sizeof *charsets_of_pairs; i++) {
        assert_read(charsets_of_pairs[i], "a\x8F\nb", "a\uFFFD\nb", 1, 1);
        assert_read(charsets_of_pairs[i], "\x8F\"b\x8F\"", "\uFFFD\"b\uFFFD\"", 2, 0);
        assert_read(charsets_of_pairs[i], "ab\x8F", "ab\uFFFD", 1, 2);
    }
}

static void lone_80_is_counted(void **state)
{
    (void)state;
    assert_read("big5", "a\x80\xA7\x41\x80", "a\uFFFD你\uFFFD", 2, 1);
    assert_read("euc-kr", "a\x80\xB0\xA1\x80", "a\uFFFD가\uFFFD", 2, 1);
    assert_read("gbk", "a\x80\xC4\xE3\x80", "a€你€", 0, 0);
}

static void fault_may_begin_in_an_earlier_push(void **state)
{
    struct codec_plan plan = plan_of("gb18030", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);
    struct codec codec;
    struct buf out;

    (void)state;
    codec_init(&codec, &plan);
    buf_init(&out, ROOM);
    push(&codec, (const unsigned char *)"z\x81\x30\x81", 4, false, &out);
    assert_int_equal(buf_length(&out), 1);
    assert_int_equal(codec.kept_length, CODEC_KEPT);
    assert_int_equal(codec.faults.undecodable, 0);
    push(&codec, (const unsigned char *)"A", 1, false, &out);
    assert_int_equal(buf_length(&out), 8);
    assert_memory_equal(buf_bytes(&out), "z\uFFFD0丄", 8);
    assert_faults(&codec.faults, (struct codec_faults){1, 1, 0, 0, 0});
    buf_fini(&out);
}

/* ---- letters that iconv has otherwise ---- */

static void path_keeps_its_bytes_in_shift_jis(void **state)
{
    static const char path[] = "C:\\dir\\~user";

    (void)state;
    assert_converts(plan_of("utf-8", "shift_jis", EOL_AS_IS, WIRE_IS_OUTPUT), path, path,
                    no_faults);
    assert_converts(plan_of("shift_jis", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), path, path, no_faults);
    assert_converts(plan_of("shift_jis", "euc-jp", EOL_AS_IS, WIRE_IS_INPUT), path, path,
                    no_faults);
    assert_converts(plan_of("johab", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), path, path, no_faults);
}

static void letters_beyond_iconv_are_written_whole(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "big5", EOL_AS_IS, WIRE_IS_OUTPUT), "㗎哋Ê̄Êz",
                    "\x9D\xEE\x92\x5D\x88\x62\x88\x66z", no_faults);
    assert_converts(plan_of("utf-8", "windows-1258", EOL_AS_IS, WIRE_IS_OUTPUT), "ế", "\xEA\xEC",
                    no_faults);
    assert_converts(plan_of("utf-8", "shift_jis", EOL_CRLF, WIRE_IS_OUTPUT), "①㈱\n",
                    "\x87\x40\x87\x8A\r\n", no_faults);
    assert_converts(plan_of("big5", "utf-8", EOL_CRLF, WIRE_IS_INPUT), "\x88\x62\n", "Ê̄\r\n",
                    no_faults);
}

/* ---- escapes, stops, checks ---- */

static struct codec_plan with_bad(struct codec_plan plan, enum codec_bad bad)
{
    plan.text.bad = bad;
    plan.text.checked = true;
    return plan;
}

static void escape_names_bytes_and_characters(void **state)
{
    (void)state;
    assert_converts(with_bad(plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), BAD_ESCAPE),
                    "\xC4\xE3\xFF\n\xFA", "你\\xFF\n\\xFA", (struct codec_faults){2, 2, 0, 0, 0});
    assert_converts(with_bad(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT), BAD_ESCAPE),
                    "你😀é\xE4\xBD", "\xC4\xE3\\u{1F600}\xA8\xA6\\xE4\\xBD",
                    (struct codec_faults){1, 13, 1, 2, 0x1F600});
    assert_converts(with_bad(plan_of("utf-8", "koi8-r", EOL_AS_IS, WIRE_IS_OUTPUT), BAD_ESCAPE),
                    "ê", "\\u{EA}", (struct codec_faults){0, 0, 1, 0, 0xEA});
    assert_converts(with_bad(plan_of("utf-8", "shift_jis", EOL_AS_IS, WIRE_IS_OUTPUT), BAD_ESCAPE),
                    "あ😀\\", "\x82\xA0\\u{1F600}\\", (struct codec_faults){0, 0, 1, 2, 0x1F600});
    assert_converts(with_bad(plan_of("euc-kr", "shift_jis", EOL_AS_IS, WIRE_IS_INPUT), BAD_ESCAPE),
                    "\xC9\xA1\xB0\xA1\xAA\xA2", "\\xC9\\xA1\\u{AC00}\x82\xA0",
                    (struct codec_faults){1, 0, 1, 2, 0xAC00});
    assert_converts(with_bad(plan_of("gb18030", "big5", EOL_AS_IS, WIRE_IS_OUTPUT), BAD_ESCAPE),
                    "\xFE\x39\xFE\x39\x81\x30\x81", "\\xFE\\x39\\xFE\\x39\\x81\\x30\\x81",
                    (struct codec_faults){2, 0, 0, 0, 0});
}

/* With any cut, `out` ends in front of the fault, and the offset is right. */
static void assert_stops(struct codec_plan plan, const char *in, const char *expected,
                         struct codec_faults faults)
{
    size_t n = strlen(in);

    plan = with_bad(plan, BAD_STOP);
    for (size_t cut = 0; cut <= n; cut++) {
        struct outcome outcome = {.stopped = false};
        struct err err = {0};
        struct codec codec;
        int failed;

        codec_init(&codec, &plan);
        buf_init(&outcome.out, ROOM);
        failed = codec_push(&codec, in, cut, false, &outcome.out, &err);
        if (!failed)
            failed = codec_push(&codec, in + cut, n - cut, true, &outcome.out, &err);
        assert_int_equal(failed, -1);
        assert_int_equal(err.kind, ERR_TEXT);
        assert_string_equal(err.sentence, "");
        outcome.faults = codec.faults;
        assert_out(&outcome, expected);
        assert_faults(&outcome.faults, faults);
        outcome_fini(&outcome);
    }
}

static void stop_ends_at_the_first_fault(void **state)
{
    (void)state;
    assert_stops(plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), "a\xC4\xE3\xFF\nz\xFF", "a你",
                 (struct codec_faults){1, 3, 0, 0, 0});
    assert_stops(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT), "a你好😀z\xFF",
                 "a\xC4\xE3\xBA\xC3", (struct codec_faults){0, 0, 1, 5, 0x1F600});
    assert_stops(plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT), "你\n\xFFz", "\xC4\xE3\r\n",
                 (struct codec_faults){1, 4, 0, 0, 0});
    assert_stops(plan_of("utf-8", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), "你\xE4\xBDz", "你",
                 (struct codec_faults){1, 3, 0, 0, 0});
    assert_stops(plan_of("gb18030", "utf-8", EOL_AS_IS, WIRE_IS_INPUT), "ab\x81\x30", "ab",
                 (struct codec_faults){1, 2, 0, 0, 0});
}

static void checked_checks_between_equal_charsets(void **state)
{
    struct codec_plan plan = plan_of("utf-8", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);

    (void)state;
    assert_true(codec_is_identity(&plan));
    plan.text.checked = true;
    assert_false(codec_is_identity(&plan));
    assert_converts(plan, "a\xFF你\xED\xA0\x80", "a\uFFFD你\uFFFD\uFFFD\uFFFD",
                    (struct codec_faults){4, 1, 0, 0, 0});
}

/* Safe display holds a CR back; the place of the next fault must not move. */
static void safe_keeps_offsets_right(void **state)
{
    struct codec_plan plan = plan_of("windows-1258", "koi8-r", EOL_AS_IS, WIRE_IS_INPUT);

    (void)state;
    plan.safe = true;
    assert_converts(plan, "a\r\xBF", "a^M?", (struct codec_faults){0, 0, 1, 2, 0xBF});
}

/* ---- line ends ---- */

static void eol_crlf_replaces_lf(void **state)
{
    static const char in[] = "a\nb\r\nc\r\r\n\n\n\r", out[] = "a\r\nb\r\nc\r\r\n\r\n\r\n\r";

    (void)state;
    assert_converts(plan_of(NULL, NULL, EOL_CRLF, WIRE_IS_OUTPUT), in, out, no_faults);
    assert_converts(plan_of("utf-8", "utf-8", EOL_CRLF, WIRE_IS_OUTPUT), in, out, no_faults);
    assert_converts(plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT), in, out, no_faults);
    assert_converts(plan_of("gbk", "utf-8", EOL_CRLF, WIRE_IS_OUTPUT), in, out, no_faults);
    assert_converts(plan_of("koi8-r", "gb18030", EOL_CRLF, WIRE_IS_OUTPUT), in, out, no_faults);
}

static void eol_crlf_goes_with_conversion(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT), "你\n好\r\n😀\n",
                    "\xC4\xE3\r\n\xBA\xC3\r\n?\r\n", (struct codec_faults){0, 0, 1, 8, 0x1F600});
    assert_converts(plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT), "\r\xFF\n", "\r?\r\n",
                    (struct codec_faults){1, 1, 0, 0, 0});
    assert_converts(plan_of("utf-8", "gbk", EOL_CRLF, WIRE_IS_OUTPUT), "\r😀\n", "\r?\r\n",
                    (struct codec_faults){0, 0, 1, 1, 0x1F600});
}

static void line_ends_and_faults_are_mended_in_one_pass(void **state)
{
    struct codec_plan in = with_bad(plan_of("big5", "utf-8", EOL_CRLF, WIRE_IS_INPUT), BAD_ESCAPE);
    struct codec_plan out =
        with_bad(plan_of("utf-8", "euc-kr", EOL_CRLF, WIRE_IS_OUTPUT), BAD_ESCAPE);

    (void)state;
    assert_converts(in, "\xA7\x41\n\x80\r\n\x81\xA1\n", "你\r\n\\x80\r\n\\x81\\xA1\r\n",
                    (struct codec_faults){2, 3, 0, 0, 0});
    assert_converts(out, "가\n😀\n\xFF\r\n\xED\n", "\xB0\xA1\r\n\\u{1F600}\r\n\\xFF\r\n\\xED\r\n",
                    (struct codec_faults){2, 15, 1, 4, 0x1F600});
    assert_stops(plan_of("shift_jis", "utf-8", EOL_CRLF, WIRE_IS_OUTPUT),
                 "\x82\xA0\n\xB1\n\xEB\xA1\n", "あ\r\nｱ\r\n",
                 (struct codec_faults){1, 10, 0, 0, 0});
    assert_stops(plan_of("utf-8", "johab", EOL_CRLF, WIRE_IS_OUTPUT), "가\n가\nế\n",
                 "\x88\x61\r\n\x88\x61\r\n", (struct codec_faults){0, 0, 1, 8, 0x1EBF});
}

static void eol_replaces_lf_and_crlf_and_no_lone_cr(void **state)
{
    static const char in[] = "a\nb\r\nc\rd\r\r\n\n\r";
    static const struct {
        enum codec_eol eol;
        const char *out;
    } ends[] = {
        {EOL_LF, "a\nb\nc\rd\r\n\n\r"},
        {EOL_CRLF, "a\r\nb\r\nc\rd\r\r\n\r\n\r"},
        {EOL_CR, "a\rb\rc\rd\r\r\r\r"},
        {EOL_NONE, "abc\rd\r\r"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        enum codec_eol eol = ends[i].eol;

        assert_converts(plan_of(NULL, NULL, eol, WIRE_IS_OUTPUT), in, ends[i].out, no_faults);
        assert_converts(plan_of("utf-8", "utf-8", eol, WIRE_IS_OUTPUT), in, ends[i].out, no_faults);
        assert_converts(plan_of("utf-8", "gbk", eol, WIRE_IS_OUTPUT), in, ends[i].out, no_faults);
        assert_converts(plan_of("gbk", "utf-8", eol, WIRE_IS_OUTPUT), in, ends[i].out, no_faults);
        assert_converts(plan_of("koi8-r", "gb18030", eol, WIRE_IS_OUTPUT), in, ends[i].out,
                        no_faults);
    }
}

/* The two bytes of a character never meet over a line end that is not sent. */
static void eol_none_joins_lines_and_no_characters(void **state)
{
    (void)state;
    assert_converts(plan_of("gbk", "utf-8", EOL_NONE, WIRE_IS_INPUT), "\xC4\n\xE3\n",
                    "\uFFFD\uFFFD", (struct codec_faults){2, 0, 0, 0, 0});
    assert_converts(plan_of("gbk", "utf-8", EOL_NONE, WIRE_IS_INPUT), "\xC4\r\n\xE3",
                    "\uFFFD\uFFFD", (struct codec_faults){2, 0, 0, 0, 0});
}

static void eol_as_is_keeps_line_ends(void **state)
{
    (void)state;
    assert_converts(plan_of("utf-8", "gbk", EOL_AS_IS, WIRE_IS_OUTPUT), "a\nb\r\nc\r",
                    "a\nb\r\nc\r", no_faults);
}

/* ---- random bytes ---- */

static struct outcome run_shredded(const struct codec_plan *plan, const unsigned char *bytes,
                                   size_t n, struct dice *dice)
{
    uint32_t most = 1 + dice_roll(dice, 12);
    struct outcome outcome = {.stopped = false};
    struct codec codec;

    codec_init(&codec, plan);
    buf_init(&outcome.out, ROOM);
    for (size_t i = 0; i < n;) {
        size_t part = 1 + dice_roll(dice, most);

        if (part > n - i)
            part = n - i;
        push(&codec, bytes + i, part, false, &outcome.out);
        i += part;
    }
    push(&codec, NULL, 0, true, &outcome.out);
    assert_int_equal(codec.plan.from ? codec.taken : n, n);
    outcome.faults = codec.faults;
    return outcome;
}

static struct codec_plan random_plan(struct dice *dice)
{
    return plan_of(names[dice_roll(dice, NAMES)], names[dice_roll(dice, NAMES)], dice_roll(dice, 2),
                   dice_roll(dice, 2) ? WIRE_IS_INPUT : WIRE_IS_OUTPUT);
}

static void random_cuts_do_not_change_the_output(void **state)
{
    struct dice dice = {8080};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct codec_plan plan = random_plan(&dice);
        unsigned char bytes[64];
        size_t n = random_text(&dice, bytes, sizeof bytes);
        struct outcome whole = run_cut(&plan, bytes, n, n, n, true);
        struct outcome parts = run_shredded(&plan, bytes, n, &dice);

        if (!is_same(&whole, &parts))
            fail_msg("round %d differs: %s to %s, %zu bytes", i,
                     plan.from ? charset_name(plan.from) : "raw",
                     plan.to ? charset_name(plan.to) : "raw", n);
        outcome_fini(&whole);
        outcome_fini(&parts);
    }
}

/* Pushes the first part and then parts of one length, up to a fault that stops. */
static struct outcome run_parts(const struct codec_plan *plan, const unsigned char *bytes, size_t n,
                                size_t first, size_t each)
{
    struct outcome outcome = {.stopped = false};
    struct codec codec;

    codec_init(&codec, plan);
    buf_init(&outcome.out, ROOM);
    for (size_t i = 0, part = first; i <= n && !outcome.stopped; i += part, part = each) {
        unsigned char *exact;

        part = part < n - i ? part : n - i;
        exact = malloc(part + !part);
        memcpy(exact, bytes + i, part);
        outcome.stopped = codec_push(&codec, exact, part, !part, &outcome.out, NULL) < 0;
        free(exact);
        if (!part)
            break;
    }
    outcome.faults = codec.faults;
    return outcome;
}

static void assert_cuts_do_not_matter(const struct codec_plan *plan, const unsigned char *bytes,
                                      size_t n)
{
    struct outcome whole = run_parts(plan, bytes, n, n, n);

    for (size_t cut = 0; cut <= n; cut++) {
        struct outcome parts =
            cut ? run_parts(plan, bytes, n, cut, n) : run_parts(plan, bytes, n, 1, 1);

        if (!is_same(&whole, &parts))
            fail_msg("%s to %s differs when cut at %zu", charset_name(plan->from),
                     charset_name(plan->to), cut);
        outcome_fini(&parts);
    }
    outcome_fini(&whole);
}

/* Output, counts and offsets are the same in one push, byte by byte, and at each cut. */
static void cuts_do_not_change_output_and_faults(void **state)
{
    static const char *const nine[] = {"gbk",    "gb18030",      "big5",  "shift_jis", "euc-jp",
                                       "euc-kr", "windows-1258", "johab", "utf-8"};
    struct dice dice = {90};

    (void)state;
    for (unsigned i = 0; i < 9 * 400; i++) {
        bool out = dice_roll(&dice, 2);
        struct codec_plan plan =
            plan_of(out ? "utf-8" : nine[i % 9], out ? nine[i % 9] : "utf-8", dice_roll(&dice, 5),
                    dice_roll(&dice, 2) ? WIRE_IS_INPUT : WIRE_IS_OUTPUT);
        unsigned char bytes[40];
        size_t n = random_text(&dice, bytes, sizeof bytes);

        plan.text.checked = true;
        plan.text.bad = (enum codec_bad)dice_roll(&dice, 3);
        plan.safe = plan.text.eol == EOL_AS_IS && dice_roll(&dice, 4) == 0;
        assert_cuts_do_not_matter(&plan, bytes, n);
    }
}

/* Below '0' stand the newline, the quotes, the blank and most separators: bytes that no character
 * of an admitted charset has as its second or later byte. */
static void count_plain(const unsigned char *bytes, size_t n, unsigned counts['0'])
{
    memset(counts, 0, '0' * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < '0')
            counts[bytes[i]]++;
}

static void plain_ascii_never_disappears(void **state)
{
    struct dice dice = {22};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct codec_plan plan = random_plan(&dice);
        unsigned char bytes[64];
        unsigned before['0'], after['0'];
        size_t n = random_text(&dice, bytes, sizeof bytes);
        struct outcome outcome;

        plan.text.eol = EOL_AS_IS;
        outcome = run_cut(&plan, bytes, n, n, n, true);
        count_plain(bytes, n, before);
        count_plain(buf_bytes(&outcome.out), buf_length(&outcome.out), after);
        if (memcmp(before, after, sizeof before))
            fail_msg("round %d: %s to %s lost some ASCII", i, charset_name(plan.from),
                     charset_name(plan.to));
        outcome_fini(&outcome);
    }
}

/* ---- limits ---- */

/* The largest output of a chunk: a byte becomes three, a line end two. */
static void push_takes_a_whole_chunk(void **state)
{
    enum { CHUNK = 128 * 1024 };
    static const struct {
        const char *from, *to;
        unsigned char byte;
        size_t expansion;
    } worst[] = {
        {"windows-1252", "utf-8", 0x80, 3}, {"koi8-r", "gb18030", 0x80, 2},
        {"gbk", "utf-8", 0xFF, 3},          {"utf-8", "gb18030", 0xFF, 4},
        {"utf-8", "gbk", '\n', 2},          {NULL, NULL, '\n', 2},
    };
    unsigned char *chunk = malloc(CHUNK);

    (void)state;
    for (size_t i = 0; i < sizeof worst / sizeof *worst; i++) {
        struct codec_plan plan = plan_of(worst[i].from, worst[i].to, EOL_CRLF, WIRE_IS_INPUT);
        struct codec codec;
        struct buf out;

        memset(chunk, worst[i].byte, CHUNK);
        codec_init(&codec, &plan);
        buf_init(&out, 1 << 20);
        for (int pushes = 0; pushes < 2; pushes++) {
            push(&codec, chunk, CHUNK, false, &out);
            assert_int_equal(buf_length(&out), CHUNK * worst[i].expansion);
            buf_consume(&out, buf_length(&out));
        }
        buf_fini(&out);
    }
    free(chunk);
}

static void full_out_is_a_failure(void **state)
{
    struct codec_plan plan = plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);

    (void)state;
    for (size_t cap = 0; cap < 6; cap++) {
        struct err err = {0};
        struct codec codec;
        struct buf out;

        codec_init(&codec, &plan);
        buf_init(&out, cap);
        assert_int_equal(codec_push(&codec, "\xC4\xE3\xBA\xC3", 4, true, &out, &err), -1);
        assert_int_equal(err.kind, ERR_LOCAL);
        assert_true(buf_length(&out) <= cap);
        buf_fini(&out);
    }
}

/* ---- telnet ---- */

/* A command inside a character belongs to what follows. */
static void offsets_count_skipped_bytes(void **state)
{
    struct codec_plan plan = plan_of("gbk", "utf-8", EOL_AS_IS, WIRE_IS_INPUT);
    struct codec codec;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    codec_init(&codec, &plan);
    push(&codec, (const unsigned char *)"ab\xC4", 3, false, &out);
    codec_skip(&codec, 2);
    push(&codec, (const unsigned char *)"\xE3", 1, false, &out);
    codec_skip(&codec, 3);
    push(&codec, (const unsigned char *)"c\xFF", 2, true, &out);
    assert_int_equal(buf_length(&out), 2 + 3 + 1 + 3);
    assert_int_equal(codec.faults.undecodable_at, 10);
    buf_fini(&out);
}

/* U+044F is FF in windows-1251. */
static void telnet_peer_gets_crlf_and_ff_doubled(void **state)
{
    static const char text[] = "\u044F\n\u044F\r\n\u6587";
    static const char wire[] = "\xFF\xFF\r\n\xFF\xFF\r\n?";
    static const char *const sources[] = {"utf-8", "gbk"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct codec_plan plan = plan_of(sources[i], "windows-1251", EOL_AS_IS, WIRE_IS_OUTPUT);
        struct codec_plan source = plan_of("utf-8", sources[i], EOL_AS_IS, WIRE_IS_INPUT);
        struct codec codec;
        struct buf in, out;

        buf_init(&in, 1000);
        buf_init(&out, 1000);
        assert_int_equal(codec_convert(&source, text, sizeof text - 1, &in, NULL), 0);
        plan.text = text_options_of_telnet(plan.text);
        codec_init(&codec, &plan);
        push(&codec, buf_bytes(&in), buf_length(&in), true, &out);
        assert_int_equal(buf_length(&out), sizeof wire - 1);
        assert_memory_equal(buf_bytes(&out), wire, sizeof wire - 1);
        assert_int_equal(codec.faults.unencodable_at, 8);
        buf_fini(&in);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_is_the_same_charset_with_eol_as_is),
        cmocka_unit_test(identity_keeps_every_byte),
        cmocka_unit_test(charsets_are_converted_both_ways),
        cmocka_unit_test(whole_character_never_waits),
        cmocka_unit_test(push_appends_to_out),
        cmocka_unit_test(lacking_character_becomes_a_question_mark),
        cmocka_unit_test(bad_bytes_become_replacement_characters),
        cmocka_unit_test(fault_counts_once),
        cmocka_unit_test(sent_replacement_character_is_not_a_fault),
        cmocka_unit_test(undecodable_and_unencodable_are_counted_apart),
        cmocka_unit_test(cut_character_at_the_end_is_a_fault),
        cmocka_unit_test(offsets_span_pushes),
        cmocka_unit_test(lacking_letter_leaves_the_letters_behind_it),
        cmocka_unit_test(two_characters_become_one_between_charsets),
        cmocka_unit_test(byte_order_mark_at_the_start_is_dropped_where_it_lacks),
        cmocka_unit_test(replacement_is_safe_text),
        cmocka_unit_test(output_may_fill_its_room_to_the_last_byte),
        cmocka_unit_test(bad_lead_leaves_an_ascii_byte),
        cmocka_unit_test(lone_80_is_counted),
        cmocka_unit_test(fault_may_begin_in_an_earlier_push),
        cmocka_unit_test(path_keeps_its_bytes_in_shift_jis),
        cmocka_unit_test(letters_beyond_iconv_are_written_whole),
        cmocka_unit_test(escape_names_bytes_and_characters),
        cmocka_unit_test(stop_ends_at_the_first_fault),
        cmocka_unit_test(checked_checks_between_equal_charsets),
        cmocka_unit_test(safe_keeps_offsets_right),
        cmocka_unit_test(eol_crlf_replaces_lf),
        cmocka_unit_test(eol_crlf_goes_with_conversion),
        cmocka_unit_test(line_ends_and_faults_are_mended_in_one_pass),
        cmocka_unit_test(eol_replaces_lf_and_crlf_and_no_lone_cr),
        cmocka_unit_test(eol_none_joins_lines_and_no_characters),
        cmocka_unit_test(eol_as_is_keeps_line_ends),
        cmocka_unit_test(random_cuts_do_not_change_the_output),
        cmocka_unit_test(cuts_do_not_change_output_and_faults),
        cmocka_unit_test(plain_ascii_never_disappears),
        cmocka_unit_test(push_takes_a_whole_chunk),
        cmocka_unit_test(offsets_count_skipped_bytes),
        cmocka_unit_test(telnet_peer_gets_crlf_and_ff_doubled),
        cmocka_unit_test(full_out_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
