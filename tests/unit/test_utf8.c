/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"
#include "text/utf8_blocks.h"
#include "text/vector.h"

/* ---- a slow reference: the Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences" ----
 */

struct range {
    unsigned char low, high;
};

static const struct row {
    size_t length;
    struct range bytes[4];
} table_3_7[] = {
    {1, {{0x00, 0x7F}}},
    {2, {{0xC2, 0xDF}, {0x80, 0xBF}}},
    {3, {{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}}},
    {3, {{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}}},
    {3, {{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}}},
    {3, {{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}}},
    {4, {{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}},
    {4, {{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}},
    {4, {{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}}},
};

static size_t matching(const struct row *row, const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && i < row->length && bytes[i] >= row->bytes[i].low &&
           bytes[i] <= row->bytes[i].high)
        i++;
    return i;
}

static struct utf8_char reference(const unsigned char *bytes, size_t n)
{
    size_t longest = 0;

    for (size_t i = 0; i < sizeof table_3_7 / sizeof *table_3_7; i++) {
        size_t matched = matching(&table_3_7[i], bytes, n);
        if (matched == table_3_7[i].length)
            return (struct utf8_char){UTF8_GOOD, 0, bytes, matched};
        if (matched > longest)
            longest = matched;
    }
    if (longest == n)
        return (struct utf8_char){UTF8_CUT, 0, bytes, n};
    return (struct utf8_char){UTF8_BAD, 0, bytes, longest ? longest : 1};
}

static size_t slow_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n) {
        struct utf8_char next = reference(bytes + i, n - i);
        if (next.status != UTF8_GOOD)
            break;
        i += next.length;
    }
    return i;
}

/* The bytes end with their memory, so that a sanitizer sees a read behind them. */
static void assert_agrees(const unsigned char *bytes, size_t n, unsigned char *end)
{
    struct utf8_char expected = reference(bytes, n), got;

    memcpy(end - n, bytes, n);
    got = utf8_next(end - n, n);
    if (got.status != expected.status || got.length != expected.length)
        fail_msg("%02X %02X %02X %02X (%zu): status %d, length %zu", bytes[0], bytes[1], bytes[2],
                 bytes[3], n, (int)got.status, got.length);
    if (utf8_span(end - n, n) != slow_span(bytes, n))
        fail_msg("%02X %02X %02X %02X (%zu): wrong span", bytes[0], bytes[1], bytes[2], bytes[3],
                 n);
}

static void short_sequences_agree_with_the_table(void **state)
{
    unsigned char *memory = malloc(2);

    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        unsigned char bytes[4] = {(unsigned char)a};
        assert_agrees(bytes, 1, memory + 2);
        for (unsigned b = 0; b < 256; b++) {
            bytes[1] = (unsigned char)b;
            assert_agrees(bytes, 2, memory + 2);
        }
    }
    free(memory);
}

/* Every sequence of bytes at the edges of the table's ranges. */
static void edges_agree_with_the_table(void **state)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                          0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                          0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    enum { EDGES = sizeof edges };
    unsigned char *memory = malloc(4);

    (void)state;
    for (unsigned i = 0; i < EDGES * EDGES * EDGES * EDGES; i++) {
        unsigned char bytes[4] = {edges[i % EDGES], edges[i / EDGES % EDGES],
                                  edges[i / (EDGES * EDGES) % EDGES],
                                  edges[i / (EDGES * EDGES * EDGES)]};
        assert_agrees(bytes, 4, memory + 4);
        if (i < EDGES * EDGES * EDGES)
            assert_agrees(bytes, 3, memory + 4);
    }
    free(memory);
}

static void longer_sequences_agree_with_the_table(void **state)
{
    struct dice dice = {37};
    unsigned char *memory = malloc(4);

    (void)state;
    for (int i = 0; i < 300000; i++) {
        unsigned char bytes[4];

        bytes[0] = (unsigned char)(0xC0 + dice_roll(&dice, 64));
        for (int k = 1; k < 4; k++)
            bytes[k] = (unsigned char)(dice_roll(&dice, 4) ? 0x80 + dice_roll(&dice, 64)
                                                           : dice_roll(&dice, 256));
        assert_agrees(bytes, 3, memory + 4);
        assert_agrees(bytes, 4, memory + 4);
    }
    free(memory);
}

/* ---- scalars ---- */

static void every_scalar_round_trips(void **state)
{
    (void)state;
    for (uint32_t scalar = 0; scalar < 0x110000; scalar++) {
        unsigned char bytes[UTF8_MAX];
        struct utf8_char next;
        size_t n;

        if (scalar >= 0xD800 && scalar < 0xE000)
            continue;
        n = utf8_put(scalar, bytes);
        next = utf8_next(bytes, n);
        if (next.status != UTF8_GOOD || next.scalar != scalar || next.length != n)
            fail_msg("U+%04X: status %d, U+%04X, length %zu", scalar, (int)next.status, next.scalar,
                     next.length);
        for (size_t cut = 1; cut < n; cut++) {
            next = utf8_next(bytes, cut);
            if (next.status != UTF8_CUT || next.length != cut)
                fail_msg("U+%04X cut after %zu: status %d", scalar, cut, (int)next.status);
        }
    }
}

static void put_writes_the_shortest_form(void **state)
{
    unsigned char bytes[UTF8_MAX];

    (void)state;
    assert_int_equal(utf8_put(0x7F, bytes), 1);
    assert_int_equal(utf8_put(0x80, bytes), 2);
    assert_int_equal(utf8_put(0x7FF, bytes), 2);
    assert_int_equal(utf8_put(0x800, bytes), 3);
    assert_int_equal(utf8_put(0xFFFF, bytes), 3);
    assert_int_equal(utf8_put(0x10000, bytes), 4);
    assert_int_equal(utf8_put(0x10FFFF, bytes), 4);
}

/* ---- spans ---- */

static size_t random_text(unsigned char *bytes, size_t most, struct dice *dice)
{
    size_t n = 0;

    while (n + UTF8_MAX < most && dice_roll(dice, 40)) {
        uint32_t scalar = dice_roll(dice, 8) ? dice_roll(dice, 0x80) : dice_roll(dice, 0x110000);
        if (dice_roll(dice, 30))
            n += scalar >= 0xD800 && scalar < 0xE000 ? 0 : utf8_put(scalar, bytes + n);
        else
            bytes[n++] = (unsigned char)dice_roll(dice, 256);
    }
    return n;
}

/* Runs of ASCII, which utf8_span skips by words, begin and end at any offset. */
static void span_ends_at_the_first_fault(void **state)
{
    struct dice dice = {51};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        unsigned char text[100];
        size_t n = random_text(text, sizeof text, &dice);
        unsigned char *exact = malloc(n ? n : 1);

        memcpy(exact, text, n);
        assert_int_equal(utf8_span(exact, n), slow_span(exact, n));
        free(exact);
    }
}

/* Characters of each length. */
static size_t good_text(unsigned char *bytes, size_t most)
{
    static const uint32_t scalars[] = {'a', 0x4F60, 0xE9, 0x1F600, 0xD7FF, 0x800, 0x10FFFF, 0x7FF};
    size_t n = 0;

    for (size_t i = 0; n + UTF8_MAX <= most; i++)
        n += utf8_put(scalars[i * 5 % 8], bytes + n);
    return n;
}

/* Four bytes, the last three of which are trails for the most part, at any place of a block or
 * between two of them. */
static void span_ends_at_a_fault_in_long_text(void **state)
{
    static const unsigned char edges[] = {0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0x41, 0x7F,
                                          0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
                                          0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    enum { EDGES = sizeof edges, TRAILS = 6, LONG = 200 };
    unsigned char *text = malloc(LONG);
    struct dice dice = {13};

    (void)state;
    assert_non_null(text);
    for (unsigned i = 0; i < 40000; i++) {
        size_t n = good_text(text, 40 + dice_roll(&dice, 64));

        text[n++] = edges[i % EDGES];
        for (int k = 1; k < 4; k++)
            text[n++] = edges[dice_roll(&dice, dice_roll(&dice, 5) ? TRAILS : EDGES)];
        n += good_text(text + n, LONG - n - UTF8_MAX);
        memmove(text + LONG - n, text, n);
        assert_int_equal(utf8_span(text + LONG - n, n), slow_span(text + LONG - n, n));
    }
    free(text);
}

static void good_text_goes_in_blocks_where_vectors_are_there(void **state)
{
    enum { LONG = 300, BLOCK = 64 };
    unsigned char text[LONG];
    size_t n = good_text(text, LONG);

    (void)state;
    for (; n; n--) {
        unsigned char *exact = malloc(n);
        size_t blocks = n / BLOCK * BLOCK;

        assert_non_null(exact);
        memcpy(exact, text, n);
        assert_int_equal(utf8_blocks(exact, n), vector_is_there() ? slow_span(exact, blocks) : 0);
        if (n >= BLOCK) {
            exact[dice_roll(&(struct dice){n}, BLOCK)] = 0xFF;
            assert_int_equal(utf8_blocks(exact, n), 0);
        }
        free(exact);
    }
}

static void assert_prefix(const char *bytes, bool is_prefix, size_t expected)
{
    size_t cut = 99;

    assert_int_equal(utf8_is_prefix((const unsigned char *)bytes, strlen(bytes), &cut), is_prefix);
    if (is_prefix)
        assert_int_equal(cut, expected);
}

static void prefix_may_end_in_a_cut_character_only(void **state)
{
    (void)state;
    assert_prefix("", true, 0);
    assert_prefix("a你", true, 0);
    assert_prefix("a你\xE5\xA5", true, 2);
    assert_prefix("\xF0\x9F\x98", true, 3);
    assert_prefix("a\xFF", false, 0);
    assert_prefix("a\xFF你", false, 0);
    assert_prefix("\xE5z", false, 0);
}

/* ---- walks ---- */

static void walk_meets_every_character_once(void **state)
{
    static const char text[] = "a\xC3\xA9\xFF你\xE4\xBD";
    static const struct {
        enum utf8_status status;
        uint32_t scalar;
        size_t at, length;
    } expected[] = {{UTF8_GOOD, 'a', 0, 1},
                    {UTF8_GOOD, 0xE9, 1, 2},
                    {UTF8_BAD, 0, 3, 1},
                    {UTF8_GOOD, 0x4F60, 4, 3},
                    {UTF8_CUT, 0, 7, 2}};
    const unsigned char *start = (const unsigned char *)text, *rest = start;
    size_t n = strlen(text);
    struct utf8_char next;

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(utf8_take(&rest, &n, &next));
        assert_int_equal(next.status, expected[i].status);
        if (next.status == UTF8_GOOD)
            assert_int_equal(next.scalar, expected[i].scalar);
        assert_ptr_equal(next.bytes, start + expected[i].at);
        assert_int_equal(next.length, expected[i].length);
        assert_ptr_equal(rest, next.bytes + next.length);
    }
    assert_int_equal(n, 0);
    assert_false(utf8_take(&rest, &n, &next));
}

/* ---- maximal subparts: the Unicode Standard, tables 3-8 to 3-11; WHATWG counts the same ---- */

/* `expected` has an 'x' for each U+FFFD. */
static void assert_subparts(const char *bytes, size_t n, const char *expected)
{
    const unsigned char *rest = (const unsigned char *)bytes;
    struct utf8_char next;
    char got[16];
    size_t count = 0;

    while (utf8_take(&rest, &n, &next))
        got[count++] = next.status == UTF8_GOOD ? (char)next.scalar : 'x';
    got[count] = '\0';
    assert_string_equal(got, expected);
}

#define SUBPARTS(bytes, expected) assert_subparts(bytes, sizeof bytes - 1, expected)

static void bad_bytes_fall_into_maximal_subparts(void **state)
{
    (void)state;
    SUBPARTS("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", "xxxxxxxxA");
    SUBPARTS("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", "xxxxxxxxA");
    SUBPARTS("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "xxxxxAxxB");
    SUBPARTS("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "xxxxA");
    SUBPARTS("\xF0\x9F\x98", "x");
    SUBPARTS("\xE4\xBD\n", "x\n");
    SUBPARTS("\xFC\x80\x80\x80\x80\x80", "xxxxxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_sequences_agree_with_the_table),
        cmocka_unit_test(edges_agree_with_the_table),
        cmocka_unit_test(longer_sequences_agree_with_the_table),
        cmocka_unit_test(every_scalar_round_trips),
        cmocka_unit_test(put_writes_the_shortest_form),
        cmocka_unit_test(span_ends_at_the_first_fault),
        cmocka_unit_test(span_ends_at_a_fault_in_long_text),
        cmocka_unit_test(good_text_goes_in_blocks_where_vectors_are_there),
        cmocka_unit_test(prefix_may_end_in_a_cut_character_only),
        cmocka_unit_test(walk_meets_every_character_once),
        cmocka_unit_test(bad_bytes_fall_into_maximal_subparts),
    };

    int failed = cmocka_run_group_tests_name("vectors", tests, NULL, NULL);

    vector_forbid(true);
    return failed + cmocka_run_group_tests_name("portable", tests, NULL, NULL);
}
