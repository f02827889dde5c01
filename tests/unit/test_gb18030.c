/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "text/gb18030.h"

/* U+E7C7 stands outside of all ranges of the standard. */
static const struct {
    const char *bytes;
    uint32_t scalar;
} known[] = {
    {"\x81\x30\x81\x30", 0x80},    {"\x81\x30\x81\x34", 0x84},    {"\x81\x30\x84\x36", 0xA5},
    {"\x81\x30\x84\x38", 0xA9},    {"\x81\x30\x89\x31", 0xD8},    {"\x81\x30\x9E\x33", 0x1C1},
    {"\x81\x35\xCE\x32", 0x1CBE},  {"\x81\x35\xF4\x37", 0xE7C7},  {"\x81\x36\xA7\x31", 0x202E},
    {"\x81\x38\xFD\x39", 0x2E82},  {"\x84\x30\x85\x35", 0xF92D},  {"\x84\x31\xA4\x37", 0xFFFD},
    {"\x84\x31\xA4\x39", 0xFFFF},  {"\x90\x30\x81\x30", 0x10000}, {"\x94\x39\xFC\x36", 0x1F600},
    {"\x95\x32\x82\x36", 0x20000}, {"\xD3\x36\x9C\x33", 0xE0041}, {"\xE3\x32\x9A\x35", 0x10FFFF},
};

static const unsigned char *bytes_of(const char *text)
{
    return (const unsigned char *)text;
}

static void known_sequences_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        unsigned char out[GB18030_FOUR];

        assert_int_equal(gb18030_scalar(bytes_of(known[i].bytes)), known[i].scalar);
        gb18030_put(known[i].scalar, out);
        assert_memory_equal(out, known[i].bytes, GB18030_FOUR);
    }
}

/* Between the BMP and the other planes, and behind the last one. */
static void other_sequences_are_no_characters(void **state)
{
    static const char *const none[] = {"\x84\x31\xA5\x30", "\x85\x30\x81\x30", "\x8F\x39\xFE\x39",
                                       "\xE3\x32\x9A\x36", "\xFE\x39\xFE\x39"};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(gb18030_scalar(bytes_of(none[i])), 0);
}

/* The next sequence in their order; -1 behind the last. */
static int count_on(unsigned char bytes[GB18030_FOUR])
{
    if (++bytes[3] <= '9')
        return 0;
    bytes[3] = '0';
    if (++bytes[2] <= 0xFE)
        return 0;
    bytes[2] = 0x81;
    if (++bytes[1] <= '9')
        return 0;
    bytes[1] = '0';
    return ++bytes[0] == 0xFF ? -1 : 0;
}

/* All 1 587 600 of them: each that is a character is written as itself, no character comes twice,
 * and 39 420 and 1 048 576 of them are characters. */
static void each_sequence_is_one_character(void **state)
{
    static unsigned char is_seen[0x110000];
    unsigned char bytes[GB18030_FOUR] = {0x81, '0', 0x81, '0'}, out[GB18030_FOUR];
    size_t low = 0, high = 0;

    (void)state;
    do {
        uint32_t scalar = gb18030_scalar(bytes);

        if (!scalar)
            continue;
        assert_true(scalar >= 0x80 && scalar < 0x110000);
        assert_true(scalar < 0xD800 || scalar > 0xDFFF);
        assert_false(is_seen[scalar]++);
        gb18030_put(scalar, out);
        if (memcmp(out, bytes, GB18030_FOUR))
            fail_msg("U+%04X does not come back", scalar);
        *(scalar < 0x10000 ? &low : &high) += 1;
    } while (count_on(bytes) == 0);
    assert_int_equal(low, 39420);
    assert_int_equal(high, 0x100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sequences_are_read_and_written),
        cmocka_unit_test(other_sequences_are_no_characters),
        cmocka_unit_test(each_sequence_is_one_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
