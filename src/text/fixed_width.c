/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/fixed_width.h"

#include <string.h>

#include "base/ascii.h"

/* None of the names begins another one. */
static const struct {
    const char *name;
    struct fixed_width form;
} rows[] = {
    {"u8", {1, false}},    {"u16be", {2, false}}, {"u16le", {2, true}},
    {"u32be", {4, false}}, {"u32le", {4, true}},
};

size_t fixed_width_find(const char *text, size_t n, struct fixed_width *form)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen(rows[i].name);

        if (length > n || memcmp(text, rows[i].name, length))
            continue;
        *form = rows[i].form;
        return length;
    }
    *form = (struct fixed_width){0};
    return 0;
}

bool fixed_width_read_more(const char *text, size_t n, int *more)
{
    char digits[sizeof "65536"] = "";

    *more = 0;
    if (!n)
        return true;
    if (n > sizeof digits || (*text != '+' && *text != '-'))
        return false;
    memcpy(digits, text + 1, n - 1);
    *more = ascii_number(digits, sizeof digits - 1);
    if (*more < 0 || *more > FIXED_WIDTH_MORE)
        return false;
    *more = *text == '-' ? -*more : *more;
    return true;
}
