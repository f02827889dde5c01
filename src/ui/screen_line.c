/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/screen_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

enum { MARGIN = 512 };

struct screen_line *screen_line_new(enum screen_line_kind kind, const char *text, size_t n)
{
    struct screen_line *line = malloc(sizeof *line + n);

    if (!line)
        return NULL;
    *line = (struct screen_line){.time = time(NULL), .kind = kind, .n = n};
    memcpy(line->text, text, n);
    return line;
}

static unsigned columns_of(const char *text)
{
    unsigned columns = 0;

    for (struct utf8_char next; *text; text += next.length) {
        next = utf8_next((const unsigned char *)text, strnlen(text, UTF8_MAX));
        columns += next.status == UTF8_GOOD ? width_of(next.scalar) : 1;
    }
    return columns;
}

unsigned screen_line_name_columns(const struct screen_line *line)
{
    return columns_of(line->name);
}

/* With 256 colours, tones with a contrast of 4:1 to black and to white. A name has the same colour
 * everywhere. */
static void color_of(const char *name, char color[16])
{
    static const unsigned char rich[] = {27, 28, 30, 64, 98, 130, 131, 133, 161, 164};
    static const unsigned char plain[] = {31, 32, 34, 35, 36};
    const char *term = getenv("TERM");
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    if (term && strstr(term, "256color"))
        snprintf(color, 16, "\033[38;5;%um", rich[hash % sizeof rich]);
    else
        snprintf(color, 16, "\033[%um", plain[hash % sizeof plain]);
}

static int put(struct buf *out, const char *text)
{
    return buf_append(out, text, strlen(text));
}

/* Returns how many columns it took. */
static unsigned put_time(const struct screen_line *line, const struct screen_style *style,
                         struct buf *out)
{
    char text[CLOCK_TEXT];

    if (!style->timestamps || buf_append(out, text, clock_text(text, line->time, true)) < 0)
        return 0;
    return (unsigned)strlen("00:00:00 ");
}

static void put_name(const char *name, const struct screen_style *style, struct buf *out)
{
    char color[16];

    if (!style->color) {
        put(out, name);
        return;
    }
    color_of(name, color);
    put(out, color);
    put(out, name);
    put(out, "\033[0m");
}

static int render_message(const struct screen_line *line, const struct screen_style *style,
                          unsigned columns, struct buf *out)
{
    unsigned time = put_time(line, style, out), own = columns_of(line->name);
    unsigned name = own > style->name_columns ? own : style->name_columns;
    char margin[MARGIN];
    struct safetext_layout layout = {
        .columns = columns,
        .taken = time + name + 2,
        .margin = margin,
        .margin_columns = time + name + 2,
    };

    put_name(line->name, style, out);
    snprintf(margin, sizeof margin, "%*s%s%s", (int)(name - own), "", style->bar,
             line->continues ? "+" : " ");
    put(out, margin);
    if (style->raw)
        return buf_append(out, line->text, line->n);
    snprintf(margin, sizeof margin, "%*s%s ", (int)(time + name), "", style->bar);
    return safetext_rows(&layout, line->text, line->n, out);
}

static int render_notice(const struct screen_line *line, const struct screen_style *style,
                         unsigned columns, struct buf *out)
{
    unsigned taken = put_time(line, style, out) + columns_of(style->mark) + 1;
    char margin[MARGIN];
    struct safetext_layout layout = {
        .columns = columns,
        .taken = taken,
        .margin = margin,
        .margin_columns = taken,
        .by_words = true,
    };

    snprintf(margin, sizeof margin, "%*s", (int)taken, "");
    if (style->color)
        put(out, "\033[2m");
    put(out, style->mark);
    put(out, " ");
    if (safetext_rows(&layout, line->text, line->n, out) < 0)
        return -1;
    return style->color ? put(out, "\033[0m") : 0;
}

static int render_plain(const struct screen_line *line, unsigned columns, struct buf *out)
{
    struct safetext_layout layout = {.columns = columns, .margin = "", .by_words = true};

    return safetext_rows(&layout, line->text, line->n, out);
}

int screen_line_render(const struct screen_line *line, const struct screen_style *style,
                       unsigned columns, struct buf *out)
{
    int failed = 0;

    switch (line->kind) {
    case LINE_MESSAGE: failed = render_message(line, style, columns, out); break;
    case LINE_NOTICE: failed = render_notice(line, style, columns, out); break;
    case LINE_PLAIN: failed = render_plain(line, columns, out); break;
    }
    return put(out, "\n") < 0 || failed ? -1 : 0;
}
