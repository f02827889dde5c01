/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/duration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"

enum { PARTS = 1000000000 /* in which a fraction is counted */ };

static const uint64_t most = UINT64_C(876600) * 3600 * 1000000; /* us of a hundred years */

static const struct {
    const char *name;
    uint64_t us;
} units[] = {{"", 1000000}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}};

/* Takes a decimal number off, and returns the rest; NULL: there is none. A whole part that is too
 * large stays so. */
static const char *take_number(const char *at, const char *end, uint64_t *whole, uint64_t *parts)
{
    uint64_t weight = PARTS;
    bool any = false;

    *whole = *parts = 0;
    for (; at < end && ascii_is_digit(*at); at++, any = true)
        if (*whole <= most)
            *whole = 10 * *whole + (uint64_t)(*at - '0');
    if (at < end && *at == '.')
        for (at++; at < end && ascii_is_digit(*at); at++, any = true)
            *parts += (weight /= 10) * (uint64_t)(*at - '0');
    return any ? at : NULL;
}

int duration_parse(const char *text, size_t n, uint64_t *us)
{
    const char *end = text + n;
    uint64_t whole, parts, unit = 0;

    text = take_number(text, end, &whole, &parts);
    for (size_t i = 0; text && i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == (size_t)(end - text) &&
            !memcmp(units[i].name, text, (size_t)(end - text)))
            unit = units[i].us;
    if (!unit || whole > most / unit)
        return -1;
    *us = whole * unit + (unit * parts + PARTS - 1) / PARTS;
    return *us <= most ? 0 : -1;
}

void duration_write(uint64_t us, char text[DURATION_TEXT])
{
    static const struct {
        const char *form;
        uint64_t us;
    } forms[] = {{N_("%.15g h"), 3600000000},
                 {N_("%.15g min"), 60000000},
                 {N_("%.15g s"), 1000000},
                 {N_("%.15g ms"), 1000}};
    size_t i = 0, last = sizeof forms / sizeof *forms - 1;

    while (i < last && us % forms[i].us)
        i++;
    snprintf(text, DURATION_TEXT, language_text(forms[i].form), (double)us / (double)forms[i].us);
}
