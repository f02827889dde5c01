/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/screen_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"
#include "ui/view.h"

enum { MARGIN = 512 };

static struct screen_line *allocate(enum screen_line_kind kind, size_t n)
{
    struct screen_line *line = malloc(sizeof *line + n);
    struct timespec now;

    if (!line)
        return NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    *line = (struct screen_line){
        .time = now.tv_sec, .ms = (unsigned)(now.tv_nsec / 1000000), .kind = kind, .n = n};
    return line;
}

struct screen_line *screen_line_new(enum screen_line_kind kind, const char *text, size_t n)
{
    struct screen_line *line = allocate(kind, n);

    if (line)
        memcpy(line->text, text, n);
    return line;
}

struct screen_line *screen_line_seen(enum view view, const char *text, size_t n,
                                     const struct view_wire *wire)
{
    struct screen_line *line = allocate(LINE_SEEN, n + (wire->bytes ? wire->n : 0));

    if (!line)
        return NULL;
    line->view = view;
    line->wire = *wire;
    line->text_n = n;
    memcpy(line->text, text, n);
    if (wire->bytes)
        line->wire.bytes = memcpy(line->text + n, wire->bytes, wire->n);
    return line;
}

unsigned screen_line_columns(const char *text)
{
    unsigned columns = 0;

    for (struct utf8_char next; *text; text += next.length) {
        next = utf8_next((const unsigned char *)text, strnlen(text, UTF8_MAX));
        columns += next.status == UTF8_GOOD ? width_of(next.scalar) : 1;
    }
    return columns;
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

/* A colour begins, or all end. */
static void put_color(const struct screen_style *style, unsigned char color, struct buf *out)
{
    char sequence[COLOR_SEQUENCE];

    if (!style->colors)
        return;
    colors_sequence(style->colors, color, sequence);
    put(out, color == COLOR_DEFAULT ? "\033[0m" : sequence);
}

static void put_name(const struct screen_line *line, const struct screen_style *style,
                     struct buf *out)
{
    bool is_colored = line->color != COLOR_DEFAULT && !line->waits;

    if (is_colored)
        put_color(style, line->color, out);
    put(out, line->name);
    if (is_colored)
        put_color(style, COLOR_DEFAULT, out);
}

/* Returns how many columns it takes. */
static unsigned put_mark(const struct screen_line *line, const struct screen_style *style,
                         struct buf *out)
{
    const char *wait = line->waits ? style->wait : "";
    const char *mark = line->waits && line->mark == MARK_NONE ? "" : style->marks[line->mark];

    put(out, wait);
    put(out, mark);
    return screen_line_columns(wait) + screen_line_columns(mark);
}

static int put_text(const struct screen_line *line, const struct screen_style *style,
                    const struct rows_layout *layout, struct buf *out)
{
    if (style->raw)
        return buf_append(out, line->text, line->n);
    return safetext_rows(layout, line->text, line->n, out);
}

static int render_message(const struct screen_line *line, const struct screen_style *style,
                          unsigned columns, struct buf *out)
{
    unsigned time = put_time(line, style, out), own = screen_line_columns(line->name);
    unsigned name = own > style->name_columns ? own : style->name_columns;
    char margin[MARGIN];
    struct rows_layout layout = {
        .columns = columns, .margin = margin, .margin_columns = time + name + 2};
    int failed;

    if (line->waits)
        put_color(style, COLOR_DIM, out);
    put_name(line, style, out);
    snprintf(margin, sizeof margin, "%*s%s", (int)(name - own), "", style->bar);
    put(out, margin);
    layout.taken = time + name + 1 + put_mark(line, style, out);
    snprintf(margin, sizeof margin, "%*s%s ", (int)(time + name), "", style->bar);
    failed = put_text(line, style, &layout, out);
    if (line->waits)
        put_color(style, COLOR_DEFAULT, out);
    return failed;
}

static void sequences_of(const struct screen_style *style, char dim[COLOR_SEQUENCE],
                         char plain[COLOR_SEQUENCE])
{
    *dim = *plain = '\0';
    if (!style->colors)
        return;
    colors_sequence(style->colors, COLOR_DIM, dim);
    strcpy(plain, "\033[0m");
}

/* A view has its own time, to the millisecond. */
static int render_seen(const struct screen_line *line, const struct screen_style *style,
                       unsigned columns, struct buf *out)
{
    unsigned time = put_time(line, style, out), own = screen_line_columns(line->name);
    unsigned name = own > style->name_columns ? own : style->name_columns;
    char edge[MARGIN], dim[COLOR_SEQUENCE], plain[COLOR_SEQUENCE], at[CLOCK_TEXT + 8];
    size_t length = clock_text(at, line->time, true);
    struct view_message message = {.view = line->view,
                                   .time = at,
                                   .text = line->text,
                                   .text_n = line->text_n,
                                   .wire = line->wire,
                                   .mark = style->marks[line->mark]};
    struct view_style how = {.columns = columns,
                             .edge = edge,
                             .edge_columns = time + name + screen_line_columns(style->bar),
                             .bar = style->bar,
                             .dot = style->dot,
                             .dim = dim,
                             .plain = plain,
                             .has_pictures = style->has_pictures};

    sequences_of(style, dim, plain);
    snprintf(at + length - 1, sizeof at - length + 1, ".%03u", line->ms);
    put_name(line, style, out);
    snprintf(edge, sizeof edge, "%*s%s", (int)(name - own), "", style->bar);
    put(out, edge);
    snprintf(edge, sizeof edge, "%*s%s", (int)(time + name), "", style->bar);
    return view_render(&message, &how, out);
}

static int render_notice(const struct screen_line *line, const struct screen_style *style,
                         unsigned columns, struct buf *out)
{
    unsigned taken = put_time(line, style, out) + screen_line_columns(style->mark) + 1;
    char margin[MARGIN];
    struct rows_layout layout = {
        .columns = columns,
        .taken = taken,
        .margin = margin,
        .margin_columns = taken,
        .by_words = true,
    };

    snprintf(margin, sizeof margin, "%*s", (int)taken, "");
    put_color(style, COLOR_DIM, out);
    put(out, style->mark);
    put(out, " ");
    if (safetext_rows(&layout, line->text, line->n, out) < 0)
        return -1;
    put_color(style, COLOR_DEFAULT, out);
    return 0;
}

static int render_plain(const struct screen_line *line, unsigned columns, struct buf *out)
{
    struct rows_layout layout = {.columns = columns, .margin = "", .by_words = true};

    return safetext_rows(&layout, line->text, line->n, out);
}

int screen_line_render(const struct screen_line *line, const struct screen_style *style,
                       unsigned columns, struct buf *out)
{
    int failed = 0;

    switch (line->kind) {
    case LINE_MESSAGE: failed = render_message(line, style, columns, out); break;
    case LINE_SEEN: failed = render_seen(line, style, columns, out); break;
    case LINE_NOTICE: failed = render_notice(line, style, columns, out); break;
    case LINE_PLAIN: failed = render_plain(line, columns, out); break;
    }
    return put(out, "\n") < 0 || failed ? -1 : 0;
}
