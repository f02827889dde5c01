/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/input.h"

#define START "\033[200~"
#define END "\033[201~"

/* ---- the output as one text: typed bytes as they are, pastes in <>, lost ones as <!N>, the
 * place of a report in {,}, a kind and a version in {:} ---- */

struct screen {
    struct input input;
    struct buf told;
    const char *whole; /* not NULL: this must come in one call of typed */
    bool came_whole;
};

static struct screen *open; /* the last one */

static void tell(struct screen *screen, const char *bytes, size_t n)
{
    assert_int_equal(buf_append(&screen->told, bytes, n), 0);
}

static void on_typed(void *owner, const char *bytes, size_t n)
{
    struct screen *screen = owner;

    assert_true(n > 0);
    if (screen->whole && n == strlen(screen->whole) && !memcmp(bytes, screen->whole, n))
        screen->came_whole = true;
    tell(screen, bytes, n);
}

/* No terminal was taken, so that no key is one of the job. */
static void on_pressed(void *owner, enum tty_key key)
{
    (void)owner;
    fail_msg("key %d", (int)key);
}

static void on_pasted(void *owner, const char *text, size_t n, bool lost)
{
    char number[32];

    tell(owner, "<", 1);
    assert_int_equal(lost, text == NULL);
    if (lost)
        tell(owner, number, (size_t)snprintf(number, sizeof number, "!%zu", n));
    else
        tell(owner, text, n);
    tell(owner, ">", 1);
}

static void on_reported(void *owner, int row, int column)
{
    char numbers[32];

    tell(owner, numbers, (size_t)snprintf(numbers, sizeof numbers, "{%d,%d}", row, column));
}

static void on_identified(unsigned kind, unsigned version)
{
    char numbers[32];

    tell(open, numbers, (size_t)snprintf(numbers, sizeof numbers, "{%u:%u}", kind, version));
}

static const struct input_events events = {on_typed, on_pressed, on_pasted, on_reported,
                                           on_identified};

static void open_screen(struct screen *screen)
{
    *screen = (struct screen){0};
    open = screen;
    input_init(&screen->input, &events, screen);
    buf_init(&screen->told, 64 << 20);
}

static void close_screen(struct screen *screen)
{
    input_fini(&screen->input);
    buf_fini(&screen->told);
}

/* The copy ends at the border of readable memory, so that a read behind it is caught. */
static void push(struct screen *screen, const char *bytes, size_t n)
{
    char *exact = malloc(n ? n : 1);

    memcpy(exact, bytes, n);
    input_push(&screen->input, exact, n);
    free(exact);
}

static void assert_told(struct screen *screen, const char *expected)
{
    size_t n = strlen(expected);

    if (buf_length(&screen->told) != n || memcmp(buf_bytes(&screen->told), expected, n))
        fail_msg("'%.*s' instead of '%s'", (int)buf_length(&screen->told), buf_bytes(&screen->told),
                 expected);
}

/* In one piece, and cut at every two places. */
static void assert_outcome(const char *input, const char *expected)
{
    size_t n = strlen(input);

    for (size_t one = 0; one <= n; one++)
        for (size_t two = one; two <= n; two++) {
            struct screen screen;

            open_screen(&screen);
            push(&screen, input, one);
            push(&screen, input + one, two - one);
            push(&screen, input + two, n - two);
            input_flush(&screen.input);
            assert_told(&screen, expected);
            assert_int_equal(input_waits(&screen.input), 0);
            close_screen(&screen);
        }
}

static void assert_typed(const char *input)
{
    assert_outcome(input, input);
}

/* ---- typed ---- */

static void typed_bytes_pass_unchanged(void **state)
{
    (void)state;
    assert_typed("");
    assert_typed("hello\r");
    assert_typed("你好\b\x7F\t\x01");
    assert_typed("a\033[Ab\033OP\033[1;5Cc\033[[Ad\033[15~");
    assert_typed("\033b\033\033[A\033\033\033");
    assert_typed("\033你\033[你\033O");
    assert_typed("\033[12\rx\033[1\033[A");
    assert_typed("\033[?1;2c\033[0 q");
}

/* readline's search takes a character only where all its bytes are at hand. */
static void typed_character_is_not_cut(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    screen.whole = "你";
    push(&screen, "你", strlen("你"));
    assert_true(screen.came_whole);
    assert_told(&screen, "你");
    close_screen(&screen);
}

static void assert_comes_whole(const char *before, const char *sequence, const char *after)
{
    size_t b = strlen(before), n = strlen(sequence);

    for (size_t cut = 1; cut < n; cut++) {
        struct screen screen;

        open_screen(&screen);
        screen.whole = sequence;
        push(&screen, before, b);
        push(&screen, sequence, cut);
        assert_told(&screen, before);
        assert_int_equal(input_waits(&screen.input), INPUT_SEQUENCE_MS);
        push(&screen, sequence + cut, n - cut);
        assert_int_equal(input_waits(&screen.input), 0);
        assert_true(screen.came_whole);
        push(&screen, after, strlen(after));
        close_screen(&screen);
    }
}

static void escape_sequence_passes_whole(void **state)
{
    (void)state;
    assert_comes_whole("a", "\033[A", "b");
    assert_comes_whole("", "\033OP", "");
    assert_comes_whole("你", "\033[1;5D", "A");
    assert_comes_whole("", "\033[[A", "[");
    assert_comes_whole("", "\033x", "y");
    assert_comes_whole("", "\033[200;1~", "");
    assert_comes_whole("", "\033[2001~", "");
}

static void unfinished_sequence_waits_for_the_flush(void **state)
{
    static const char *const unfinished[] = {"\033",     "\033[",    "\033O", "\033[2",
                                             "\033[200", "\033[1;5", "\033[["};

    (void)state;
    for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++) {
        struct screen screen;

        open_screen(&screen);
        push(&screen, unfinished[i], strlen(unfinished[i]));
        assert_told(&screen, "");
        assert_int_equal(input_waits(&screen.input), INPUT_SEQUENCE_MS);
        input_flush(&screen.input);
        assert_told(&screen, unfinished[i]);
        assert_int_equal(input_waits(&screen.input), 0);
        input_flush(&screen.input);
        assert_told(&screen, unfinished[i]);
        close_screen(&screen);
    }
}

/* The bytes after the flush begin anew. */
static void flushed_escape_is_a_key(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    push(&screen, "\033", 1);
    input_flush(&screen.input);
    push(&screen, "[200~a", 6);
    assert_told(&screen, "\033[200~a");
    assert_int_equal(input_waits(&screen.input), 0);
    close_screen(&screen);
}

static void long_sequence_passes_as_typed(void **state)
{
    char endless[3 * INPUT_SEQUENCE + 1];
    struct screen screen;

    (void)state;
    memset(endless, '1', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    memcpy(endless, "\033[", 2);
    assert_typed(endless);
    open_screen(&screen);
    push(&screen, endless, INPUT_SEQUENCE - 1);
    assert_told(&screen, "");
    push(&screen, "1", 1);
    assert_int_equal(buf_length(&screen.told), INPUT_SEQUENCE);
    assert_int_equal(input_waits(&screen.input), 0);
    close_screen(&screen);
}

/* ---- pasted ---- */

static void paste_passes_whole(void **state)
{
    (void)state;
    assert_outcome(START "hello" END, "<hello>");
    assert_outcome(START END, "<>");
    assert_outcome("a" START "你好" END "b" START "c" END "\r", "a<你好>b<c>\r");
}

static void paste_line_ends_become_lf(void **state)
{
    (void)state;
    assert_outcome(START "a\rb\r\nc\nd" END, "<a\nb\nc\nd>");
    assert_outcome(START "\r\r\n\n\r" END, "<\n\n\n\n>");
    assert_outcome("\r" START "\r" END "\r\n", "\r<\n>\r\n");
}

static void paste_holds_sequences_as_text(void **state)
{
    (void)state;
    assert_outcome(START "\033[A\033" END, "<\033[A\033>");
    assert_outcome(START START "x" END, "<" START "x>");
    assert_outcome(START "\033[201" END, "<\033[201>");
    assert_outcome(START "\033[201;~\033[20\033\033" END, "<\033[201;~\033[20\033\033>");
    assert_outcome(START "\033[2\033[201\r" END "x", "<\033[2\033[201\n>x");
}

/* It would be a "~" in the line. */
static void end_mark_without_a_paste_is_dropped(void **state)
{
    (void)state;
    assert_outcome("a" END "b", "ab");
    assert_outcome(START "a" END END "b", "<a>b");
}

static void flush_ends_an_open_paste(void **state)
{
    struct screen screen;

    (void)state;
    assert_outcome(START "abc", "<abc>");
    assert_outcome(START "abc\033[20", "<abc\033[20>");
    open_screen(&screen);
    push(&screen, START "abc\033", 10);
    assert_int_equal(input_waits(&screen.input), INPUT_PASTE_MS);
    input_flush(&screen.input);
    push(&screen, END "x", 7);
    assert_told(&screen, "<abc\033>x");
    close_screen(&screen);
}

static void lone_ctrl_d_ends_a_paste(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    push(&screen, START "one", 9);
    assert_int_equal(input_waits(&screen.input), INPUT_PASTE_MS);
    push(&screen, "\004", 1);
    assert_int_equal(input_waits(&screen.input), INPUT_KEY_MS);
    input_flush(&screen.input);
    assert_told(&screen, "<one>");
    close_screen(&screen);
}

static void ctrl_d_is_text_if_more_follows(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    push(&screen, START "one\004", 10);
    push(&screen, "\004", 1);
    push(&screen, "two" END, 9);
    assert_told(&screen, "<one\004\004two>");
    close_screen(&screen);
}

static void fini_releases_an_open_paste(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    push(&screen, START "abc", 9);
    assert_told(&screen, "");
    close_screen(&screen);
}

static void nul_passes_as_text(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    push(&screen, "\0" START "a\0b" END, 1 + 6 + 3 + 6);
    assert_int_equal(buf_length(&screen.told), 6);
    assert_memory_equal(buf_bytes(&screen.told), "\0<a\0b>", 6);
    close_screen(&screen);
}

/* ---- size ---- */

/* Pastes n bytes, in packets that are not a divisor of anything. */
static void paste(struct screen *screen, size_t n)
{
    static char block[65521];

    memset(block, 'x', sizeof block);
    push(screen, START, 6);
    while (n) {
        size_t length = n < sizeof block ? n : sizeof block;

        input_push(&screen->input, block, length);
        assert_true(screen->input.paste.capacity <= INPUT_PASTE);
        n -= length;
    }
    push(screen, END, 6);
    assert_int_equal(screen->input.paste.capacity, 0);
}

static void largest_paste_is_kept(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    paste(&screen, INPUT_PASTE);
    assert_int_equal(buf_length(&screen.told), INPUT_PASTE + 2);
    close_screen(&screen);
}

static void larger_paste_is_only_counted(void **state)
{
    struct screen screen;
    char expected[64];

    (void)state;
    open_screen(&screen);
    paste(&screen, INPUT_PASTE + 1);
    paste(&screen, 3 * INPUT_PASTE);
    paste(&screen, 2);
    snprintf(expected, sizeof expected, "<!%d><!%d><xx>", INPUT_PASTE + 1, 3 * INPUT_PASTE);
    assert_told(&screen, expected);
    close_screen(&screen);
}

/* As it is when memory is short. */
static void paste_without_memory_is_lost(void **state)
{
    struct screen screen;

    (void)state;
    open_screen(&screen);
    screen.input.paste.cap = 2;
    push(&screen, START "ab" END START "abc\033[" END "c", 6 + 2 + 6 + 6 + 5 + 6 + 1);
    assert_told(&screen, "<ab><!5>c");
    close_screen(&screen);
}

/* ---- any input ---- */

static size_t roll_input(struct dice *dice, char input[], size_t pieces)
{
    static const char *const likely[] = {START, END,      "\033", "[", "201~", "\r", "\n",  "a",
                                         "你",  "\033[A", "O",    "~", ";",    "0",  "\xFF"};
    size_t n = 0;

    for (size_t i = 0; i < pieces; i++) {
        const char *piece = likely[dice_roll(dice, sizeof likely / sizeof *likely)];

        memcpy(input + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return n;
}

static void cuts_change_nothing(void **state)
{
    struct dice dice = {3};

    (void)state;
    for (int round = 0; round < 5000; round++) {
        struct screen whole, cut;
        char input[6 * 30];
        size_t n = roll_input(&dice, input, 1 + dice_roll(&dice, 30));

        open_screen(&whole);
        open_screen(&cut);
        push(&whole, input, n);
        for (size_t i = 0, length; i < n; i += length) {
            length = 1 + dice_roll(&dice, 5);
            length = length < n - i ? length : n - i;
            push(&cut, input + i, length);
        }
        assert_int_equal(input_waits(&whole.input), input_waits(&cut.input));
        input_flush(&whole.input);
        input_flush(&cut.input);
        assert_int_equal(buf_length(&whole.told), buf_length(&cut.told));
        assert_memory_equal(buf_bytes(&whole.told), buf_bytes(&cut.told), buf_length(&cut.told));
        close_screen(&whole);
        close_screen(&cut);
    }
}

/* ---- reports ---- */

static void assert_reported(unsigned due, const char *input, const char *expected)
{
    for (size_t cut = 0; cut <= strlen(input); cut++) {
        struct screen screen;

        open_screen(&screen);
        for (unsigned i = 0; i < due; i++)
            input_expect_report(&screen.input);
        if (due)
            input_expect_attributes(&screen.input);
        push(&screen, input, cut);
        push(&screen, input + cut, strlen(input) - cut);
        input_flush(&screen.input);
        assert_told(&screen, expected);
        close_screen(&screen);
    }
}

static void report_that_is_due_is_told(void **state)
{
    (void)state;
    assert_reported(1, "a\033[24;80Rb", "a{23,79}b");
    assert_reported(1, "\033[1;1R", "{0,0}");
    assert_reported(1, "\033[A\033[3;5R", "\033[A{2,4}");
}

/* xterm gives ESC [ 1 ; 2 R for Shift-F3. */
static void report_that_is_not_due_is_a_key(void **state)
{
    (void)state;
    assert_reported(0, "\033[1;2R", "\033[1;2R");
    assert_reported(1, "\033[9;8R\033[1;2R", "{8,7}\033[1;2R");
}

static void only_the_last_report_is_told(void **state)
{
    (void)state;
    assert_reported(2, "\033[9;8R", "");
    assert_reported(2, "\033[9;8Rx\033[9;6R", "x{8,5}");
}

static void attributes_that_are_due_are_told_once(void **state)
{
    (void)state;
    assert_reported(1, "a\033[>41;370;0cb", "a{41:370}b");
    assert_reported(1, "\033[>0;136c\033[4;9R", "{0:136}{3,8}");
    assert_reported(1, "\033[4;9R\033[>65;7600;1c", "{3,8}{65:7600}");
    assert_reported(1, "\033[>1;4000;29c\033[>1;4000;29c", "{1:4000}\033[>1;4000;29c");
    assert_reported(0, "\033[>41;370;0c", "\033[>41;370;0c");
}

static void attributes_without_a_kind_are_no_key(void **state)
{
    (void)state;
    assert_reported(1, "\033[?6cx", "x");
    assert_reported(1, "\033[>cx", "x");
    assert_reported(1, "\033[>;;cx", "x");
    assert_reported(1, "\033[c\033[6c\033[>6d", "\033[c\033[6c\033[>6d");
}

static void sequence_like_a_report_is_a_key(void **state)
{
    (void)state;
    assert_reported(1, "\033[R", "\033[R");
    assert_reported(1, "\033[5R", "\033[5R");
    assert_reported(1, "\033[1;0R", "\033[1;0R");
    assert_reported(1, "\033[0;1R", "\033[0;1R");
    assert_reported(1, "\033[1;-2R", "\033[1;-2R");
    assert_reported(1, "\033[1;2;3R", "\033[1;2;3R");
    assert_reported(1, "\033[1;2S", "\033[1;2S");
    assert_reported(1, "\033[1;99999999999999999999R", "\033[1;99999999999999999999R");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_bytes_pass_unchanged),
        cmocka_unit_test(typed_character_is_not_cut),
        cmocka_unit_test(escape_sequence_passes_whole),
        cmocka_unit_test(unfinished_sequence_waits_for_the_flush),
        cmocka_unit_test(flushed_escape_is_a_key),
        cmocka_unit_test(long_sequence_passes_as_typed),
        cmocka_unit_test(paste_passes_whole),
        cmocka_unit_test(paste_line_ends_become_lf),
        cmocka_unit_test(paste_holds_sequences_as_text),
        cmocka_unit_test(end_mark_without_a_paste_is_dropped),
        cmocka_unit_test(flush_ends_an_open_paste),
        cmocka_unit_test(lone_ctrl_d_ends_a_paste),
        cmocka_unit_test(ctrl_d_is_text_if_more_follows),
        cmocka_unit_test(fini_releases_an_open_paste),
        cmocka_unit_test(nul_passes_as_text),
        cmocka_unit_test(largest_paste_is_kept),
        cmocka_unit_test(larger_paste_is_only_counted),
        cmocka_unit_test(paste_without_memory_is_lost),
        cmocka_unit_test(cuts_change_nothing),
        cmocka_unit_test(report_that_is_due_is_told),
        cmocka_unit_test(report_that_is_not_due_is_a_key),
        cmocka_unit_test(only_the_last_report_is_told),
        cmocka_unit_test(attributes_that_are_due_are_told_once),
        cmocka_unit_test(attributes_without_a_kind_are_no_key),
        cmocka_unit_test(sequence_like_a_report_is_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
