#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/safetext.h"
#include "text/utf8.h"

enum { ROOM = 1024 };

static void assert_safe(const char *line, const char *expected)
{
    char out[ROOM];

    safetext_line(out, sizeof out, line);
    assert_string_equal(out, expected);
}

static void visible_text_stays(void **state)
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
        0x200B,  0x200E,  0x200F,  0x061C,   0xFEFF, /* ZWSP, LRM, RLM, ALM, BOM */
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

static void bytes_that_are_no_text_are_named(void **state)
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

/* Nothing of a form is left when the whole of it does not fit. */
static void long_lines_are_cut_between_forms(void **state)
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
        char *out = malloc(cuts[i].size); /* so that a write behind it is seen */
        safetext_line(out, cuts[i].size, "a\x1B你\xFF\u202E");
        assert_string_equal(out, cuts[i].expected);
        free(out);
    }
}

static void what_is_safe_stays_as_it_is(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visible_text_stays),
        cmocka_unit_test(controls_become_visible),
        cmocka_unit_test(invisible_characters_are_named),
        cmocka_unit_test(bytes_that_are_no_text_are_named),
        cmocka_unit_test(long_lines_are_cut_between_forms),
        cmocka_unit_test(what_is_safe_stays_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
