/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/line_end.h"

#include <string.h>

/* The first CR that an LF may follow. */
static const unsigned char *find_cr(const struct line_end_input *input)
{
    const unsigned char *at = input->bytes, *end = at + input->n;

    while (at < end && (at = memchr(at, '\r', (size_t)(end - at)))) {
        if (at + 1 == end ? !input->last : at[1] == '\n')
            return at;
        at++;
    }
    return NULL;
}

/* The CR that waited is text, or goes with the LF behind it. */
static void release_cr(const struct line_end_input *input, struct line_end_run *run)
{
    static const unsigned char cr[] = "\r";
    bool goes = input->n && *input->bytes == '\n';

    *run = (struct line_end_run){.bytes = cr, .n = !goes, .dropped = goes};
}

bool line_end_next(bool *held, struct line_end_input *input, struct line_end_run *run)
{
    const unsigned char *cr;

    if (!input->n && !input->last)
        return false;
    if (*held) {
        *held = false;
        release_cr(input, run);
        return true;
    }
    cr = find_cr(input);
    *run = (struct line_end_run){.bytes = input->bytes,
                                 .n = cr ? (size_t)(cr - input->bytes) : input->n,
                                 .last = !cr && input->last};
    *held = cr && run->n + 1 == input->n;
    run->dropped = cr && !*held;
    input->bytes += run->n + (cr != NULL);
    input->n -= run->n + (cr != NULL);
    input->last &= cr != NULL;
    return true;
}
