/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "base/buf.h"
#include "text/line_end.h"

/* Appends the runs of a push, and returns the number of dropped bytes. */
static size_t push(bool *held, const char *bytes, size_t n, bool last, struct buf *out)
{
    struct line_end_input input = {(const unsigned char *)bytes, n, last};
    struct line_end_run run;
    size_t dropped = 0, lasts = 0;

    while (line_end_next(held, &input, &run)) {
        assert_int_equal(buf_append(out, run.bytes, run.n), 0);
        assert_false(lasts);
        dropped += run.dropped;
        lasts += run.last;
    }
    assert_int_equal(lasts, last);
    return dropped;
}

static void assert_without_cr(const char *in, const char *expected)
{
    size_t n = strlen(in);

    for (size_t cut = 0; cut <= n; cut++)
        for (size_t second = cut; second <= n; second++) {
            bool held = false;
            size_t dropped;
            struct buf out;

            buf_init(&out, 1000);
            dropped = push(&held, in, cut, false, &out);
            dropped += push(&held, in + cut, second - cut, false, &out);
            dropped += push(&held, in + second, n - second, true, &out);
            assert_false(held);
            assert_int_equal(buf_length(&out), strlen(expected));
            assert_memory_equal(buf_bytes(&out), expected, strlen(expected));
            assert_int_equal(dropped, n - strlen(expected));
            buf_fini(&out);
        }
}

static void cr_goes_in_front_of_an_lf_alone(void **state)
{
    (void)state;
    assert_without_cr("a", "a");
    assert_without_cr("a\r\nb\n", "a\nb\n");
    assert_without_cr("\r\r\n\r\n\n\ra\r", "\r\n\n\n\ra\r");
    assert_without_cr("\r\n", "\n");
    assert_without_cr("\r", "\r");
    assert_without_cr("\r\r\r\n\r", "\r\r\n\r");
}

static void cr_waits_for_the_byte_behind_it(void **state)
{
    bool held = false;
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    assert_int_equal(push(&held, "AT\r", 3, false, &out), 0);
    assert_int_equal(buf_length(&out), 2);
    assert_true(held);
    assert_int_equal(push(&held, "", 0, false, &out), 0);
    assert_true(held);
    assert_int_equal(push(&held, "x", 1, false, &out), 0);
    assert_memory_equal(buf_bytes(&out), "AT\rx", 4);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cr_goes_in_front_of_an_lf_alone),
        cmocka_unit_test(cr_waits_for_the_byte_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
