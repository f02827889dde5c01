/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "text/encoder.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "ui/tty.h"

enum {
    TICK_MS = 20,         /* between two drawings */
    DRAW_MAX = 64 * 1024, /* bytes of one drawing, and a line more */
    HELD_MS = 200,        /* without progress for this time, the terminal counts as held */
    SENTENCE = 8192,      /* bytes of a notice or a plain line, made safe */
    TOLD = 2048,          /* and of one that screen_tell puts together */
};

/* ---- the queue ---- */

static void drop_first(struct screen *screen)
{
    struct screen_line *line = TAILQ_FIRST(&screen->lines);

    TAILQ_REMOVE(&screen->lines, line, next);
    screen->count--;
    screen->bytes -= line->n;
    free(line);
}

static bool is_over(const struct screen *screen, size_t times)
{
    return screen->count >= times * SCREEN_LINES || screen->bytes >= times * SCREEN_BYTES;
}

static void schedule(struct screen *screen);

/* NULL, without memory, counts as dropped. */
static void add(struct screen *screen, struct screen_line *line)
{
    if (!line) {
        screen->dropped++;
        return;
    }
    while (!TAILQ_EMPTY(&screen->lines) && is_over(screen, screen->waits ? 2 : 1)) {
        drop_first(screen);
        screen->dropped++;
    }
    TAILQ_INSERT_TAIL(&screen->lines, line, next);
    screen->count++;
    screen->bytes += line->n;
    schedule(screen);
}

static void add_message(struct screen *screen, struct screen_line *line,
                        const struct screen_label *label, enum screen_mark mark)
{
    if (line) {
        line->mark = mark;
        line->color = label->color;
        line->is_aside = label->is_aside;
        line->waits = label->waits;
        safetext_line(line->name, sizeof line->name, label->name);
    }
    add(screen, line);
}

void screen_message(struct screen *screen, const struct screen_label *label, const char *text,
                    size_t n, enum screen_mark mark)
{
    add_message(screen, screen_line_new(LINE_MESSAGE, text, n), label, mark);
}

void screen_seen(struct screen *screen, const struct screen_label *label, const char *text,
                 size_t n, enum screen_mark mark, const struct view_wire *wire)
{
    add_message(screen, screen_line_seen(screen->view, text, n, wire), label, mark);
}

/* A sentence may quote bytes that are not UTF-8: the path of a socket, say. */
static void add_sentence(struct screen *screen, enum screen_line_kind kind, const char *sentence)
{
    char safe[SENTENCE];

    safetext_line(safe, sizeof safe, sentence);
    add(screen, screen_line_new(kind, safe, strlen(safe)));
}

void screen_notice(struct screen *screen, const char *sentence)
{
    add_sentence(screen, LINE_NOTICE, sentence);
}

static void show_and_record(struct screen *screen, const char *sentence)
{
    struct event notice = event_of_text(sentence);

    screen_notice(screen, sentence);
    notice.level = EVENT_RECORDED;
    event_tell(&notice);
}

void screen_tell(struct screen *screen, const char *format, ...)
{
    char sentence[TOLD];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, language_text(format), arguments);
    va_end(arguments);
    language_trim(sentence);
    show_and_record(screen, sentence);
}

void screen_tell_event(struct screen *screen, const struct event *event)
{
    char sentence[TOLD];

    event_sentence(event, sentence, sizeof sentence);
    show_and_record(screen, sentence);
}

void screen_plain(struct screen *screen, const char *text)
{
    add_sentence(screen, LINE_PLAIN, text);
}

void screen_typed(struct screen *screen, const char *text)
{
    char shown[SENTENCE + 8]; /* safetext_line cuts it between two characters */
    struct screen_line *line, *before;

    snprintf(shown, sizeof shown, "> %s", text);
    screen_plain(screen, shown);
    line = TAILQ_LAST(&screen->lines, screen_queue);
    before = line ? TAILQ_PREV(line, screen_queue, next) : NULL;
    if (before) {
        TAILQ_REMOVE(&screen->lines, line, next);
        TAILQ_INSERT_BEFORE(before, line, next);
    }
}

bool screen_is_empty(const struct screen *screen)
{
    return TAILQ_EMPTY(&screen->lines) && !screen->dropped;
}

bool screen_has_lines(const struct screen *screen)
{
    return !TAILQ_EMPTY(&screen->lines);
}

bool screen_is_held(const struct screen *screen)
{
    return screen->is_held;
}

bool screen_is_full(struct screen *screen)
{
    if (!is_over(screen, 1) || (screen->is_held && !screen->waits))
        return false;
    screen->told_full = true;
    uv_timer_stop(&screen->tick);
    schedule(screen);
    return true;
}

/* ---- drawing ---- */

static void put_dropped(struct screen *screen, struct buf *out)
{
    struct event event = {EVENT_COUNTED("{count} line was not shown, the terminal was too slow",
                                        "{count} lines were not shown, the terminal was too slow",
                                        screen->dropped),
                          .count = screen->dropped};
    char sentence[256];
    struct screen_line *line;

    if (!screen->dropped)
        return;
    event_sentence(&event, sentence, sizeof sentence);
    line = screen_line_new(LINE_NOTICE, sentence, strlen(sentence));
    if (line && screen_line_render(line, &screen->style, tty_columns(), out) == 0)
        screen->dropped = 0;
    free(line);
}

/* Names only ever make the column wider, up to a third of the row. */
static void widen(struct screen *screen, const struct screen_line *line)
{
    unsigned wide = screen_line_columns(line->name);

    if (!line->is_aside && wide > screen->style.name_columns && wide <= tty_columns() / 3)
        screen->style.name_columns = wide;
}

/* Rows are broken already. A row that the terminal draws wider is cut at the last column and never
 * begins another row. */
static void put_rows(struct screen *screen, const struct buf *rows)
{
    if (!screen->style.raw)
        terminal_set_wrap(screen->terminal, false);
    terminal_write(screen->terminal, (const char *)buf_bytes(rows), buf_length(rows));
    if (!screen->style.raw)
        terminal_set_wrap(screen->terminal, true);
}

static unsigned count_rows(const struct buf *rows)
{
    const unsigned char *at = buf_bytes(rows), *end = at + buf_length(rows);
    unsigned count = 0;

    for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        count++;
    return count;
}

/* False: not yet. */
static bool draw(struct screen *screen)
{
    struct screen_line *line;
    struct buf out;

    if (!screen->events->hide(screen->owner))
        return false;
    buf_init(&out, SCREEN_BYTES * 16);
    put_dropped(screen, &out);
    while ((line = TAILQ_FIRST(&screen->lines)) && buf_length(&out) < DRAW_MAX) {
        widen(screen, line);
        screen->dropped += screen_line_render(line, &screen->style, tty_columns(), &out) < 0;
        drop_first(screen);
    }
    put_rows(screen, &out);
    screen->events->show(screen->owner, count_rows(&out));
    buf_fini(&out);
    screen->shown_at = uv_now(screen->tick.loop);
    terminal_flush(screen->terminal);
    return true;
}

static void stop_waiting(struct screen *screen)
{
    if (!screen->told_full)
        return;
    screen->told_full = false;
    screen->events->drained(screen->owner);
}

/* A terminal that takes nothing for HELD_MS is held, and no peer waits for it. */
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
    if (!screen_is_empty(screen) && !draw(screen))
        return;
    if (!is_over(screen, 1))
        stop_waiting(screen);
    if (!screen_is_empty(screen))
        schedule(screen);
}

/* There is no break between two drawings while a peer waits for room. */
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
    while (!TAILQ_EMPTY(&screen->lines) && draw(screen))
        ;
    if (screen->dropped) /* without memory it stays */
        draw(screen);
}

void screen_show_banner(struct screen *screen, const char *state, bool ends)
{
    const char *dot = screen->style.dot;
    const char *leaves = language_text(ends ? N_("Ctrl-D ends") : N_("Ctrl-D leaves"));
    char whole[TOLD], brief[TOLD];
    bool is_brief;

    snprintf(whole, sizeof whole, "%s %s %s %s %s", state, dot,
             language_text(N_("/help lists commands")), dot, leaves);
    snprintf(brief, sizeof brief, "%s %s /help %s %s", state, dot, dot, leaves);
    is_brief =
        screen_line_columns(whole) > tty_columns() && screen_line_columns(brief) <= tty_columns();
    screen_plain(screen, is_brief ? brief : whole);
    screen_show_rest(screen);
}

/* ---- opening and closing ---- */

/* A glyph that the terminal's charset has, and draws in one column: terminals of East Asian
 * charsets draw a character of two bytes in two columns. */
static const char *glyph(struct charset *local, const char *wanted, const char *otherwise)
{
    struct utf8_char next = utf8_next((const unsigned char *)wanted, strlen(wanted));

    if (charset_is_utf8(local) || encoder_length(local, next.scalar) == 1)
        return wanted;
    return otherwise;
}

void screen_init(struct screen *screen, struct terminal *terminal, struct charset *local,
                 const struct screen_options *options, const struct screen_events *events,
                 void *owner)
{
    *screen = (struct screen){
        .terminal = terminal,
        .style = {.colors = options->colors,
                  .timestamps = options->timestamps,
                  .has_pictures = charset_is_utf8(local),
                  .raw = options->raw,
                  .mark = glyph(local, "▸", "-!-"),
                  .bar = glyph(local, "│", "|"),
                  .dot = glyph(local, "·", "-"),
                  .marks = {[MARK_NONE] = " ",
                            [MARK_CONTINUES] = "+",
                            [MARK_ACTION] = "* ",
                            [MARK_PRIVATE] = language_text(N_("[to you] ")),
                            [MARK_BYTES] = "= "},
                  .wait = glyph(local, "… ", "... "),
                  .name_columns = options->name_columns},
        .view = options->view,
        .waits = options->waits,
        .events = events,
        .owner = owner,
    };
    TAILQ_INIT(&screen->lines);
    uv_timer_init(terminal->loop, &screen->tick);
    screen->tick.data = screen;
}

void screen_close(struct screen *screen, uv_close_cb closed)
{
    while (!TAILQ_EMPTY(&screen->lines))
        drop_first(screen);
    uv_close((uv_handle_t *)&screen->tick, closed);
}
