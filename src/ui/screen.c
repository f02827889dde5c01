/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "text/encoder.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "text/width.h"

enum {
    TICK_MS = 20,         /* between two drawings */
    DRAW_MAX = 64 * 1024, /* bytes of one drawing, and a line more */
    HELD_MS = 200,        /* a terminal that takes nothing for so long is not waited for */
    NAME_SHOWN = 256,     /* bytes of a name made safe */
    HEAD = 512,
    SENTENCE = 8192,
};

struct screen_line {
    struct screen_line *next;
    time_t time;
    enum { LINE_MESSAGE, LINE_NOTICE, LINE_PLAIN } kind;
    bool continues, is_aside;
    char name[NAME_SHOWN];
    size_t n;
    char text[];
};

/* ---- one line ---- */

static unsigned columns_of(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t n = strlen(text);
    unsigned columns = 0;

    while (n) {
        struct utf8_char next = utf8_next(bytes, n);

        columns += next.status == UTF8_GOOD ? width_of(next.scalar) : 1;
        bytes += next.length;
        n -= next.length;
    }
    return columns;
}

/* Where there is a choice, tones with a contrast of 4:1 to black and to white. The same name has
 * the same one everywhere. */
static void color_of(const char *name, char color[16])
{
    static const unsigned char rich[] = {27, 28, 30, 64, 98, 130, 131, 133, 161, 164};
    static const unsigned char plain[] = {31, 32, 34, 35, 36};
    const char *term = getenv("TERM");
    bool is_rich = term && strstr(term, "256color");
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    if (is_rich)
        snprintf(color, 16, "\033[38;5;%um", rich[hash % sizeof rich]);
    else
        snprintf(color, 16, "\033[%um", plain[hash % sizeof plain]);
}

static int put(struct buf *out, const char *text)
{
    return buf_append(out, text, strlen(text));
}

static int put_blanks(struct buf *out, unsigned count)
{
    while (count--)
        if (put(out, " ") < 0)
            return -1;
    return 0;
}

static unsigned put_time(const struct screen *screen, const struct screen_line *line,
                         struct buf *out)
{
    char text[CLOCK_TEXT];

    if (!screen->options.timestamps)
        return 0;
    if (buf_append(out, text, clock_text(text, line->time, true)) < 0)
        return 0;
    return (unsigned)strlen("00:00:00 ");
}

static void put_name(const struct screen *screen, const char *name, struct buf *out)
{
    char color[16];

    if (!screen->options.color) {
        put(out, name);
        return;
    }
    color_of(name, color);
    put(out, color);
    put(out, name);
    put(out, "\033[0m");
}

/* A string, ended by NUL. */
static int put_margin(const struct screen *screen, unsigned blanks, struct buf *out)
{
    put_blanks(out, blanks);
    put(out, screen->bar);
    return buf_append(out, " ", 2);
}

static unsigned name_columns(const struct screen *screen, const struct screen_line *line)
{
    unsigned wide = columns_of(line->name);

    return wide > screen->name_columns ? wide : screen->name_columns;
}

static int render_message(const struct screen *screen, const struct screen_line *line,
                          unsigned columns, struct buf *out)
{
    unsigned time = put_time(screen, line, out);
    unsigned name = name_columns(screen, line);
    unsigned char storage[HEAD];
    struct buf margin = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    struct safetext_layout layout = {.columns = columns, .taken = time + name + 2};

    put_name(screen, line->name, out);
    put_blanks(out, name - columns_of(line->name));
    put(out, screen->bar);
    put(out, line->continues ? "+" : " ");
    if (put_margin(screen, time + name, &margin) < 0)
        return -1;
    layout.margin = (const char *)storage;
    layout.margin_columns = time + name + 2;
    if (screen->options.raw)
        return buf_append(out, line->text, line->n);
    return safetext_rows(&layout, line->text, line->n, out);
}

static int render_notice(const struct screen *screen, const struct screen_line *line,
                         unsigned columns, struct buf *out)
{
    static const char blanks[] = "             "; /* as wide as "00:00:00 -!- " */
    unsigned taken = put_time(screen, line, out) + columns_of(screen->mark) + 1;
    struct safetext_layout layout = {
        .columns = columns,
        .taken = taken,
        .margin = blanks + (strlen(blanks) - taken),
        .margin_columns = taken,
        .by_words = true,
    };

    if (screen->options.color)
        put(out, "\033[2m");
    put(out, screen->mark);
    put(out, " ");
    if (safetext_rows(&layout, line->text, line->n, out) < 0)
        return -1;
    return screen->options.color ? put(out, "\033[0m") : 0;
}

static int render_plain(const struct screen_line *line, unsigned columns, struct buf *out)
{
    struct safetext_layout layout = {.columns = columns, .margin = "", .by_words = true};

    return safetext_rows(&layout, line->text, line->n, out);
}

/* A line that memory is short for counts as dropped. */
static int render(const struct screen *screen, const struct screen_line *line, struct buf *out)
{
    unsigned columns = terminal_columns();

    int failed = 0;

    switch (line->kind) {
    case LINE_MESSAGE: failed = render_message(screen, line, columns, out); break;
    case LINE_NOTICE: failed = render_notice(screen, line, columns, out); break;
    case LINE_PLAIN: failed = render_plain(line, columns, out); break;
    }
    return put(out, "\n") < 0 || failed ? -1 : 0;
}

/* ---- the queue ---- */

static void drop_first(struct screen *screen)
{
    struct screen_line *line = screen->first;

    screen->first = line->next;
    if (!screen->first)
        screen->last = &screen->first;
    screen->count--;
    screen->bytes -= line->n;
    free(line);
}

static bool is_over_by(const struct screen *screen, size_t times)
{
    return screen->count >= times * SCREEN_LINES || screen->bytes >= times * SCREEN_BYTES;
}

static bool is_over(const struct screen *screen)
{
    return is_over_by(screen, 1);
}

static void schedule(struct screen *screen);

static struct screen_line *line_new(const char *text, size_t n)
{
    struct screen_line *line = malloc(sizeof *line + n);

    if (!line)
        return NULL;
    *line = (struct screen_line){.time = time(NULL), .n = n};
    memcpy(line->text, text, n);
    return line;
}

static void add(struct screen *screen, struct screen_line *line)
{
    while (screen->first && is_over_by(screen, screen->options.waits ? 2 : 1)) {
        drop_first(screen);
        screen->dropped++;
    }
    *screen->last = line;
    screen->last = &line->next;
    screen->count++;
    screen->bytes += line->n;
    schedule(screen);
}

static void say(struct screen *screen, const char *name, struct screen_line *line)
{
    if (!line) {
        screen->dropped++;
        return;
    }
    safetext_line(line->name, sizeof line->name, name);
    add(screen, line);
}

void screen_message(struct screen *screen, const char *name, const char *text, size_t n,
                    bool continues)
{
    struct screen_line *line = line_new(text, n);

    if (line)
        line->continues = continues;
    say(screen, name, line);
}

void screen_aside(struct screen *screen, const char *name, const char *text, size_t n)
{
    struct screen_line *line = line_new(text, n);

    if (line)
        line->is_aside = true;
    say(screen, name, line);
}

/* A sentence may quote what is no UTF-8: the path of a socket, say. */
static struct screen_line *line_of_sentence(const char *sentence)
{
    char safe[SENTENCE];

    safetext_line(safe, sizeof safe, sentence);
    return line_new(safe, strlen(safe));
}

void screen_notice(struct screen *screen, const char *sentence)
{
    struct screen_line *line = line_of_sentence(sentence);

    if (!line) {
        screen->dropped++;
        return;
    }
    line->kind = LINE_NOTICE;
    add(screen, line);
}

void screen_plain(struct screen *screen, const char *text)
{
    struct screen_line *line = line_of_sentence(text);

    if (!line)
        return;
    line->kind = LINE_PLAIN;
    add(screen, line);
}

static void swap_last_two(struct screen *screen)
{
    struct screen_line **before = &screen->first, *line;

    while ((*before)->next->next)
        before = &(*before)->next;
    line = *before;
    *before = line->next;
    line->next->next = line;
    line->next = NULL;
    screen->last = &line->next;
}

void screen_typed(struct screen *screen, const char *text)
{
    char *line = NULL;

    if (asprintf(&line, "> %s", text) < 0)
        return;
    screen_plain(screen, line);
    free(line);
    if (screen->count > 1)
        swap_last_two(screen);
}

bool screen_is_empty(const struct screen *screen)
{
    return !screen->first && !screen->dropped;
}

bool screen_is_held(const struct screen *screen)
{
    return screen->is_held;
}

bool screen_is_full(struct screen *screen)
{
    if (!is_over(screen) || (screen->is_held && !screen->options.waits))
        return false;
    screen->told_full = true;
    uv_timer_stop(&screen->tick);
    schedule(screen);
    return true;
}

/* ---- drawing ---- */

static void put_dropped(struct screen *screen, struct buf *out)
{
    char sentence[128];
    int length;
    struct screen_line *line;

    if (!screen->dropped)
        return;
    length = snprintf(sentence, sizeof sentence, "%zu line%s not shown, the terminal was too slow",
                      screen->dropped, screen->dropped == 1 ? " was" : "s were");
    line = line_new(sentence, (size_t)length);
    if (!line)
        return;
    line->kind = LINE_NOTICE;
    if (render(screen, line, out) == 0)
        screen->dropped = 0;
    free(line);
}

/* Names only ever make the column wider, up to a third of the row. */
static void widen(struct screen *screen, const struct screen_line *line)
{
    unsigned wide = columns_of(line->name);

    if (!line->is_aside && wide > screen->name_columns && wide <= terminal_columns() / 3)
        screen->name_columns = wide;
}

/* Every row was broken where it ends. One that a terminal draws wider all the same is cut there:
 * what is behind the last column never begins a row of its own. */
static void put_rows(struct screen *screen, const struct buf *rows)
{
    if (!screen->options.raw)
        terminal_set_wrap(screen->terminal, false);
    terminal_write(screen->terminal, (const char *)buf_bytes(rows), buf_length(rows));
    if (!screen->options.raw)
        terminal_set_wrap(screen->terminal, true);
}

static void draw(struct screen *screen)
{
    struct buf out;

    buf_init(&out, SCREEN_BYTES * 16);
    put_dropped(screen, &out);
    while (screen->first && buf_length(&out) < DRAW_MAX) {
        widen(screen, screen->first);
        screen->dropped += render(screen, screen->first, &out) < 0;
        drop_first(screen);
    }
    screen->events->hide(screen->owner);
    put_rows(screen, &out);
    screen->events->show(screen->owner);
    buf_fini(&out);
    screen->shown_at = uv_now(screen->tick.loop);
    terminal_flush(screen->terminal);
}

static void stop_waiting(struct screen *screen)
{
    if (!screen->told_full)
        return;
    screen->told_full = false;
    screen->events->drained(screen->owner);
}

/* Looks whether the terminal takes anything; one that stands still is not waited for. */
static void watch_progress(struct screen *screen)
{
    uint64_t now = uv_now(screen->tick.loop);

    if (screen->terminal->written != screen->taken) {
        screen->taken = screen->terminal->written;
        screen->taken_at = now;
        screen->is_held = false;
    } else if (now - screen->taken_at >= HELD_MS && !screen->is_held) {
        screen->is_held = true;
        stop_waiting(screen);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct screen *screen = timer->data;

    watch_progress(screen);
    if (!terminal_is_drained(screen->terminal)) {
        uv_timer_start(timer, on_tick, HELD_MS, 0);
        return;
    }
    if (!screen_is_empty(screen))
        draw(screen);
    if (!is_over(screen))
        stop_waiting(screen);
    if (!screen_is_empty(screen))
        schedule(screen);
}

/* Where somebody waits for room there is no time for a break. */
static void schedule(struct screen *screen)
{
    uint64_t now = uv_now(screen->tick.loop);
    uint64_t next = screen->told_full ? now : screen->shown_at + TICK_MS;
    uint64_t pause = next > now ? next - now : 1; /* at 0 it would come before all else */

    if (!uv_is_active((uv_handle_t *)&screen->tick))
        uv_timer_start(&screen->tick, on_tick, pause, 0);
}

void screen_go_on(struct screen *screen)
{
    screen->is_held = false;
    if (screen_is_empty(screen))
        return;
    uv_timer_stop(&screen->tick);
    schedule(screen);
}

void screen_show_rest(struct screen *screen)
{
    while (!screen_is_empty(screen))
        draw(screen);
}

/* ---- opening and closing ---- */

/* A glyph that the terminal's charset has, and draws in one column: the East Asian charsets draw
 * what takes them two bytes in two columns. */
static const char *glyph(struct charset *local, const char *wanted, const char *otherwise)
{
    unsigned char storage[16];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    size_t used;

    if (charset_is_utf8(local))
        return wanted;
    if (encoder_push(local, wanted, strlen(wanted), &out, &used) == TEXT_DONE &&
        buf_length(&out) == 1)
        return wanted;
    return otherwise;
}

void screen_init(struct screen *screen, struct terminal *terminal, struct charset *local,
                 const struct screen_options *options, const struct screen_events *events,
                 void *owner)
{
    *screen = (struct screen){
        .terminal = terminal,
        .options = *options,
        .events = events,
        .owner = owner,
        .mark = glyph(local, "▸", "-!-"),
        .bar = glyph(local, "│", "|"),
        .dot = glyph(local, "·", "-"),
        .name_columns = options->name_columns,
        .last = &screen->first,
    };
    uv_timer_init(terminal->loop, &screen->tick);
    screen->tick.data = screen;
}

void screen_close(struct screen *screen, uv_close_cb closed)
{
    while (screen->first)
        drop_first(screen);
    uv_close((uv_handle_t *)&screen->tick, closed);
}
