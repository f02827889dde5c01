/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "base/base64.h"

enum { LONGEST = 40 };

/* The vectors of RFC 4648, section 10. */
static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"f"
     "o",
     "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void bytes_are_written_as_the_rfc_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char text[LONGEST];
        struct base64 base64 = {0};
        size_t n = strlen(vectors[i][0]);

        *base64_end(&base64, base64_put(&base64, vectors[i][0], n, text)) = '\0';
        assert_string_equal(text, vectors[i][1]);
        assert_int_equal(strlen(text), base64_length(n));
    }
}

static void all_bytes_come_back_however_they_are_cut(void **state)
{
    struct dice dice = {1601};

    (void)state;
    for (int round = 0; round < 10000; round++) {
        unsigned char bytes[LONGEST];
        char text[2 * LONGEST], *end = text;
        size_t n = dice_roll(&dice, LONGEST + 1), length, done = 0;
        struct base64 base64 = {0};

        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)dice_roll(&dice, 256);
        while (done < n) {
            size_t some = 1 + dice_roll(&dice, (uint32_t)(n - done));

            end = base64_put(&base64, bytes + done, some, end);
            done += some;
        }
        end = base64_end(&base64, end);
        assert_int_equal(end - text, base64_length(n));
        assert_int_equal(base64_read(text, (size_t)(end - text), &length), 0);
        assert_int_equal(length, n);
        assert_memory_equal(text, bytes, n);
    }
}

static void wrong_letters_are_found(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } wrong[] = {{"Zg=", 3},  {"Z", 1},    {"Zg==Zg==", 2}, {"Z===", 1},
                 {"====", 0}, {"Zh==", 1}, {"Zm9=", 2},     {"Zm9v!AAA", 4},
                 {"Z=9v", 1}, {"Zg=A", 3}, {"Zg==\n", 2},   {"Zm-v", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[LONGEST];
        size_t at;

        strcpy(text, wrong[i].text);
        assert_int_equal(base64_read(text, strlen(text), &at), -1);
        assert_int_equal(at, wrong[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_written_as_the_rfc_has_them),
        cmocka_unit_test(all_bytes_come_back_however_they_are_cut),
        cmocka_unit_test(wrong_letters_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
