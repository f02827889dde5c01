/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hexdump.h"

static void assert_formats(const struct tap_piece *piece, const char *text)
{
    char *room = test_malloc(hexdump_form.size(piece));
    size_t n = hexdump_form.format(piece, room);

    assert_true(n <= hexdump_form.size(piece));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(room, text, n);
    test_free(room);
}

static struct tap_piece piece_of(const struct iovec *iov, size_t n)
{
    return (struct tap_piece){.way = STREAM_IN,
                              .label = "127.0.0.1:53122",
                              .time = {.tv_sec = 1795545400, .tv_nsec = 123456789},
                              .iov = iov,
                              .n = n};
}

static void rows_equal_hexdump_C(void **state)
{
    struct iovec iov = {(void *)"\0\x01 hello from \xe4\xbd\xa0\n\x7f~|", 21};
    struct tap_piece piece = piece_of(&iov, iov.iov_len);

    (void)state;
    assert_formats(
        &piece, "2026-11-24 18:36:40.123456 < 127.0.0.1:53122 21 bytes\n"
                "00000000  00 01 20 68 65 6c 6c 6f  20 66 72 6f 6d 20 e4 bd  |.. hello from ..|\n"
                "00000010  a0 0a 7f 7e 7c                                    |...~||\n");
}

static void rows_join_pieces(void **state)
{
    struct iovec iov[] = {{(void *)"abc", 3}, {(void *)"", 0}, {(void *)"defghijklmnopqrs", 16}};
    struct tap_piece piece = piece_of(iov, 17);

    (void)state;
    piece.way = STREAM_OUT;
    piece.offset = 0xFFFFFFF8;
    assert_formats(
        &piece, "2026-11-24 18:36:40.123456 > 127.0.0.1:53122 17 bytes\n"
                "fffffff8  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|\n"
                "100000008  71                                                |q|\n");
}

static void every_byte_has_its_two_digits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        unsigned char byte = (unsigned char)i;
        struct iovec iov = {&byte, 1};
        struct tap_piece piece = piece_of(&iov, 1);
        char expected[200];

        snprintf(expected, sizeof expected,
                 "2026-11-24 18:36:40.123456 < 127.0.0.1:53122 1 byte\n"
                 "00000000  %02x%48s|%c|\n",
                 i, "", i >= 0x20 && i < 0x7F ? (int)i : '.');
        assert_formats(&piece, expected);
    }
}

static void labels_are_made_safe(void **state)
{
    struct iovec iov = {(void *)"8 bytes.", 8};
    struct tap_piece piece = piece_of(&iov, iov.iov_len);

    (void)state;
    piece.label = "unix:/tmp/a\n\033[2J";
    piece.n = 1;
    assert_formats(&piece, "2026-11-24 18:36:40.123456 < unix:/tmp/a^J^[[2J 1 byte\n"
                           "00000000  38                                                |8|\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_equal_hexdump_C),
        cmocka_unit_test(rows_join_pieces),
        cmocka_unit_test(every_byte_has_its_two_digits),
        cmocka_unit_test(labels_are_made_safe),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
