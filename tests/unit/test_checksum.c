/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "text/checksum.h"

/* The catalogue's check values: the results for the nine bytes "123456789". */
static const struct {
    const char *name;
    uint32_t check;
} known[] = {
    {"crc16-modbus", 0x4B37},
    {"crc16-arc", 0xBB3D},
    {"crc16-usb", 0xB4C8},
    {"crc16-ccitt", 0x29B1},
    {"crc16-xmodem", 0x31C3},
    {"crc16-kermit", 0x2189},
    {"crc16-x25", 0x906E},
    {"crc16-dnp", 0xEA82},
    {"crc32", 0xCBF43926},
    {"crc32c", 0xE3069283},
    {"crc32-mpeg2", 0x0376E6E7},
    {"crc8", 0xF4},
    {"crc8-maxim", 0xA1},
    {"sum8", 0xDD},
    {"sum16", 0x01DD},
    {"xor8", 0x31},
    {"bcc", 0x31},
    {"lrc", 0x23},
};

static const struct checksum *find(const char *name)
{
    const struct checksum *checksum = checksum_find(name, strlen(name));

    if (!checksum)
        fail_msg("there is no %s", name);
    return checksum;
}

static void every_checksum_gives_its_check_value(void **state)
{
    (void)state;
    assert_int_equal(checksum_count, sizeof known / sizeof *known);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (checksum_of(find(known[i].name), "123456789", 9) != known[i].check)
            fail_msg("%s: %X", known[i].name,
                     (unsigned)checksum_of(find(known[i].name), "123456789", 9));
}

/* Modbus over serial line, appendix B: 02 07 has the CRC 41 12, the low byte first. */
static void modbus_crc_is_that_of_its_specification(void **state)
{
    (void)state;
    assert_int_equal(checksum_of(find("crc16-modbus"), "\x02\x07", 2), 0x1241);
    assert_true(find("crc16-modbus")->low_first);
}

static void checksum_of_nothing_is_masked_initial_value(void **state)
{
    (void)state;
    assert_int_equal(checksum_of(find("crc32"), "", 0), 0);
    assert_int_equal(checksum_of(find("crc16-modbus"), "", 0), 0xFFFF);
    assert_int_equal(checksum_of(find("lrc"), "", 0), 0);
}

/* A message with its CRC behind it has one remainder, whatever the message: each byte counts. */
static void crc_of_a_message_with_its_crc_is_constant(void **state)
{
    struct dice dice = {20261130};
    unsigned char bytes[64 + 2];

    (void)state;
    for (int round = 0; round < 200; round++) {
        size_t n = dice_roll(&dice, 64);
        uint32_t crc;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)dice_roll(&dice, 256);
        crc = checksum_of(find("crc16-modbus"), bytes, n);
        bytes[n] = (unsigned char)crc;
        bytes[n + 1] = (unsigned char)(crc >> 8);
        assert_int_equal(checksum_of(find("crc16-modbus"), bytes, n + 2), 0);
    }
}

static void checksum_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_null(checksum_find("crc16", 5));
    assert_null(checksum_find("crc32-modbus", 12));
    assert_null(checksum_find("", 0));
    assert_string_equal(checksum_find("crc8-maximum", 10)->name, "crc8-maxim");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_checksum_gives_its_check_value),
        cmocka_unit_test(modbus_crc_is_that_of_its_specification),
        cmocka_unit_test(checksum_of_nothing_is_masked_initial_value),
        cmocka_unit_test(crc_of_a_message_with_its_crc_is_constant),
        cmocka_unit_test(checksum_is_found_by_its_whole_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
