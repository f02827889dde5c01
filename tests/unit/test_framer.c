/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "valid.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/charset.h"
#include "text/codec.h"
#include "text/decoder.h"
#include "text/framer.h"

enum { CAP = 8 * 1024 };

static struct charsets charsets;

static size_t unfinished_in(void *charset, const unsigned char *bytes, size_t n)
{
    return decoder_unfinished(charset, bytes, n);
}

static struct charset *charset(const char *name)
{
    struct charset *found = charset_find(&charsets, name, NULL);

    assert_non_null(found);
    return found;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

/* ---- messages as one text: "abc$" for a whole message, "abc+" for a cut one ---- */

static void note(struct buf *told, enum framer_end end, const struct line *line)
{
    assert_int_equal(buf_append(told, line->bytes, line->n), 0);
    assert_int_equal(buf_append(told, end == FRAMER_WHOLE ? "$" : "+", 1), 0);
}

static void take_all(struct framer *framer, struct buf *told)
{
    enum framer_end end;
    struct line line;

    while ((end = framer_next(framer, &line)) != FRAMER_NONE)
        note(told, end, &line);
    assert_true(buf_length(&framer->bytes) < framer->cap + (framer->typed ? 3 : 2));
}

static void push(struct framer *framer, const void *bytes, size_t n, struct buf *told)
{
    assert_int_equal(framer_push(framer, bytes, n), 0);
    take_all(framer, told);
}

static void rest(struct framer *framer, bool last, struct buf *told)
{
    bool cr;

    do {
        bool waiting = framer_waiting(framer);
        struct line line;
        enum framer_end end;

        cr = framer_ends_with_cr(framer);
        end = framer_rest(framer, last, &line);
        assert_true(last || cr || waiting == (end == FRAMER_CUT));
        assert_true(cr || end != FRAMER_WHOLE);
        if (end != FRAMER_NONE)
            note(told, end, &line);
    } while (cr && buf_length(&framer->bytes)); /* the second of two */
    assert_false(framer_waiting(framer));
}

static void assert_told(struct buf *told, const void *expected, size_t n)
{
    if (buf_length(told) != n || memcmp(buf_bytes(told), expected, n))
        fail_msg("'%.*s' instead of '%.*s'", (int)buf_length(told), buf_bytes(told), (int)n,
                 (const char *)expected);
    buf_fini(told);
}

/* A script has '/' between two packets, '~' for a silence and in typed lines '@' for a NUL; the
 * peer's end follows it. */
static void run_script(struct framer *framer, const char *script, const char *expected)
{
    struct buf told;

    buf_init(&told, 1 << 20);
    while (*script) {
        size_t n = strcspn(script, framer->typed ? "/~@" : "/~");

        push(framer, script, n, &told);
        if (script[n] == '@')
            push(framer, "", 1, &told);
        if (script[n] == '~')
            rest(framer, false, &told);
        script += n + (script[n] != '\0');
    }
    rest(framer, true, &told);
    assert_told(&told, expected, strlen(expected));
    framer_fini(framer);
}

static void assert_messages(const char *name, size_t cap, const char *script, const char *expected)
{
    struct framer framer;

    framer_init(&framer, cap, unfinished_in, charset(name));
    run_script(&framer, script, expected);
}

static void assert_typed(size_t cap, const char *script, const char *expected)
{
    struct framer framer;

    framer_init(&framer, cap, unfinished_in, charset("gbk"));
    framer.typed = true;
    run_script(&framer, script, expected);
}

/* ---- ends ---- */

static void lf_ends_a_message(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "", "");
    assert_messages("utf-8", CAP, "abc\n", "abc$");
    assert_messages("utf-8", CAP, "abc\r\n", "abc$");
    assert_messages("utf-8", CAP, "a\nb\r\nc", "a$b$c+");
    assert_messages("utf-8", CAP, "a/b\n/c", "ab$c+");
    assert_messages("utf-8", CAP, "abc/\n", "abc$");
    assert_messages("utf-8", CAP, "abc\r/\ndef\n", "abc$def$");
}

static void empty_line_is_a_message(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "\n", "$");
    assert_messages("utf-8", CAP, "\n\r\n\n", "$$$");
    assert_messages("utf-8", CAP, "\r/\n/\n", "$$");
    assert_messages("utf-8", CAP, "a\n\nb\n", "a$$b$");
}

static void lone_cr_does_not_end_a_message(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "a\rb\n", "a\rb$");
    assert_messages("utf-8", CAP, "a\r/b\n", "a\rb$");
    assert_messages("utf-8", CAP, "a\r\r\n", "a\r$");
    assert_messages("utf-8", CAP, "a\r", "a\r+");
    assert_messages("utf-8", CAP, "\r", "\r+");
}

/* ---- lines of a person ---- */

static void silence_behind_a_cr_ends_a_typed_line(void **state)
{
    (void)state;
    assert_typed(CAP, "abc\r~", "abc$");
    assert_typed(CAP, "abc/\r~/def\r~", "abc$def$");
    assert_typed(CAP, "\r~\r~", "$$");
    assert_typed(CAP, "abc\r", "abc$");
    assert_typed(CAP, "a\r\r~", "a$$");
    assert_typed(CAP, "a\r\r", "a$$");
    assert_typed(CAP, "a~\r\r~", "a+$");
}

static void cr_before_another_byte_ends_a_typed_line(void **state)
{
    (void)state;
    assert_typed(CAP, "a\rb\n", "a$b$");
    assert_typed(CAP, "a\r/b\r~", "a$b$");
    assert_typed(CAP, "10%\r20%\r30%~", "10%$20%$30%+");
    assert_typed(CAP, "\ra\r\r\rb\n", "$a$$$b$");
    assert_typed(2, "ab\rcd\re", "ab$cd$e+");
    assert_typed(2, "abc\rde\r/f", "ab+c$de$f+");
    assert_typed(2, "ab~\rc\n", "ab+c$");
}

/* A terminal that puts a CR in front of each LF makes it of CR LF. */
static void cr_cr_lf_ends_a_typed_line(void **state)
{
    (void)state;
    assert_typed(CAP, "a\r\r\nb\r\r\n", "a$b$");
    assert_typed(CAP, "a\r/\r/\nb", "a$b+");
    assert_typed(CAP, "\r\r\n\r\n\n", "$$$");
    assert_typed(CAP, "a\r\r\r\n", "a$$");
    assert_typed(CAP, "a\r\r@b", "a$$b+");
    assert_typed(2, "ab\r\r\nc\n", "ab$c$");
    assert_typed(2, "ab/\r\r/\nc\n", "ab$c$");
    assert_typed(CAP, "a~\r\r\nb\n", "a+b$");
}

static void cr_nul_ends_a_typed_line(void **state)
{
    struct framer framer;
    struct line line;

    (void)state;
    assert_typed(CAP, "abc\r@def\r@", "abc$def$");
    assert_typed(CAP, "abc\r/@/\r@", "abc$$");
    assert_typed(2, "ab\r@c\r@", "ab$c$");
    framer_init(&framer, CAP, unfinished_in, charset("gbk"));
    framer.typed = true;
    assert_int_equal(framer_push(&framer, "a\0b\r\0c\r\0d\n", 10), 0);
    assert_int_equal(framer_next(&framer, &line), FRAMER_WHOLE);
    assert_int_equal(line.n, 3);
    assert_int_equal(framer_next(&framer, &line), FRAMER_WHOLE);
    assert_int_equal(framer_next(&framer, &line), FRAMER_WHOLE);
    assert_memory_equal(line.bytes, "d", line.n);
    framer_fini(&framer);
}

/* The packets of one line end may be far apart. */
static void late_rest_of_a_line_end_is_no_message(void **state)
{
    (void)state;
    assert_typed(CAP, "abc\r~\ndef\n", "abc$def$");
    assert_typed(CAP, "abc\r~@def\n", "abc$def$");
    assert_typed(CAP, "abc\r~\n\n", "abc$$");
    assert_typed(CAP, "abc~\r~x\n", "abc+x$");
    assert_typed(CAP, "abc~\r~\nx\n", "abc+x$");
    assert_typed(CAP, "abc~\r@x\n", "abc+x$");
}

/* ---- silences ---- */

static void silence_ends_a_message(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "abc~def", "abc+def+");
    assert_messages("utf-8", CAP, "abc~~~def~", "abc+def+");
    assert_messages("utf-8", CAP, "~~", "");
    assert_messages("utf-8", CAP, "a\nb~c\n", "a$b+c$");
}

/* A line end behind a cut belongs to the cut message. */
static void line_end_after_a_cut_is_not_a_message(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "abc~\n", "abc+");
    assert_messages("utf-8", CAP, "abc~\r\n", "abc+");
    assert_messages("utf-8", CAP, "abc~\r/\n", "abc+");
    assert_messages("utf-8", CAP, "abc\r~\n", "abc+");
    assert_messages("utf-8", CAP, "abc\r~~\ndef~", "abc+def+");
    assert_messages("utf-8", CAP, "abc~\ndef\n", "abc+def$");
    assert_messages("utf-8", CAP, "abc~\n\n", "abc+$");
    assert_messages("utf-8", CAP, "abc~\r/\n\n", "abc+$");
    assert_messages("utf-8", CAP, "abc\r~\n\nx", "abc+$x+");
    assert_messages("utf-8", CAP, "abc~\r/\nx\n\ny\n", "abc+x$$y$");
}

static void cr_after_a_cut_waits_for_its_lf(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "abc\r~x\n", "abc+\rx$");
    assert_messages("utf-8", CAP, "abc~\r/x\n", "abc+\rx$");
    assert_messages("utf-8", CAP, "abc~\r\r\n", "abc+\r$");
    assert_messages("utf-8", CAP, "abc\r~", "abc+");
    assert_messages("utf-8", CAP, "abc~\r~~", "abc+");
}

static void silence_never_tears_a_character(void **state)
{
    (void)state;
    assert_messages("utf-8", CAP, "a\xE4\xBD~\xA0", "a+\xE4\xBD\xA0+");
    assert_messages("utf-8", CAP, "\xE4~\xBD~\xA0\n", "\xE4\xBD\xA0$");
    assert_messages("utf-8", CAP, "a\xF0\x9F\x98~\x80~b", "a+\xF0\x9F\x98\x80+b+");
    assert_messages("gbk", CAP, "\xC4\xE3\xBA~\xC3", "\xC4\xE3+\xBA\xC3+");
    assert_messages("gb18030", CAP, "a\x81~\x30~\x81~\x30", "a+\x81\x30\x81\x30+");
    assert_messages("big5", CAP, "\xA7~\x41", "\xA7\x41+");
    assert_messages("utf-8", CAP, "a\xE4\xBD~\n", "a+\xE4\xBD$"); /* never finished */
    assert_messages("utf-8", CAP, "a\xE4\xBD~", "a+\xE4\xBD+");
}

/* ---- the cap ---- */

static void cap_ends_a_message(void **state)
{
    (void)state;
    assert_messages("utf-8", 4, "abcd\n", "abcd$");
    assert_messages("utf-8", 4, "abcd\r\n", "abcd$");
    assert_messages("utf-8", 4, "abcd/\r/\n/e", "abcd$e+");
    assert_messages("utf-8", 4, "abcde\n", "abcd+e$");
    assert_messages("utf-8", 4, "abcdefghij\n", "abcd+efgh+ij$");
    assert_messages("utf-8", 4, "abcd\rx\n", "abcd+\rx$");
    assert_messages("utf-8", 4, "abcd\r\r\n", "abcd+\r$");
    assert_messages("utf-8", 4, "abc~defgh~\n\n",
                    "abc+defgh+$"); /* an LF may still follow the fifth */
}

static void cap_never_tears_a_character(void **state)
{
    (void)state;
    assert_messages("utf-8", 4, "a你你b\n", "a你+你b$");
    assert_messages("utf-8", 5, "ab😀cd\n", "ab+😀c+d$");
    assert_messages("gbk", 4, "a\xC4\xE3\xBA\xC3\n", "a\xC4\xE3+\xBA\xC3$");
    assert_messages("gb18030", 5, "ab\x81\x30\x81\x30z\n", "ab+\x81\x30\x81\x30z$");
}

/* A text with characters of every length in the charset. */
static void fill_with_text(struct dice *dice, struct charset *target, struct buf *text)
{
    static const char *const characters[] = {"a", "~", "é", "你", "界", "€", "丂", "😀"};
    struct codec_plan plan = {charset("utf-8"), target, .text.bad = BAD_STOP};

    while (buf_length(text) < 4 * CAP) {
        const char *one = characters[dice_roll(dice, sizeof characters / sizeof *characters)];

        if (codec_convert(&plan, one, strlen(one), text, NULL) < 0)
            assert_string_equal(one, "😀"); /* GBK lacks it */
    }
}

static void cap_of_8_kib_never_tears_a_character(void **state)
{
    static const char *const names[] = {"utf-8", "gbk", "gb18030"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct dice dice = {seed};
            struct framer framer;
            struct buf text;
            struct line line;
            size_t total = 0;
            enum framer_end end;

            buf_init(&text, 5 * CAP);
            fill_with_text(&dice, charset(names[i]), &text);
            framer_init(&framer, CAP, unfinished_in, charset(names[i]));
            assert_int_equal(framer_push(&framer, buf_bytes(&text), buf_length(&text)), 0);
            while ((end = framer_next(&framer, &line)) != FRAMER_NONE ||
                   (end = framer_rest(&framer, true, &line)) != FRAMER_NONE) {
                assert_true(line.n <= CAP + 1);
                assert_true(is_valid(charset(names[i]), line.bytes, line.n));
                total += line.n;
            }
            assert_int_equal(total, buf_length(&text));
            buf_fini(&text);
            framer_fini(&framer);
        }
}

/* ---- a model that has all bytes at once ---- */

static void model(struct charset *of, size_t cap, const unsigned char *bytes, size_t n,
                  struct buf *told)
{
    while (n) {
        const unsigned char *lf = memchr(bytes, '\n', n);
        size_t length = lf ? (size_t)(lf - bytes) : n, cut = cap, unfinished;
        bool cr = lf && length && lf[-1] == '\r';

        if (lf && length - cr <= cap) {
            note(told, FRAMER_WHOLE, &(struct line){.bytes = bytes, .n = length - cr});
            bytes += length + 1;
            n -= length + 1;
            continue;
        }
        if (n < cap + 2)
            cut = n;
        else if ((unfinished = decoder_unfinished(of, bytes, cap)) < cap)
            cut -= unfinished;
        note(told, FRAMER_CUT, &(struct line){.bytes = bytes, .n = cut});
        bytes += cut;
        n -= cut;
    }
}

/* Packets of at most `longest` bytes; 0: all at once. */
static void assert_as_model(struct charset *of, size_t cap, const unsigned char *bytes, size_t n,
                            struct dice *dice, size_t longest)
{
    struct framer framer;
    struct buf told, expected;

    buf_init(&told, 1 << 20);
    buf_init(&expected, 1 << 20);
    model(of, cap, bytes, n, &expected);
    framer_init(&framer, cap, unfinished_in, of);
    for (size_t i = 0, length; i < n; i += length) {
        length = longest ? 1 + dice_roll(dice, (uint32_t)longest) : n;
        length = length < n - i ? length : n - i;
        push(&framer, bytes + i, length, &told);
    }
    rest(&framer, true, &told);
    assert_told(&told, buf_bytes(&expected), buf_length(&expected));
    buf_fini(&expected);
    framer_fini(&framer);
}

static void splits_do_not_change_the_messages(void **state)
{
    static const char text[] = "hello\r\n\n你好\r\n\r\n世界😀a\rb\r\r\n12345678901234567890\nend\r";
    const size_t n = sizeof text - 1;

    (void)state;
    for (size_t cap = 4; cap <= 32; cap++)
        for (size_t one = 0; one <= n; one++)
            for (size_t two = one; two <= n; two += cap % 4 + 1) {
                struct framer framer;
                struct buf told, expected;

                buf_init(&told, 1024);
                buf_init(&expected, 1024);
                model(charset("utf-8"), cap, (const unsigned char *)text, n, &expected);
                framer_init(&framer, cap, unfinished_in, charset("utf-8"));
                push(&framer, text, one, &told);
                push(&framer, text + one, two - one, &told);
                push(&framer, text + two, n - two, &told);
                rest(&framer, true, &told);
                assert_told(&told, buf_bytes(&expected), buf_length(&expected));
                buf_fini(&expected);
                framer_fini(&framer);
            }
}

/* Line ends, lead bytes and trail bytes. */
static unsigned char any_byte(struct dice *dice)
{
    static const unsigned char likely[] = "\n\r\r\nab0\x81\xC4\xE3\xE4\xBD\xA0\xF0\x9F";

    return dice_roll(dice, 4) ? likely[dice_roll(dice, sizeof likely - 1)]
                              : (unsigned char)dice_roll(dice, 256);
}

static void random_splits_keep_every_byte(void **state)
{
    static const char *const names[] = {"utf-8", "gbk", "gb18030", "koi8-r", "shift_jis"};
    struct dice dice = {11};

    (void)state;
    for (int round = 0; round < 10000; round++) {
        struct charset *of = charset(names[dice_roll(&dice, sizeof names / sizeof *names)]);
        size_t cap = 1 + dice_roll(&dice, 40), n = 1 + dice_roll(&dice, 200);
        unsigned char bytes[200];

        for (size_t i = 0; i < n; i++)
            bytes[i] = any_byte(&dice);
        assert_as_model(of, cap, bytes, n, &dice, 0);
        assert_as_model(of, cap, bytes, n, &dice, 1);
        assert_as_model(of, cap, bytes, n, &dice, 1 + n / 3);
    }
}

/* A typed line ends there, in packets of at most `longest` bytes; 0: all at once. */
static void frame_typed(size_t cap, const unsigned char *bytes, size_t n, size_t longest,
                        struct buf *told)
{
    struct dice dice = {12};
    struct framer framer;

    buf_init(told, 1 << 20);
    framer_init(&framer, cap, unfinished_in, charset("gbk"));
    framer.typed = true;
    for (size_t i = 0, length; i < n; i += length) {
        length = longest ? 1 + dice_roll(&dice, (uint32_t)longest) : n;
        length = length < n - i ? length : n - i;
        push(&framer, bytes + i, length, told);
    }
    rest(&framer, true, told);
    framer_fini(&framer);
}

static void random_splits_do_not_change_typed_lines(void **state)
{
    struct dice dice = {13};

    (void)state;
    for (int round = 0; round < 10000; round++) {
        size_t cap = 1 + dice_roll(&dice, 40), n = 1 + dice_roll(&dice, 200);
        unsigned char bytes[200];
        struct buf whole, split;

        for (size_t i = 0; i < n; i++)
            bytes[i] = any_byte(&dice);
        frame_typed(cap, bytes, n, 0, &whole);
        for (size_t longest = 1; longest < 8; longest += 3) {
            frame_typed(cap, bytes, n, longest, &split);
            assert_told(&split, buf_bytes(&whole), buf_length(&whole));
        }
        buf_fini(&whole);
    }
}

/* ---- framings ---- */

/* Head and mark of a message stand in brackets in front of it and behind it. */
static void note_framed(struct buf *told, enum framer_end end, const struct line *line)
{
    assert_int_equal(buf_append(told, "<", line->head > 0), 0);
    assert_int_equal(buf_append(told, line->bytes - line->head, line->head), 0);
    assert_int_equal(buf_append(told, ">", line->head > 0), 0);
    assert_int_equal(buf_append(told, line->bytes, line->n), 0);
    assert_int_equal(buf_append(told, "[", line->end > 0), 0);
    assert_int_equal(buf_append(told, line->bytes + line->n, line->end), 0);
    assert_int_equal(buf_append(told, "]", line->end > 0), 0);
    assert_int_equal(buf_append(told, end == FRAMER_WHOLE ? "$" : "+", 1), 0);
}

static void take_all_framed(struct framer *framer, struct buf *told)
{
    enum framer_end end;
    struct line line;

    while ((end = framer_next(framer, &line)) != FRAMER_NONE)
        note_framed(told, end, &line);
    assert_true(buf_length(&framer->bytes) < framer->cap + FRAMING_HEAD);
}

static void push_framed(struct framer *framer, const char *bytes, size_t n, struct buf *told)
{
    assert_int_equal(framer_push(framer, bytes, n), 0);
    take_all_framed(framer, told);
}

/* The messages do not depend on two cuts, nor on one at each byte. */
static void assert_framed_by(const char *how, size_t cap, const char *bytes, size_t n,
                             const char *expected, size_t expected_n)
{
    struct framing framing;

    assert_int_equal(framing_parse(&framing, how, NULL), 0);
    for (size_t cut = 0; cut <= n + 1; cut++)
        for (size_t second = cut; second <= n; second++) {
            struct framer framer;
            struct buf told;
            struct line line;
            enum framer_end end;

            framer_init(&framer, CAP, unfinished_in, charset("gbk"));
            framer_use(&framer, &framing);
            framer.cap = cap;
            buf_init(&told, 1 << 20);
            for (size_t i = 0; cut > n && i < n; i++)
                push_framed(&framer, bytes + i, 1, &told);
            if (cut <= n) {
                push_framed(&framer, bytes, cut, &told);
                push_framed(&framer, bytes + cut, second - cut, &told);
                push_framed(&framer, bytes + second, n - second, &told);
            }
            assert_int_equal(framer_rest(&framer, false, &line), FRAMER_NONE);
            end = framer_rest(&framer, true, &line);
            if (end != FRAMER_NONE)
                note_framed(&told, end, &line);
            assert_int_equal(buf_length(&framer.bytes), 0);
            assert_told(&told, expected, expected_n);
            framer_fini(&framer);
        }
}

#define FRAMED(how, bytes, expected) \
    assert_framed_by(how, 16, bytes, sizeof bytes - 1, expected, sizeof expected - 1)

static void mark_alone_ends_a_framed_message(void **state)
{
    (void)state;
    FRAMED("lf", "a\nb\r\nc\rd\n\n", "a[\n]$b\r[\n]$c\rd[\n]$[\n]$");
    FRAMED("crlf", "a\nb\r\nc\r\r\n\rd", "a\nb[\r\n]$c\r[\r\n]$\rd+");
    FRAMED("cr", "a\nb\r\nc\r\r", "a\nb[\r]$\nc[\r]$[\r]$");
    FRAMED("nul", "a\n\0b\0\0c", "a\n[\0]$b[\0]$[\0]$c+");
    FRAMED("byte:03", "\2ACK\3\2NAK\3", "\2ACK[\3]$\2NAK[\3]$");
    FRAMED("byte:FF", "a\xFF\xFF", "a[\xFF]$[\xFF]$");
    FRAMED("byte:fe", "a\xFE", "a[\xFE]$");
}

static void number_of_bytes_ends_a_framed_message(void **state)
{
    (void)state;
    FRAMED("bytes:3", "abc\n\r\nde", "abc$\n\r\n$de+");
    FRAMED("bytes:1", "ab\n", "a$b$\n$");
    FRAMED("bytes:16", "0123456789abcdefg", "0123456789abcdef$g+");
}

static void head_ends_a_framed_message(void **state)
{
    (void)state;
    FRAMED("len:u8", "\3abc\0\1\n\2x", "<\3>abc$<\0>$<\1>\n$<\2>x+");
    FRAMED("len:u16be", "\0\3abc\0\0\0", "<\0\3>abc$<\0\0>$<\0>+");
    FRAMED("len:u16le", "\3\0abc\1\0d", "<\3\0>abc$<\1\0>d$");
    FRAMED("len:u32be", "\0\0\0\3abc\0\0\0", "<\0\0\0\3>abc$<\0\0\0>+");
    FRAMED("len:u32le", "\3\0\0\0abc", "<\3\0\0\0>abc$");
    FRAMED("len:u16be+2", "\0\1axy\0\0xy", "<\0\1>axy$<\0\0>xy$");
    FRAMED("len:u16be-2", "\0\5abc\0\2\0\1\0\3d", "<\0\5>abc$<\0\2>$<\0\1>$<\0\3>d$");
    FRAMED("len:u8-1", "\4abc\1", "<\4>abc$<\1>$");
}

static void long_framed_message_comes_in_pieces(void **state)
{
    (void)state;
    assert_framed_by("len:u32be", 1, "\0\0\0\2ab", 6, "<\0\0\0\2>a+b$",
                     10); /* a cap below a head */
    FRAMED("lf", "0123456789abcdef\nx\n", "0123456789abcdef[\n]$x[\n]$");
    FRAMED("lf", "0123456789abcdefg\nx\n", "0123456789abcdef+g[\n]$x[\n]$");
    FRAMED("crlf", "0123456789abcdef\r\nx", "0123456789abcdef[\r\n]$x+");
    FRAMED("crlf", "0123456789abcde\r\nx", "0123456789abcde[\r\n]$x+");
    FRAMED("crlf", "0123456789abcdef\rg\r\n", "0123456789abcdef+\rg[\r\n]$");
    FRAMED("len:u8",
           "\21"
           "0123456789abcdefg\1x",
           "<\21>0123456789abcdef+g$<\1>x$");
    FRAMED("len:u8",
           "\20"
           "0123456789abcdef\1x",
           "<\20>0123456789abcdef$<\1>x$");
    FRAMED("len:u8",
           "\50"
           "0123456789abcdef0123456789abcdef01234567\1x",
           "<\50>0123456789abcdef+0123456789abcdef+01234567$<\1>x$");
    FRAMED("len:u32be",
           "\xFF\xFF\xFF\xFF"
           "0123456789abcdefghi",
           "<\xFF\xFF\xFF\xFF>0123456789abcdef+ghi+");
    FRAMED("lf", "0123456789abcde\xC4\xE3\n", "0123456789abcde+\xC4\xE3[\n]$");
    FRAMED("len:u8",
           "\21"
           "0123456789abcde\xC4\xE3\1x",
           "<\21>0123456789abcde+\xC4\xE3$<\1>x$");
}

static void gap_and_read_end_a_framed_message(void **state)
{
    struct framing gap, none;
    struct framer framer;
    struct buf told;
    struct line line;

    (void)state;
    assert_int_equal(framing_parse(&gap, "gap:50ms", NULL), 0);
    assert_int_equal(framing_parse(&none, "none", NULL), 0);
    framer_init(&framer, CAP, unfinished_in, charset("gbk"));
    framer_use(&framer, &gap);
    buf_init(&told, 1 << 20);
    push_framed(&framer, "a\nb", 3, &told);
    push_framed(&framer, "\r\n\xC4", 3, &told);
    assert_int_equal(buf_length(&told), 0);
    assert_int_equal(framer_waiting(&framer), 6);
    assert_int_equal(framer_rest(&framer, false, &line), FRAMER_WHOLE);
    note_framed(&told, FRAMER_WHOLE, &line);
    assert_int_equal(framer_rest(&framer, false, &line), FRAMER_NONE);
    framer_fini(&framer);
    framer_init(&framer, CAP, unfinished_in, charset("gbk"));
    framer_use(&framer, &none);
    push_framed(&framer, "a\nb", 3, &told);
    push_framed(&framer, "\xC4", 1, &told);
    assert_told(&told, "a\nb\r\n\xC4$a\nb$\xC4$", 13);
    framer_fini(&framer);
}

/* ---- memory ---- */

static void held_bytes_are_bounded(void **state)
{
    struct framer framer;
    struct line line;
    char *block = malloc(FRAMER_PUSH);

    (void)state;
    memset(block, 'x', FRAMER_PUSH);
    framer_init(&framer, CAP, unfinished_in, charset("gb18030"));
    assert_int_equal(framer_push(&framer, block, 1), 0); /* so that the most stays behind */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(framer_push(&framer, block, FRAMER_PUSH), 0);
        while (framer_next(&framer, &line) != FRAMER_NONE)
            assert_int_equal(line.n, CAP);
        assert_true(buf_length(&framer.bytes) < CAP + 2);
        assert_true(framer.bytes.capacity <= CAP + FRAMER_LINE_END + FRAMER_PUSH);
    }
    framer_fini(&framer);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lf_ends_a_message),
        cmocka_unit_test(empty_line_is_a_message),
        cmocka_unit_test(lone_cr_does_not_end_a_message),
        cmocka_unit_test(silence_behind_a_cr_ends_a_typed_line),
        cmocka_unit_test(cr_before_another_byte_ends_a_typed_line),
        cmocka_unit_test(cr_cr_lf_ends_a_typed_line),
        cmocka_unit_test(cr_nul_ends_a_typed_line),
        cmocka_unit_test(late_rest_of_a_line_end_is_no_message),
        cmocka_unit_test(silence_ends_a_message),
        cmocka_unit_test(line_end_after_a_cut_is_not_a_message),
        cmocka_unit_test(cr_after_a_cut_waits_for_its_lf),
        cmocka_unit_test(silence_never_tears_a_character),
        cmocka_unit_test(cap_ends_a_message),
        cmocka_unit_test(cap_never_tears_a_character),
        cmocka_unit_test(cap_of_8_kib_never_tears_a_character),
        cmocka_unit_test(splits_do_not_change_the_messages),
        cmocka_unit_test(random_splits_keep_every_byte),
        cmocka_unit_test(random_splits_do_not_change_typed_lines),
        cmocka_unit_test(mark_alone_ends_a_framed_message),
        cmocka_unit_test(number_of_bytes_ends_a_framed_message),
        cmocka_unit_test(head_ends_a_framed_message),
        cmocka_unit_test(long_framed_message_comes_in_pieces),
        cmocka_unit_test(gap_and_read_end_a_framed_message),
        cmocka_unit_test(held_bytes_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
