/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/duration.h"

#include <stdbool.h>
#include <string.h>

#include "base/ascii.h"

enum { DIGITS = 9, DECIMALS = 6 };

static const struct {
    const char *name;
    uint64_t us;
} units[] = {{"", 1000000}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}};

/* Takes digits off; at most `most`, and one at least. */
static bool take_digits(const char **text, size_t *n, size_t most, uint64_t *number, size_t *count)
{
    for (*number = 0, *count = 0; *n && ascii_is_digit(**text) && *count < most; (*count)++) {
        *number = 10 * *number + (uint64_t)(**text - '0');
        (*text)++;
        (*n)--;
    }
    return *count && !(*n && ascii_is_digit(**text));
}

int duration_parse(const char *text, size_t n, uint64_t *us)
{
    const uint64_t year = UINT64_C(366) * 24 * 3600 * 1000000;
    uint64_t whole, part = 0, scale = 1, unit = 0;
    size_t count;

    if (!take_digits(&text, &n, DIGITS, &whole, &count))
        return -1;
    if (n && *text == '.') {
        text++, n--;
        if (!take_digits(&text, &n, DECIMALS, &part, &count))
            return -1;
        while (count--)
            scale *= 10;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && !memcmp(units[i].name, text, n))
            unit = units[i].us;
    if (!unit || unit * part % scale || whole > year / unit)
        return -1;
    *us = whole * unit + unit * part / scale;
    return 0;
}
