/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/messages.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "cli/local_text.h"
#include "io/loop.h"
#include "text/safetext.h"

enum {
    PATIENCE_MS = 1000,
    RECOVERY = 60,     /* used patience comes back at a RECOVERYth of the speed of the clock */
    REPORT_MS = 1000,  /* between two attempts to report losses */
    HEAD = 64,         /* bytes of "tcpchat: " and the time before it */
    SAFE_LINE = 2048,  /* bytes of a message */
    SHOWN_LINE = 8192, /* bytes of a line of messages_show */
};

static struct {
    struct messages_screen screen;
    struct messages_row row;
    struct outfile *outfile; /* NULL, or writes to standard error as well */
    bool shows_time, is_stopped;
    bool is_last;     /* the message ends the run */
    bool torn;        /* the last line was not written to its end */
    uint64_t calm_at; /* ms at which all patience is back */
    unsigned lost;
    bool has_loop;
    uv_timer_t timer; /* reports losses; used with has_loop */
} messages;

/* ---- room ---- */

/* Signals do not shorten the wait. The write tells what the system could not tell here. */
static bool has_room(int patience)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    uint64_t now = loop_clock(), end = now + (uint64_t)patience;
    int found;

    while ((found = poll(&room, 1, (int)(end - now))) < 0 && errno == EINTR) {
        now = loop_clock();
        if (now > end)
            now = end;
    }
    return found != 0;
}

static bool wait_for_room(void)
{
    uint64_t begin = loop_clock();
    uint64_t used = messages.calm_at > begin ? messages.calm_at - begin : 0;
    bool found;

    if (messages.is_last)
        return has_room(PATIENCE_MS);
    found = has_room(PATIENCE_MS - (int)(used / RECOVERY));
    used += (loop_clock() - begin) * RECOVERY;
    if (used > PATIENCE_MS * RECOVERY)
        used = PATIENCE_MS * RECOVERY;
    messages.calm_at = begin + used;
    return found;
}

/* The bytes that a writable terminal surely takes. A writable pipe takes PIPE_BUF, so any message.
 */
static size_t piece_of(size_t n)
{
    enum { SURE = 256 };

    return n > SURE && isatty(STDERR_FILENO) ? SURE : n;
}

/* Returns false where room is missing. Bytes that can never be written count as written. */
static bool write_whole(const char *bytes, size_t left)
{
    while (left) {
        ssize_t put;

        if (!wait_for_room())
            return false;
        put = write(STDERR_FILENO, bytes, piece_of(left));
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            return true;
        if (put > 0) {
            bytes += put;
            left -= (size_t)put;
            messages.torn = left;
        }
    }
    return true;
}

/* ---- losses ---- */

static void on_due(uv_timer_t *timer);

static void start_timer(void)
{
    if (messages.has_loop && messages.lost && !uv_is_active((uv_handle_t *)&messages.timer))
        uv_timer_start(&messages.timer, on_due, REPORT_MS, REPORT_MS);
}

static void lose(unsigned count)
{
    messages.lost += count;
    start_timer();
}

/* Returns the length. */
static size_t make_head(char head[HEAD])
{
    static const char name[] = "tcpchat: ";
    size_t length = messages.shows_time ? clock_text(head, time(NULL), isatty(STDERR_FILENO)) : 0;

    memcpy(head + length, name, sizeof name);
    return length + sizeof name - 1;
}

static bool write_local(const char *line, size_t n)
{
    struct buf room;
    const char *local = local_text_of(line, &n, &room);
    bool is_written = write_whole(local, n);

    buf_fini(&room);
    return is_written;
}

static void report_lost(void)
{
    struct event event = {EVENT_COUNTED("{count} message was lost: standard error was not read",
                                        "{count} messages were lost: standard error was not read",
                                        messages.lost),
                          .count = messages.lost};
    unsigned lost = messages.lost;
    char head[HEAD], sentence[SAFE_LINE], line[HEAD + SAFE_LINE];
    int length;

    if (!lost)
        return;
    make_head(head);
    event_sentence(&event, sentence, sizeof sentence);
    length = snprintf(line, sizeof line, "%s%s%s\n", messages.torn ? "\n" : "", head, sentence);
    messages.lost = 0;
    if (!write_local(line, (size_t)length))
        lose(lost);
}

/* ---- lines ---- */

/* Reports losses first. The row is hidden only here, where standard error has room. */
static void write_line(const char *line, size_t n)
{
    if (messages.row.hide)
        messages.row.hide(messages.row.owner);
    report_lost();
    if (!write_local(line, n))
        lose(1);
    if (messages.row.show)
        messages.row.show(messages.row.owner);
}

static bool wait_or_lose(void)
{
    bool found = wait_for_room();

    if (!found)
        lose(1);
    return found;
}

static void append_local(const char *line, size_t n)
{
    struct buf room;
    const char *local = local_text_of(line, &n, &room);

    outfile_append(messages.outfile, local, n);
    buf_fini(&room);
}

/* In one write, so that lines of several processes on one terminal stay whole. */
static void write_message(const char *sentence)
{
    char safe[SAFE_LINE], line[HEAD + SAFE_LINE + 1];
    size_t length = make_head(line);

    safetext_line(safe, sizeof safe, sentence);
    length += (size_t)snprintf(line + length, sizeof line - length, "%s\n", safe);
    if (messages.outfile && outfile_holds(messages.outfile))
        append_local(line, length);
    else
        write_line(line, length);
}

void messages_print(const struct event *event)
{
    char sentence[EVENT_LINE];

    if (!event->sentence || messages.is_stopped)
        return;
    event_sentence(event, sentence, sizeof sentence);
    if (messages.screen.say && isatty(STDERR_FILENO))
        messages.screen.say(messages.screen.owner, sentence);
    else if (wait_or_lose())
        write_message(sentence);
}

static void on_event(struct event_printer *printer, const struct event *event)
{
    (void)printer;
    messages_print(event);
}

static void show_line(const char *text)
{
    char line[SHOWN_LINE];
    int length = snprintf(line, sizeof line, "%s\n", text);

    if (messages.screen.show)
        messages.screen.show(messages.screen.owner, text);
    else if (isatty(STDERR_FILENO) && wait_or_lose())
        write_line(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

void messages_show(const char *text, size_t n)
{
    for (const char *end; n && (end = memchr(text, '\n', n)); text = end + 1) {
        char *line = strndup(text, (size_t)(end - text));

        if (line)
            show_line(line);
        free(line);
        n -= (size_t)(end - text) + 1;
    }
}

/* ---- settings ---- */

static struct event_printer printer = {.print = on_event};

void messages_install(unsigned verbose, bool timestamps)
{
    messages.shows_time = timestamps;
    printer.levels = 1u << EVENT_ALWAYS | (verbose ? 1u << EVENT_VERBOSE : 0u) |
                     (verbose > 1 ? 1u << EVENT_TRACE : 0u);
    event_install(&printer);
}

void messages_stop(void)
{
    event_remove(&printer);
    messages.is_stopped = true;
}

void messages_restart(void)
{
    messages.is_stopped = false;
    event_install(&printer);
}

void messages_use_screen(struct messages_screen screen)
{
    messages.screen = screen;
}

void messages_use_outfile(struct outfile *outfile)
{
    messages.outfile = outfile;
}

void messages_use_row(struct messages_row row)
{
    messages.row = row;
}

void messages_say_last(const char *sentence)
{
    messages.is_last = true;
    event_say_error("%s", sentence);
    messages.is_last = false;
}

/* ---- the loop ---- */

static void on_due(uv_timer_t *timer)
{
    if (messages.lost && has_room(0))
        write_line("", 0);
    if (!messages.lost)
        uv_timer_stop(timer);
}

void messages_open(uv_loop_t *loop)
{
    loop_weak_timer(loop, &messages.timer, NULL);
    messages.has_loop = true;
    start_timer();
}

void messages_close(void)
{
    if (messages.lost && has_room(0))
        report_lost();
    uv_close((uv_handle_t *)&messages.timer, NULL);
    messages.has_loop = false;
}
