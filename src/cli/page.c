/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/page.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "base/language.h"
#include "cli/local_text.h"
#include "text/rows.h"
#include "text/width.h"

enum {
    WIDTH = 79,
    NARROW = 60,        /* columns that are too few for two columns */
    NARROW_MARGIN = 6,  /* of a text below its head */
    NUMBER = 3,         /* columns of "1. " */
    ROOM = 1024 * 1024, /* bytes of a page */
};

static struct {
    struct buf text;
    unsigned width;
    bool failed; /* memory is short */
} page;

void page_begin(void)
{
    struct winsize size;

    buf_fini(&page.text);
    buf_init(&page.text, ROOM);
    page.width = WIDTH;
    page.failed = false;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_col < WIDTH)
        page.width = size.ws_col;
}

static void put(const char *text, size_t n)
{
    page.failed |= buf_append(&page.text, text, n) < 0;
}

/* A terminal of another charset may draw the same character wider. */
static void put_rows(const char *text, size_t n, unsigned taken, unsigned margin)
{
    char blanks[WIDTH];
    struct rows_layout layout = {.columns = page.width,
                                 .taken = taken,
                                 .margin = blanks,
                                 .margin_columns = margin,
                                 .by_words = true};

    snprintf(blanks, sizeof blanks, "%*s", (int)margin, "");
    width_follow(local_text_charset());
    page.failed |= rows_put(&layout, (const unsigned char *)text, n, &page.text) < 0;
    width_follow(NULL);
}

void page_line(const char *line)
{
    put(line, strlen(line));
    put("\n", 1);
}

static bool is_numbered(const char *text)
{
    return ascii_is_digit(text[0]) && text[1] == '.' && text[2] == ' ';
}

void page_text(const char *text)
{
    for (const char *end; *text; text = end) {
        end = strchrnul(text, '\n');
        put_rows(text, (size_t)(end - text), 0, is_numbered(text) ? NUMBER : 0);
        put("\n", 1);
        end += *end == '\n';
    }
}

void page_row(const char *head, unsigned column, const char *text)
{
    unsigned taken = (unsigned)strlen(head);
    bool is_below = page.width < NARROW || taken + 1 >= column;
    char blanks[WIDTH];

    if (page.width < NARROW)
        column = NARROW_MARGIN;
    snprintf(blanks, sizeof blanks, "%*s", (int)(is_below ? column : column - taken), "");
    put(head, taken);
    if (*text) {
        put("\n", is_below);
        put(blanks, strlen(blanks));
        put_rows(text, strlen(text), column, column);
    }
    put("\n", 1);
}

int page_end(void)
{
    size_t n = buf_length(&page.text);
    struct buf room;
    const char *local = local_text_of((const char *)buf_bytes(&page.text), &n, &room);

    fwrite(local, 1, n, stdout);
    buf_fini(&room);
    buf_fini(&page.text);
    if (page.failed)
        event_say_error("standard output: out of memory");
    else if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    else
        event_say_error("standard output: %s", err_reason(errno));
    return 5;
}
