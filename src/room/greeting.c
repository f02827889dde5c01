/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/greeting.h"

#include <string.h>

#include "base/ascii.h"

enum { DIGITS = 10 /* of a number, at most */ };

static enum greeting match_number(const char *text, size_t n, const char *tail, enum greeting whole)
{
    size_t digits = 0, length = strlen(tail);

    while (digits < n && digits < DIGITS && ascii_is_digit(text[digits]))
        digits++;
    if (digits == n)
        return GREETING_BEGINS;
    text += digits;
    n -= digits;
    if (!digits || n > length || memcmp(text, tail, n) != 0)
        return GREETING_NONE;
    return n == length ? whole : GREETING_BEGINS;
}

/* The line is `head`, a number and `tail`. */
static enum greeting match(const char *text, size_t n, const char *head, const char *tail,
                           enum greeting whole)
{
    size_t length = strlen(head);

    if (!n || memcmp(text, head, n < length ? n : length) != 0)
        return GREETING_NONE;
    return n <= length ? GREETING_BEGINS : match_number(text + length, n - length, tail, whole);
}

enum greeting greeting_of(const void *line, size_t n)
{
    enum greeting as = match(line, n, GREETING_HEAD GREETING_NAME, GREETING_TAIL, GREETING_WELCOME);

    return as != GREETING_NONE
               ? as
               : match(line, n, GREETING_QUEUE_HEAD, GREETING_QUEUE_TAIL, GREETING_QUEUED);
}
