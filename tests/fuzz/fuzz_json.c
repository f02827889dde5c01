/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An event as a line of JSON: the input is its kind and the text of its fields. A line has no LF
 * but the last, no control character and no quote that ends a string early. */
#include "fuzz.h"

#include <string.h>

#include "text/json.h"
#include "text/utf8.h"

enum { LONGEST = 1000 };

/* A string ends at a quote behind an even number of backslashes. */
static size_t skip_string(const unsigned char *line, size_t at, size_t n)
{
    for (at++; at < n && line[at] != '"'; at++)
        if (line[at] == '\\')
            at++;
    CLAIM(at < n);
    return at + 1;
}

/* Outside of strings are names, numbers and marks only, and the braces are those of one object. */
static void check_line(const unsigned char *line, size_t n)
{
    size_t depth = 0;

    CLAIM(n && line[n - 1] == '\n' && memchr(line, '\n', n) == line + n - 1);
    CLAIM(utf8_span(line, n) == n);
    for (size_t at = 0; at + 1 < n;) {
        CLAIM(line[at] >= ' ' && line[at] != 0x7F);
        depth += line[at] == '{';
        depth -= line[at] == '}';
        CLAIM(depth == 1 || (at + 2 == n && !depth));
        CLAIM(strchr("{}:,-0123456789true\"", line[at]));
        at = line[at] == '"' ? skip_string(line, at, n) : at + 1;
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n)
{
    const struct timespec at = {1, 2};
    char text[LONGEST + 1] = "";
    struct event event = {.text = text, .peer = text, .name = text, .why = text, .encoding = text};
    struct buf line;

    if (n < 1 || n > LONGEST)
        return 0;
    memcpy(text, bytes + 1, n - 1);
    event.kind = bytes[0] % EVENT_KINDS;
    event.text_n = n - 1;
    event.replaced = bytes[0] & 1;
    buf_init(&line, 1 << 20);
    CLAIM(json_line(&event, &at, &line) == 0);
    check_line(buf_bytes(&line), buf_length(&line));
    buf_fini(&line);
    return 0;
}
