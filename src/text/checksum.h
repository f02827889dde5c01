/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checksum: the checksums that devices put behind their messages, in one table.
 *
 * A CRC is the row of the catalogue of parametrised CRC algorithms (Greg Cook,
 * reveng.sourceforge.io) with its polynomial, its initial value, its order of bits and the mask of
 * its result. `sum8` and `sum16` add bytes; `lrc` is the two's complement of sum8 (Modbus over
 * serial line V1.02, 6.2.1); `xor8`, also named bcc, joins them by exclusive or. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum checksum_kind { CHECKSUM_CRC, CHECKSUM_SUM, CHECKSUM_NEGATED_SUM, CHECKSUM_XOR };

struct checksum {
    char name[16];
    enum checksum_kind kind;
    unsigned bits;    /* of the result: 8, 16 or 32 */
    bool low_first;   /* the usual order on a wire: the low byte first, or the high one */
    bool reflected;   /* a CRC takes the low bit of a byte first, and so gives its result */
    uint32_t poly;    /* the highest power left out */
    uint32_t initial; /* the same from both ends, as in all rows */
    uint32_t mask;    /* exclusive or with the result */
};

extern const struct checksum checksum_table[];
extern const size_t checksum_count;

/* The row with the name of n bytes; NULL: there is none. */
const struct checksum *checksum_find(const char *name, size_t n);

/* The result for n bytes. */
uint32_t checksum_of(const struct checksum *checksum, const void *bytes, size_t n);
