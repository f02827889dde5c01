/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "text/telnet.h"

/* ---- a stream in pieces ---- */

struct outcome {
    struct telnet telnet;
    struct buf text, answers;
    size_t removed;
};

static void begin(struct outcome *outcome, const char *first, const char *second)
{
    *outcome = (struct outcome){.removed = 0};
    buf_init(&outcome->text, 1 << 20);
    buf_init(&outcome->answers, 1 << 10);
    telnet_set_charsets(&outcome->telnet, first ? find(first) : NULL, second ? find(second) : NULL);
}

static void fini(struct outcome *outcome)
{
    telnet_fini(&outcome->telnet);
    buf_fini(&outcome->text);
    buf_fini(&outcome->answers);
}

/* The memory of the input ends with it. */
static void push(struct outcome *outcome, const void *bytes, size_t n, bool last)
{
    unsigned char *joined = malloc(outcome->telnet.kept_length + n + !n);
    size_t kept = telnet_kept(&outcome->telnet, joined);
    struct telnet_input input = {joined, kept + n, last};
    unsigned char answer[TELNET_ANSWER];
    struct telnet_run run;
    int more;

    if (n)
        memcpy(joined + kept, bytes, n);
    while ((more = telnet_next(&outcome->telnet, &input, &run)) > 0) {
        assert_true(run.n || run.removed);
        assert_int_equal(buf_append(&outcome->text, run.text, run.n), 0);
        outcome->removed += run.removed;
    }
    assert_int_equal(more, 0);
    while (telnet_answer(&outcome->telnet, answer))
        assert_int_equal(buf_append(&outcome->answers, answer, TELNET_ANSWER), 0);
    assert_true(!last || !outcome->telnet.kept_length);
    free(joined);
}

static void assert_holds(const struct buf *buf, const char *what, const void *expected, size_t n)
{
    if (buf_length(buf) != n || memcmp(buf_bytes(buf), expected, n))
        fail_msg("%s: '%.*s' instead of '%.*s'", what, (int)buf_length(buf), buf_bytes(buf), (int)n,
                 (const char *)expected);
}

/* In one piece, byte by byte, and cut in two at each place. */
static void assert_text(const char *first, const char *second, const void *bytes, size_t n,
                        const void *text, size_t length, const void *answers, size_t asked)
{
    const unsigned char *all = bytes;

    for (size_t cut = 0; cut <= n + 1; cut++) {
        struct outcome outcome;

        begin(&outcome, first, second);
        if (cut <= n) {
            push(&outcome, all, cut, false);
            push(&outcome, all + cut, n - cut, false);
        }
        for (size_t i = 0; cut > n && i < n; i++)
            push(&outcome, all + i, 1, false);
        push(&outcome, "", 0, true);
        assert_holds(&outcome.text, "text", text, length);
        assert_holds(&outcome.answers, "answers", answers, asked);
        assert_int_equal(outcome.removed + length, n);
        fini(&outcome);
    }
}

#define GIVES(first, second, bytes, text, answers)                                      \
    assert_text(first, second, bytes, sizeof bytes - 1, text, sizeof text - 1, answers, \
                sizeof answers - 1)
#define STAYS(first, second, bytes) GIVES(first, second, bytes, bytes, "")

/* ---- tests ---- */

/* WILL NAWS TSPEED TTYPE NEW-ENVIRON, DO ECHO, WILL SGA, DO SGA, as PuTTY 0.78 sends them. */
static void negotiation_of_putty_is_taken_out_and_answered_once(void **state)
{
    (void)state;
#define PUTTY "\xFF\xFB\x1F\xFF\xFB\x20\xFF\xFB\x18\xFF\xFB\x27\xFF\xFD\x01\xFF\xFB\x03\xFF\xFD\x03"
    GIVES("utf-8", "gbk", PUTTY "/nick bob\r\n" PUTTY "\xFF\xF9", "/nick bob\r\n",
          "\xFF\xFE\x1F\xFF\xFE\x20\xFF\xFE\x18\xFF\xFE\x27\xFF\xFC\x01\xFF\xFE\x03\xFF\xFC\x03");
}

static void refusals_are_not_answered(void **state)
{
    (void)state;
    GIVES("gbk", NULL, "\xFF\xFC\x01\xFF\xFE\x01\xFF\xFB\x01", "", "\xFF\xFE\x01");
}

static void command_behind_a_prompt_takes_no_letter(void **state)
{
    (void)state;
    GIVES("gbk", NULL,
          "login: \xFF\xF9"
          "alice \xC4\xE3\xFF\xEF\xBA\xC3\xFF\xF1",
          "login: alice \xC4\xE3\xBA\xC3", "");
    GIVES("big5", NULL,
          "\xFF\xF0"
          "a\xFF\xFF"
          "b",
          "ab", "");
}

static void subnegotiation_is_taken_out_whole(void **state)
{
    char long_one[TELNET_MOST + 2];

    (void)state;
    GIVES("utf-8", NULL,
          "a\xFF\xFA\x1F\x00\xFF\xFF\x00\x18\xFF\xF0"
          "b",
          "ab", "");
    GIVES("utf-8", NULL,
          "\xFF\xFA\x18\x00xterm\xFF\xFF\xF0\xFF\xF0"
          "b",
          "b", "");
    memset(long_one, 'x', sizeof long_one);
    memcpy(long_one, "\xFF\xFA", 2);
    memcpy(long_one + TELNET_MOST - 2, "\xFF\xF0yy", 4);
    assert_text("gbk", NULL, long_one, sizeof long_one, "yy", 2, "", 0);
}

/* FF FA alone goes: its rest may be text. */
static void subnegotiation_without_end_loses_no_text(void **state)
{
    char long_one[TELNET_MOST + 3], text[TELNET_MOST - 1];

    (void)state;
    GIVES("utf-8", NULL,
          "\xFF\xFA"
          "hello",
          "hello", "");
    GIVES("utf-8", NULL, "\xFF\xFA\x18\xFF\xFB\x01hi\xFF\xF0", "\x18hi", "\xFF\xFE\x01");
    memset(long_one, 'x', sizeof long_one);
    memcpy(long_one, "\xFF\xFA", 2);
    memcpy(long_one + TELNET_MOST - 1, "\xFF\xF0yy", 4);
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 2, "yy", 2);
    assert_text("gbk", NULL, long_one, sizeof long_one, text, sizeof text, "", 0);
}

static void ff_that_begins_no_command_stays(void **state)
{
    (void)state;
    STAYS("utf-8", "gbk", "\xC4\xE3\xBA\xC3\xFF\n");
    STAYS("gbk", NULL,
          "a\xFF\xFB\x80\xFF\xFE\xFE"
          "b\xFF\xEE\xFF\x00\xFF");
    STAYS("gbk", NULL, "a\xFF\xFB");
    STAYS("shift_jis", NULL, "\xFF\xFD");
}

static void mark_of_utf16_is_no_command(void **state)
{
    (void)state;
    STAYS("utf-8", "gbk", "\xFF\xFE\x60\x4F\x01\xFF\xF9\x5B\xFF\xFB\x01");
    STAYS("gbk", NULL, "\xFF\xFE\x01");
    STAYS("windows-1251", NULL, "\xFF\xFE\x01\x00");
    GIVES("gbk", NULL, "a\xFF\xFE\x01", "a", "");
}

/* ящик, яы, яя and the like. */
static void single_byte_charset_keeps_its_letters(void **state)
{
    (void)state;
    STAYS("windows-1251", NULL, "\xFF\xF9\xE8\xEA");
    STAYS("utf-8", "windows-1251", "\xFF\xF9\xE8\xEA\n\xFF\xFB\x01\xFF\xFA\x01\xFF\xF0");
    STAYS("windows-1251", "utf-8", "\xFF\xFB\xE8\n");
    STAYS("windows-1251", NULL, "\xFF\xFF\n");
    STAYS("windows-1251", NULL, "\xFF");
    STAYS("windows-1251", NULL, "\xFF\xFC");
    STAYS("iso_6937", NULL, "\xFF\xF9");
    STAYS("us-ascii", NULL, "a\xFF\xF9");
}

static void telnet_greets_in_a_single_byte_charset(void **state)
{
    (void)state;
    GIVES("windows-1251", NULL, "\xFF\xFD\x03\xFF\xFF\xF9\xE8\xEA\xFF\xF9", "\xFF\xF9\xE8\xEA",
          "\xFF\xFC\x03");
    GIVES("utf-8", "windows-1251", "\xFF\xFA\x1F\x01\xFF\xF0\xFF\xFB\x1Fhi", "hi", "\xFF\xFE\x1F");
}

static void no_charset_means_no_command(void **state)
{
    (void)state;
    STAYS(NULL, NULL, "\xFF\xFB\x01\xFF\xF9\xFF\xFF\xFF");
}

static void charset_may_change_on_the_way(void **state)
{
    struct outcome outcome;

    (void)state;
    begin(&outcome, NULL, NULL);
    push(&outcome, "\xFF\xF9", 2, false);
    telnet_set_charsets(&outcome.telnet, find("windows-1251"), NULL);
    push(&outcome, "\xFF\xF9", 2, false);
    telnet_set_charsets(&outcome.telnet, find("gbk"), NULL);
    push(&outcome, "\xFF\xFB\x01\xFF\xF9", 5, true);
    assert_holds(&outcome.text, "text", "\xFF\xF9\xFF\xF9", 4);
    assert_true(outcome.telnet.negotiated);
    fini(&outcome);
}

/* Nobody waits long for a first word of one letter. */
static void first_letter_is_known_to_wait(void **state)
{
    struct outcome outcome;

    (void)state;
    begin(&outcome, "utf-8", "windows-1251");
    assert_false(telnet_keeps_text(&outcome.telnet));
    push(&outcome, "\xFF", 1, false);
    assert_true(telnet_keeps_text(&outcome.telnet));
    push(&outcome, "\xF9\xFF", 2, false);
    assert_false(telnet_keeps_text(&outcome.telnet));
    assert_holds(&outcome.text, "text", "\xFF\xF9\xFF", 3);
    fini(&outcome);
}

static void option_negotiates_and_a_command_does_not(void **state)
{
    static const char *const yes[] = {"\xFF\xFC\x01", "\xFF\xFA\x1F\xFF\xF0"};
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(&outcome, "gbk", NULL);
        push(&outcome, "\xFF\xF9\xFF\xFF\xFF\xFA\xFF\xF1", 8, false);
        assert_false(outcome.telnet.negotiated);
        push(&outcome, yes[i], strlen(yes[i]), false);
        assert_true(outcome.telnet.negotiated);
        fini(&outcome);
    }
}

static void idle_peer_takes_no_memory_beyond_its_struct(void **state)
{
    struct outcome outcome;

    (void)state;
    assert_true(sizeof(struct telnet) <= 48);
    begin(&outcome, "gbk", NULL);
    push(&outcome, "a\xFF\xFA\x18", 4, false);
    assert_non_null(outcome.telnet.kept);
    push(&outcome,
         "\xFF\xF0"
         "b",
         3, false);
    assert_null(outcome.telnet.kept);
    fini(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negotiation_of_putty_is_taken_out_and_answered_once),
        cmocka_unit_test(refusals_are_not_answered),
        cmocka_unit_test(command_behind_a_prompt_takes_no_letter),
        cmocka_unit_test(subnegotiation_is_taken_out_whole),
        cmocka_unit_test(subnegotiation_without_end_loses_no_text),
        cmocka_unit_test(ff_that_begins_no_command_stays),
        cmocka_unit_test(mark_of_utf16_is_no_command),
        cmocka_unit_test(single_byte_charset_keeps_its_letters),
        cmocka_unit_test(telnet_greets_in_a_single_byte_charset),
        cmocka_unit_test(no_charset_means_no_command),
        cmocka_unit_test(charset_may_change_on_the_way),
        cmocka_unit_test(first_letter_is_known_to_wait),
        cmocka_unit_test(option_negotiates_and_a_command_does_not),
        cmocka_unit_test(idle_peer_takes_no_memory_beyond_its_struct),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
