/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/gb18030.h"

#include <stddef.h>

#include "text/standard.h"

enum {
    BMP_END = 39420, /* the first sequence behind those of U+0080 to U+FFFF */
    BEYOND = 189000, /* the sequence of U+10000 */
    ODD = 7457,      /* a sequence outside of all runs */
    ODD_SCALAR = 0xE7C7,
};

/* The last run that does not begin behind `value`, by the one column or the other. */
static const struct standard_run *find_run(uint32_t value, bool by_scalar)
{
    size_t count, low = 0;
    const struct standard_run *runs = standard_runs(&count);

    while (count - low > 1) {
        size_t middle = (low + count) / 2;

        if ((by_scalar ? runs[middle].scalar : runs[middle].linear) <= value)
            low = middle;
        else
            count = middle;
    }
    return runs + low;
}

uint32_t gb18030_scalar(const unsigned char bytes[GB18030_FOUR])
{
    uint32_t lead = (bytes[0] - 0x81u) * 10 + bytes[1] - '0';
    uint32_t linear = (lead * 126 + bytes[2] - 0x81) * 10 + bytes[3] - '0';
    const struct standard_run *run;

    if (linear == ODD)
        return ODD_SCALAR;
    if (linear >= BEYOND)
        return linear - BEYOND <= 0xFFFFF ? linear - BEYOND + 0x10000 : 0;
    if (linear >= BMP_END)
        return 0;
    run = find_run(linear, false);
    return linear - run->linear + run->scalar;
}

void gb18030_put(uint32_t scalar, unsigned char out[GB18030_FOUR])
{
    uint32_t linear = ODD;

    if (scalar >= 0x10000) {
        linear = scalar - 0x10000 + BEYOND;
    } else if (scalar != ODD_SCALAR) {
        const struct standard_run *run = find_run(scalar, true);

        linear = scalar - run->scalar + run->linear;
    }
    out[3] = (unsigned char)('0' + linear % 10);
    out[2] = (unsigned char)(0x81 + linear / 10 % 126);
    out[1] = (unsigned char)('0' + linear / 1260 % 10);
    out[0] = (unsigned char)(0x81 + linear / 12600);
}
