/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/checksum.h"

#include <string.h>

/* clang-format off */
const struct checksum checksum_table[] = {
    {"crc16-modbus", CHECKSUM_CRC, 16, true,  true,  0x8005, 0xFFFF, 0x0000},
    {"crc16-arc",    CHECKSUM_CRC, 16, true,  true,  0x8005, 0x0000, 0x0000},
    {"crc16-usb",    CHECKSUM_CRC, 16, true,  true,  0x8005, 0xFFFF, 0xFFFF},
    {"crc16-ccitt",  CHECKSUM_CRC, 16, false, false, 0x1021, 0xFFFF, 0x0000},
    {"crc16-xmodem", CHECKSUM_CRC, 16, false, false, 0x1021, 0x0000, 0x0000},
    {"crc16-kermit", CHECKSUM_CRC, 16, true,  true,  0x1021, 0x0000, 0x0000},
    {"crc16-x25",    CHECKSUM_CRC, 16, true,  true,  0x1021, 0xFFFF, 0xFFFF},
    {"crc16-dnp",    CHECKSUM_CRC, 16, true,  true,  0x3D65, 0x0000, 0xFFFF},
    {"crc32",        CHECKSUM_CRC, 32, true,  true,  0x04C11DB7, 0xFFFFFFFF, 0xFFFFFFFF},
    {"crc32c",       CHECKSUM_CRC, 32, true,  true,  0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF},
    {"crc32-mpeg2",  CHECKSUM_CRC, 32, false, false, 0x04C11DB7, 0xFFFFFFFF, 0x00000000},
    {"crc8",         CHECKSUM_CRC, 8,  false, false, 0x07, 0x00, 0x00},
    {"crc8-maxim",   CHECKSUM_CRC, 8,  true,  true,  0x31, 0x00, 0x00},
    {"sum8",         CHECKSUM_SUM, 8,  false, false, 0, 0, 0},
    {"sum16",        CHECKSUM_SUM, 16, false, false, 0, 0, 0},
    {"xor8",         CHECKSUM_XOR, 8,  false, false, 0, 0, 0},
    {"bcc",          CHECKSUM_XOR, 8,  false, false, 0, 0, 0},
    {"lrc",          CHECKSUM_NEGATED_SUM, 8, false, false, 0, 0, 0},
};
/* clang-format on */

const size_t checksum_count = sizeof checksum_table / sizeof *checksum_table;

const struct checksum *checksum_find(const char *name, size_t n)
{
    for (size_t i = 0; i < checksum_count; i++)
        if (strlen(checksum_table[i].name) == n && !memcmp(checksum_table[i].name, name, n))
            return &checksum_table[i];
    return NULL;
}

static uint32_t all_bits(unsigned bits)
{
    return UINT32_MAX >> (32 - bits);
}

static uint32_t reverse(uint32_t value, unsigned bits)
{
    uint32_t reversed = 0;

    for (unsigned i = 0; i < bits; i++)
        reversed |= (value >> i & 1) << (bits - 1 - i);
    return reversed;
}

/* Bit by bit: a message of a device is short, and a table of 256 entries for each row is not. */
static uint32_t crc_high_first(const struct checksum *crc, const unsigned char *bytes, size_t n)
{
    uint32_t top = UINT32_C(1) << (crc->bits - 1), value = crc->initial;

    for (size_t i = 0; i < n; i++) {
        value ^= (uint32_t)bytes[i] << (crc->bits - 8);
        for (int bit = 0; bit < 8; bit++)
            value = (value & top) ? value << 1 ^ crc->poly : value << 1;
    }
    return value;
}

static uint32_t crc_low_first(const struct checksum *crc, const unsigned char *bytes, size_t n)
{
    uint32_t poly = reverse(crc->poly, crc->bits), value = crc->initial;

    for (size_t i = 0; i < n; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ poly : value >> 1;
    }
    return value;
}

uint32_t checksum_of(const struct checksum *checksum, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    uint32_t value = 0;

    if (checksum->kind == CHECKSUM_CRC)
        value = (checksum->reflected ? crc_low_first : crc_high_first)(checksum, at, n);
    for (size_t i = 0; i < n && checksum->kind != CHECKSUM_CRC; i++)
        value = checksum->kind == CHECKSUM_XOR ? value ^ at[i] : value + at[i];
    if (checksum->kind == CHECKSUM_NEGATED_SUM)
        value = 0 - value;
    return (value ^ checksum->mask) & all_bits(checksum->bits);
}
