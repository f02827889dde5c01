/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

enum { ROOM = 1024 };

/* ---- one line ---- */

static void assert_safe(const char *line, const char *expected)
{
    char out[ROOM];

    safetext_line(out, sizeof out, line);
    assert_string_equal(out, expected);
}

static void visible_text_is_unchanged(void **state)
{
    (void)state;
    assert_safe("", "");
    assert_safe("hello, world~", "hello, world~");
    assert_safe("你好 café Привет 가 あ", "你好 café Привет 가 あ");
    assert_safe("😀 e\u0301 \u00A0 \uFFFD", "😀 e\u0301 \u00A0 \uFFFD");
}

static void controls_become_visible(void **state)
{
    (void)state;
    for (int control = 1; control < 0x20; control++) {
        char line[] = {'a', (char)control, 'b', '\0'}, expected[] = {'a', '^', 'x', 'b', '\0'};
        expected[2] = (char)(control + '@');
        assert_safe(line, expected);
    }
    assert_safe("\x7F", "^?");
    assert_safe("\x1B[31mred\r\n", "^[[31mred^M^J");
    assert_safe("\tx", "^Ix");
}

static void assert_named(uint32_t scalar)
{
    char line[UTF8_MAX + 1] = "", expected[16];

    line[utf8_put(scalar, (unsigned char *)line)] = '\0';
    snprintf(expected, sizeof expected, "<U+%04X>", scalar);
    assert_safe(line, expected);
}

static void invisible_characters_are_named(void **state)
{
    static const uint32_t invisible[] = {
        0x80,    0x85,    0x9B,    0x9F,             /* C1: NEL, CSI */
        0xAD,                                        /* soft hyphen */
        0x200B,  0x2060,  0xFEFF,                    /* ZWSP, word joiner, BOM */
        0x034F,  0x115F,  0x1160,  0x3164,   0xFFA0, /* joiner of graphemes, Hangul fillers */
        0x202A,  0x202B,  0x202C,  0x202D,   0x202E, /* bidi embeddings and overrides */
        0x2066,  0x2067,  0x2068,  0x2069,           /* bidi isolates */
        0x2028,  0x2029,                             /* line and paragraph separator */
        0xE000,  0xF8FF,  0xF0000, 0x10FFFD,         /* private use */
        0x0378,  0xFFFE,  0xFFFF,  0x10FFFF,         /* unassigned, no characters */
        0xE0001, 0xE0041,                            /* tags */
    };

    (void)state;
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++)
        assert_named(invisible[i]);
}

/* A program that sends its whole buffer pads the message with NULs. */
static void runs_of_one_control_are_shown_once_with_their_count(void **state)
{
    char line[1001];

    (void)state;
    memset(line, 7, sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_safe(line, "^G(x1000)");
    assert_safe("\x07\x07", "^G^G");
    assert_safe("a\x07\x07\x07", "a^G(x3)");
    assert_safe("\x07\x07\x07\x1B\x1B\x1B\x1B.", "^G(x3)^[(x4).");
    assert_safe("\x07\x07\x07\u0301", "^G(x3)\u0301");
    assert_safe("\x07\x07\u200D\u200D\u200Da", "^G^G<U+200D><U+200D>\u200Da");
    assert_safe("\u200B\u200B\u200B\u200B", "<U+200B>(x4)");
    assert_safe("\x07\x07\x07\u200E\x07", "^G(x4)");
    assert_safe("....\xFF\xFF\xFF", "....\\xFF\\xFF\\xFF");
}

static void order_marks_are_dropped(void **state)
{
    (void)state;
    assert_safe("a\u200Eb\u200Fc\u061Cd", "abcd");
    assert_safe("\u200E", "");
}

static void joiners_stay_between_visible_characters(void **state)
{
    (void)state;
    assert_safe("\U0001F469\u200D\U0001F680", "\U0001F469\u200D\U0001F680");
    assert_safe("می\u200Cخواهم", "می\u200Cخواهم");
    assert_safe("\u200Da", "<U+200D>a");
    assert_safe("a\u200C", "a<U+200C>");
    assert_safe("a\u200D\u200Db", "a<U+200D>\u200Db");
    assert_safe("a\u200D\u202Eb", "a<U+200D><U+202E>b");
    assert_safe("a\u200D\x1B", "a<U+200D>^[");
    assert_safe("a\u200D\xFF"
                "b",
                "a<U+200D>\\xFFb");
}

static void marks_need_a_base_and_have_a_limit(void **state)
{
    (void)state;
    assert_safe("\u0301a", "\u25CC\u0301a");
    assert_safe("a\u0301\u0302", "a\u0301\u0302");
    assert_safe("a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301b",
                "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301<U+0301>b");
    assert_safe("\xFF\u0301", "\\xFF\u0301");
    assert_safe("\u2764\uFE0F", "\u2764\uFE0F"); /* a variation selector */
}

static void line_names_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    assert_safe("a\xFFz", "a\\xFFz");
    assert_safe("\xC4\xE3", "\\xC4\\xE3");
    assert_safe("\xE4\xBD", "\\xE4\\xBD");
    assert_safe("\xE4\xBDz", "\\xE4\\xBDz");
    assert_safe("\xC0\x80", "\\xC0\\x80");
    assert_safe("\xED\xA0\x80", "\\xED\\xA0\\x80");
    assert_safe("\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");
    assert_safe("\x9B"
                "31m",
                "\\x9B"
                "31m");
}

/* A form that does not fit leaves no part of it. */
static void line_is_cut_between_forms(void **state)
{
    static const struct {
        size_t size;
        const char *expected;
    } cuts[] = {
        {1, ""},
        {2, "a"},
        {3, "a"},
        {4, "a^["},
        {5, "a^["},
        {6, "a^["},
        {7, "a^[你"},
        {10, "a^[你"},
        {11, "a^[你\\xFF"},
        {18, "a^[你\\xFF"},
        {19, "a^[你\\xFF<U+202E>"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        char *out = malloc(cuts[i].size); /* a sanitizer sees a write behind it */
        safetext_line(out, cuts[i].size, "a\x1B你\xFF\u202E");
        assert_string_equal(out, cuts[i].expected);
        free(out);
    }
}

static void safe_text_is_unchanged(void **state)
{
    struct dice dice = {5};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char line[24], once[ROOM], twice[ROOM];
        size_t n = dice_roll(&dice, sizeof line - UTF8_MAX - 1), length = 0;

        while (length < n) {
            uint32_t scalar = 1 + dice_roll(&dice, dice_roll(&dice, 2) ? 0x3000 : 0x10FFFF);
            if (dice_roll(&dice, 4))
                length += utf8_put(scalar, (unsigned char *)line + length); /* surrogates too */
            else
                line[length++] = (char)(1 + dice_roll(&dice, 255));
        }
        line[length] = '\0';
        safetext_line(once, sizeof once, line);
        safetext_line(twice, sizeof twice, once);
        assert_string_equal(once, twice);
        assert_int_equal(utf8_span((unsigned char *)once, strlen(once)), strlen(once));
    }
}

/* ---- a stream ---- */

static void push(struct safetext *safetext, const void *text, size_t n, bool last, struct buf *out)
{
    assert_int_equal(safetext_push(safetext, text, n, last, out), 0);
}

static void assert_stream(const char *text, const char *expected)
{
    struct safetext safetext = {0};
    struct buf out;

    buf_init(&out, ROOM);
    push(&safetext, text, strlen(text), true, &out);
    assert_int_equal(buf_length(&out), strlen(expected));
    assert_memory_equal(buf_bytes(&out), expected, strlen(expected));
    buf_fini(&out);
}

static void lf_resets_the_state(void **state)
{
    (void)state;
    assert_stream("a\nb\n\n", "a\nb\n\n");
    assert_stream("a\n\u0301b", "a\n\u25CC\u0301b");
    assert_stream("a\n\u200Db", "a\n<U+200D>b");
    assert_stream("a\u200D\nb", "a<U+200D>\nb");
}

static void runs_in_a_stream_end_with_the_line(void **state)
{
    (void)state;
    assert_stream("\x07\x07\x07\n\x07\x07\x07", "^G(x3)\n^G(x3)");
    assert_stream("\r\r\r\r\n", "^M(x3)\n");
    assert_stream("\x07\x07\x07\tx", "^G(x3)  x");
}

static void cr_lf_is_one_line_end(void **state)
{
    (void)state;
    assert_stream("a\r\nb", "a\nb");
    assert_stream("a\rb", "a^Mb");
    assert_stream("a\r\r\nb\r", "a^M\nb^M");
    assert_stream("\r", "^M");
    assert_stream("safe\rEVIL", "safe^MEVIL");
}

static void tab_goes_to_the_next_stop(void **state)
{
    (void)state;
    assert_stream("\tx", "        x");
    assert_stream("a\tx\n\tx", "a       x\n        x");
    assert_stream("12345678\tx", "12345678        x");
    assert_stream("你好\tx", "你好    x");
    assert_stream("e\u0301\tx", "e\u0301       x");
    assert_stream("\x1B\tx", "^[      x");
    assert_stream("\u200E\tx", "        x");
}

/* Whether the output may have a character, decided without safetext; LF is separate. */
static bool is_harmful(uint32_t scalar)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)scalar);

    if (scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0)) /* C0, DEL, C1 */
        return scalar != '\n';
    if ((scalar >= 0x200B && scalar <= 0x200F) || scalar == 0x061C || scalar == 0xFEFF ||
        (scalar >= 0x2028 && scalar <= 0x202E) || (scalar >= 0x2060 && scalar <= 0x206F) ||
        (scalar >= 0xE0000 && scalar <= 0xE007F))
        return true;
    switch (property->category) {
    case UTF8PROC_CATEGORY_CF: /* but for signs that enclose what follows */
        return property->boundclass != UTF8PROC_BOUNDCLASS_PREPEND;
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO: return true;
    default: break;
    }
    /* variation selectors only choose a glyph */
    return property->ignorable && (scalar < 0xFE00 || scalar > 0xFE0F) && scalar < 0xE0100;
}

static bool is_printable(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ZS;
}

static bool is_mark(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static void assert_harmless(const struct buf *out)
{
    const unsigned char *bytes = buf_bytes(out);
    size_t left = buf_length(out);

    while (left) {
        struct utf8_char next = utf8_next(bytes, left);

        if (next.status != UTF8_GOOD || is_harmful(next.scalar))
            fail_msg("U+%04X came out", (unsigned)next.scalar);
        bytes += next.length;
        left -= next.length;
    }
}

/* Fills `out` and asserts that it is harmless. */
static void push_with_scalar(const char *before, uint32_t scalar, const char *behind,
                             struct buf *out)
{
    struct safetext safetext = {0};
    unsigned char bytes[UTF8_MAX];

    buf_consume(out, buf_length(out));
    push(&safetext, before, strlen(before), false, out);
    push(&safetext, bytes, utf8_put(scalar, bytes), false, out);
    push(&safetext, behind, strlen(behind), true, out);
    assert_harmless(out);
}

static bool came_out(const struct buf *out, const char *before, uint32_t scalar, const char *behind)
{
    char expected[32] = "";

    strcpy(expected, before);
    expected[strlen(before) + utf8_put(scalar, (unsigned char *)expected + strlen(before))] = '\0';
    strcat(expected, behind);
    return buf_length(out) == strlen(expected) &&
           !memcmp(buf_bytes(out), expected, strlen(expected));
}

struct tally {
    unsigned scalars, printable, unchanged;
};

static void try_everywhere(uint32_t scalar, struct buf *out, struct tally *tally)
{
    bool kept = true;

    push_with_scalar("", scalar, "", out);
    kept &= came_out(out, is_mark(scalar) ? "\u25CC" : "", scalar, "");
    push_with_scalar("x", scalar, "", out);
    kept &= came_out(out, "x", scalar, "");
    push_with_scalar("x", scalar, "\n", out);
    kept &= came_out(out, "x", scalar, "\n");
    tally->scalars++;
    tally->printable += is_printable(scalar);
    tally->unchanged += is_printable(scalar) && kept;
}

static void every_scalar_value_is_harmless(void **state)
{
    struct tally tally = {0};
    struct buf out;

    (void)state;
    buf_init(&out, ROOM);
    for (uint32_t scalar = 0; scalar <= 0x10FFFF; scalar++)
        if (scalar < 0xD800 || scalar >= 0xE000)
            try_everywhere(scalar, &out, &tally);
    buf_fini(&out);
    print_message("%u scalar values; of %u printable ones %u are unchanged: %.4f %%\n",
                  tally.scalars, tally.printable, tally.unchanged,
                  100.0 * tally.unchanged / tally.printable);
    assert_int_equal(tally.scalars, 1112064);
    assert_true(tally.printable > 130000);
    assert_true(tally.unchanged >= tally.printable * 0.9999);
}

/* ---- random text and random cuts ---- */

static uint32_t any_scalar(struct dice *dice)
{
    static const uint32_t delicate[] = {
        '\n',   '\r',   '\t',   0x1B,   0x9B,    0x200D,  0x200C,  0x200E, 0x202E,
        0x0301, 0x0903, 0xFE0F, 0x4F60, 0x1F469, 0x1F680, 0x3000,  'a',    ' ',
        0x2028, 0xFEFF, 0x7F,   0x0600, 0xE0041, 0x1F3FB, 0x1F1E9, 0x1100, 0x1161,
    };
    uint32_t scalar;

    if (dice_roll(dice, 4))
        return delicate[dice_roll(dice, sizeof delicate / sizeof *delicate)];
    do
        scalar = dice_roll(dice, dice_roll(dice, 2) ? 0x3000 : 0x110000);
    while (scalar >= 0xD800 && scalar < 0xE000);
    return scalar;
}

static void fill_with_any(struct dice *dice, struct buf *text, uint32_t most)
{
    unsigned char bytes[UTF8_MAX];

    for (uint32_t n = dice_roll(dice, most); n; n--)
        assert_int_equal(buf_append(text, bytes, utf8_put(any_scalar(dice), bytes)), 0);
}

static void push_cut(struct dice *dice, const struct buf *text, struct buf *out)
{
    const unsigned char *bytes = buf_bytes(text);
    size_t left = buf_length(text);
    struct safetext safetext = {0};

    while (left) {
        size_t n = 0;

        for (uint32_t count = 1 + dice_roll(dice, 4); count && n < left; count--)
            n += utf8_next(bytes + n, left - n).length;
        push(&safetext, bytes, n, n == left && dice_roll(dice, 2), out);
        bytes += n;
        left -= n;
    }
    push(&safetext, "", 0, true, out);
}

static void cuts_do_not_change_the_output(void **state)
{
    struct dice dice = {7};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct safetext safetext = {0};
        struct buf text, whole, cut;

        buf_init(&text, ROOM);
        buf_init(&whole, ROOM);
        buf_init(&cut, ROOM);
        fill_with_any(&dice, &text, 40);
        push(&safetext, buf_bytes(&text), buf_length(&text), true, &whole);
        push_cut(&dice, &text, &cut);
        assert_int_equal(buf_length(&whole), buf_length(&cut));
        assert_memory_equal(buf_bytes(&whole), buf_bytes(&cut), buf_length(&whole));
        buf_fini(&text);
        buf_fini(&whole);
        buf_fini(&cut);
    }
}

/* ---- rows ---- */

static const char margin[] = "│ ";

static void assert_rows(unsigned columns, unsigned taken, const char *text, const char *expected)
{
    struct rows_layout layout = {columns, taken, margin, 2, false};
    struct buf out;

    buf_init(&out, ROOM);
    assert_int_equal(safetext_rows(&layout, text, strlen(text), &out), 0);
    if (buf_length(&out) != strlen(expected) || memcmp(buf_bytes(&out), expected, strlen(expected)))
        fail_msg("'%.*s' instead of '%s'", (int)buf_length(&out), buf_bytes(&out), expected);
    buf_fini(&out);
}

static void runs_of_nuls_take_one_row(void **state)
{
    char padded[1024] = "hello";
    struct rows_layout layout = {20, 0, "    | ", 6, false};
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    assert_int_equal(safetext_rows(&layout, padded, sizeof padded, &out), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal(buf_bytes(&out), "hello^@(x1019)");
    buf_fini(&out);
}

static void rows_break_at_the_last_column(void **state)
{
    (void)state;
    assert_rows(10, 0, "", "");
    assert_rows(10, 4, "123456", "123456");
    assert_rows(10, 4, "1234567", "123456\n│ 7");
    assert_rows(10, 2, "12345678abcdefghij", "12345678\n│ abcdefgh\n│ ij");
    assert_rows(10, 10, "ab", "\n│ ab");
}

static void rows_never_halve_a_wide_character(void **state)
{
    (void)state;
    assert_rows(10, 4, "你好世", "你好世");
    assert_rows(10, 5, "你好世", "你好\n│ 世");
    assert_rows(10, 4, "你好世界", "你好世\n│ 界");
}

/* Each row has a character, even one that passes the columns. */
static void rows_fit_a_too_narrow_terminal(void **state)
{
    (void)state;
    assert_rows(3, 2, "你好", "你\n│ 好");
    assert_rows(1, 0, "ab", "ab");
    assert_rows(0, 0, "ab", "ab");
}

static void rows_keep_marks_with_their_base(void **state)
{
    (void)state;
    assert_rows(10, 4, "12345e\u0301x", "12345e\u0301\n│ x");
    assert_rows(10, 4, "12345\u2764\uFE0Fx", "12345\n│ \u2764\uFE0Fx"); /* wide as an emoji */
    assert_rows(10, 8, "a\u0903b", "a\u0903\n│ b");
    assert_rows(10, 9, "a\u0903b", "\n│ a\u0903b");
}

static void rows_show_controls(void **state)
{
    (void)state;
    assert_rows(20, 2, "a\nb\rc\x1B[0m", "a^Jb^Mc^[[0m");
    assert_rows(20, 2, "a\u2028b", "a<U+2028>b");
}

/* The blanks end at the edge, and the next text imitates another peer's line. */
static void rows_have_a_margin_against_padding(void **state)
{
    (void)state;
    assert_rows(20, 7, "hello        peer2│ I am evil", "hello        \n│ peer2│ I am evil");
    assert_rows(20, 7, "hello\tpeer2│ I", "hello   peer2\n│ │ I");
    assert_rows(12, 2, "\u4DC0\u4DC0\u4DC0\u4DC0\u4DC0\u4DC0 peer2",
                "\u4DC0\u4DC0\u4DC0\u4DC0\u4DC0\n│ \u4DC0 peer2");
    assert_rows(12, 2, "\u0915\u093E\u093E\u093E\u0915\u093E\u093E\u093E\u0915\u093E peer2",
                "\u0915\u093E\u093E\u093E\u0915\u093E\u093E\u093E\u0915\u093E\n│  peer2");
    assert_rows(12, 2, "\u3000\u3000\u3000\u3000\u3000peer2",
                "\u3000\u3000\u3000\u3000\u3000\n│ peer2");
}

static unsigned columns_of(const unsigned char *bytes, size_t n)
{
    unsigned width = 0;

    for (size_t i = 0; i < n;) {
        struct utf8_char next = utf8_next(bytes + i, n - i);

        width += width_of(next.scalar);
        i += next.length;
    }
    return width;
}

static void check_rows(const struct rows_layout *layout, const struct buf *out)
{
    const unsigned char *row = buf_bytes(out), *end = row + buf_length(out);
    bool is_first = true;

    assert_harmless(out);
    for (;;) {
        const unsigned char *lf = memchr(row, '\n', (size_t)(end - row));
        size_t n = (size_t)((lf ? lf : end) - row);
        struct utf8_char start;

        if (!is_first) {
            assert_true(n > strlen(margin) && !memcmp(row, margin, strlen(margin)));
            start = utf8_next(row + strlen(margin), n - strlen(margin));
            assert_false(is_mark(start.scalar));
        }
        assert_true((is_first ? layout->taken : 0) + columns_of(row, n) <= layout->columns);
        if (!lf)
            return;
        row = lf + 1;
        is_first = false;
    }
}

/* Joiners between characters may stay in rows; they are removed before the check. */
static void without_joiners(struct buf *text)
{
    struct buf kept;

    buf_init(&kept, text->cap);
    for (const unsigned char *at = buf_bytes(text), *end = at + buf_length(text); at < end;) {
        struct utf8_char next = utf8_next(at, (size_t)(end - at));

        if (next.scalar != 0x200C && next.scalar != 0x200D)
            assert_int_equal(buf_append(&kept, at, next.length), 0);
        at += next.length;
    }
    buf_fini(text);
    *text = kept;
}

static void assert_words(unsigned columns, const char *text, const char *expected)
{
    struct rows_layout layout = {columns, 2, "  ", 2, true};
    struct buf out;

    buf_init(&out, ROOM);
    assert_int_equal(safetext_rows(&layout, text, strlen(text), &out), 0);
    if (buf_length(&out) != strlen(expected) || memcmp(buf_bytes(&out), expected, strlen(expected)))
        fail_msg("'%.*s' instead of '%s'", (int)buf_length(&out), buf_bytes(&out), expected);
    buf_fini(&out);
}

static void rows_end_at_blanks_by_words(void **state)
{
    (void)state;
    assert_words(12, "one two", "one two");
    assert_words(12, "one two three", "one two\n  three");
    assert_words(12, "one   two   three four", "one   two\n  three four");
    assert_words(12, "0123456789 a", "0123456789\n  a");
    assert_words(12, "a 0123456789abc d", "a 01234567\n  89abc d"); /* no row has room for it */
    assert_words(12, "你好 世界 再见", "你好 世界\n  再见");
    assert_words(12, "one two      ", "one two   \n     ");
}

static void rows_end_between_letters_of_han_by_words(void **state)
{
    (void)state;
    assert_words(12, "对方已关闭连接", "对方已关闭\n  连接");
    assert_words(12, "对方已关闭。", "对方已关\n  闭。"); /* no row begins with a full stop */
    assert_words(12, "对方已关(闭)", "对方已关\n  (闭)"); /* nor ends with a bracket */
    assert_words(12, "收到 27 字节", "收到 27 字\n  节");
    assert_words(12, "连接 host 失败", "连接 host\n  失败");
    assert_words(12, "连接到host8080", "连接到\n  host8080");
}

static void rows_never_pass_the_columns(void **state)
{
    struct dice dice = {9};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        unsigned columns = 12 + dice_roll(&dice, 80), taken = dice_roll(&dice, columns);
        struct rows_layout layout = {columns, taken, margin, 2, dice_roll(&dice, 2)};
        struct buf text, out;

        buf_init(&text, ROOM);
        buf_init(&out, 4 * ROOM);
        fill_with_any(&dice, &text, 60);
        assert_int_equal(safetext_rows(&layout, buf_bytes(&text), buf_length(&text), &out), 0);
        without_joiners(&out);
        check_rows(&layout, &out);
        buf_fini(&text);
        buf_fini(&out);
    }
}

static void endless_row_is_the_same_as_a_very_long_one(void **state)
{
    static const char *const texts[] = {
        "",
        "plain",
        "a\tb\t c",
        "\u4F60\u597D, \033[2J",
        "\n\n\n\nb",
        "\u0301a",
        "a\u200D\u200Db",
        "\u4F60\u200Da\u0301",
        "a\x01\x01\x01\x01 \u200Eb\r",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct rows_layout layout = {.columns = UINT_MAX, .margin = ""};
        struct buf endless, lengthy;

        buf_init(&endless, 1 << 10);
        buf_init(&lengthy, 1 << 10);
        assert_int_equal(safetext_rows(&layout, texts[i], strlen(texts[i]), &endless), 0);
        layout.columns = 1 << 20;
        assert_int_equal(safetext_rows(&layout, texts[i], strlen(texts[i]), &lengthy), 0);
        assert_int_equal(buf_length(&endless), buf_length(&lengthy));
        assert_memory_equal(buf_bytes(&endless), buf_bytes(&lengthy), buf_length(&lengthy));
        buf_fini(&endless);
        buf_fini(&lengthy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visible_text_is_unchanged),
        cmocka_unit_test(controls_become_visible),
        cmocka_unit_test(invisible_characters_are_named),
        cmocka_unit_test(runs_of_one_control_are_shown_once_with_their_count),
        cmocka_unit_test(order_marks_are_dropped),
        cmocka_unit_test(runs_in_a_stream_end_with_the_line),
        cmocka_unit_test(runs_of_nuls_take_one_row),
        cmocka_unit_test(joiners_stay_between_visible_characters),
        cmocka_unit_test(marks_need_a_base_and_have_a_limit),
        cmocka_unit_test(line_names_bytes_that_are_not_utf8),
        cmocka_unit_test(line_is_cut_between_forms),
        cmocka_unit_test(safe_text_is_unchanged),
        cmocka_unit_test(lf_resets_the_state),
        cmocka_unit_test(cr_lf_is_one_line_end),
        cmocka_unit_test(tab_goes_to_the_next_stop),
        cmocka_unit_test(every_scalar_value_is_harmless),
        cmocka_unit_test(cuts_do_not_change_the_output),
        cmocka_unit_test(rows_break_at_the_last_column),
        cmocka_unit_test(rows_never_halve_a_wide_character),
        cmocka_unit_test(rows_fit_a_too_narrow_terminal),
        cmocka_unit_test(rows_keep_marks_with_their_base),
        cmocka_unit_test(rows_show_controls),
        cmocka_unit_test(rows_have_a_margin_against_padding),
        cmocka_unit_test(rows_end_at_blanks_by_words),
        cmocka_unit_test(rows_end_between_letters_of_han_by_words),
        cmocka_unit_test(rows_never_pass_the_columns),
        cmocka_unit_test(endless_row_is_the_same_as_a_very_long_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
