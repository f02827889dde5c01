/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/fixed_width.h"

#include <string.h>

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
