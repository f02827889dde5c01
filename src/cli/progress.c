/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/language.h"
#include "base/status.h"
#include "cli/local_text.h"
#include "cli/messages.h"
#include "io/loop.h"

enum {
    ROW_MS = 500,
    LINE_MS = 10000,
    COLUMNS = 80,
    COUNT = 64,
    TIME = 48,
    MOST_LEFT_S = 100 * 3600, /* longer is no guess, but a stall */
};

/* ---- text ---- */

/* Three digits or four, never "1024 KiB". */
static void format_bytes(char text[COUNT], double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;

    while (bytes >= 1023.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, COUNT, "%.*f %s", unit && bytes < 99.95 ? 1 : 0, bytes, units[unit]);
}

static void format_time(char text[TIME], uint64_t ms)
{
    uint64_t seconds = ms / 1000;

    if (seconds < 60)
        snprintf(text, TIME, language_text(N_("%" PRIu64 ".%" PRIu64 " s")), seconds,
                 ms / 100 % 10);
    else if (seconds < 3600)
        snprintf(text, TIME, language_text(N_("%" PRIu64 " min %" PRIu64 " s")), seconds / 60,
                 seconds % 60);
    else
        snprintf(text, TIME, language_text(N_("%" PRIu64 " h %" PRIu64 " min")), seconds / 3600,
                 seconds / 60 % 60);
}

static double rate(uint64_t bytes, uint64_t ms)
{
    return ms ? (double)bytes * 1000 / (double)ms : 0;
}

/* The time that is left; a guess has no tenths, and is "" where nothing moves. */
static void format_left(char text[COUNT], const struct progress_sample *then,
                        const struct progress_sample *now)
{
    double speed = rate(now->read - then->read, now->ms - then->ms);
    double seconds = speed > 0 ? (double)(now->size - now->read) / speed : MOST_LEFT_S;
    char time[TIME];

    *text = '\0';
    if (now->read >= now->size || seconds >= MOST_LEFT_S)
        return;
    if (seconds < 60)
        snprintf(time, sizeof time, language_text(N_("%.0f s")), seconds + 0.5);
    else
        format_time(time, (uint64_t)(seconds * 1000));
    snprintf(text, COUNT, "%s", time);
}

void progress_format(char text[PROGRESS_TEXT], const struct progress_sample *then,
                     const struct progress_sample *now)
{
    char received[COUNT], sent[COUNT], in[COUNT], out[COUNT], time[TIME], left[COUNT] = "";
    uint64_t whole_percent = now->size ? now->read * 100 / now->size : 0;
    double share = (double)whole_percent;
    uint64_t ms = now->ms - then->ms;

    format_bytes(received, (double)now->received);
    format_bytes(sent, (double)now->sent);
    format_bytes(in, rate(now->received - then->received, ms));
    format_bytes(out, rate(now->sent - then->sent, ms));
    format_time(time, now->ms);
    if (now->size)
        format_left(left, then, now);
    if (*left)
        snprintf(text, PROGRESS_TEXT,
                 language_text(N_("%.0f %%, %s left; %s received (%s/s), %s sent (%s/s) in %s")),
                 share, left, received, in, sent, out, time);
    else if (now->size)
        snprintf(text, PROGRESS_TEXT,
                 language_text(N_("%.0f %%; %s received (%s/s), %s sent (%s/s) in %s")), share,
                 received, in, sent, out, time);
    else
        snprintf(text, PROGRESS_TEXT, language_text(N_("%s received (%s/s), %s sent (%s/s) in %s")),
                 received, in, sent, out, time);
}

/* ---- the row ---- */

static unsigned columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : COLUMNS;
}

/* A writable terminal or pipe surely takes a row or a line. */
static bool is_writable(void)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&room, 1, 0) > 0 && room.revents & POLLOUT;
}

/* Writes the text over the old row, and blanks over the rest of it. */
static void draw(struct progress *progress, const char *text)
{
    char row[2 * PROGRESS_TEXT];
    unsigned most = columns() - 1; /* the last column would wrap */
    unsigned width, before = progress->width < most ? progress->width : most;
    int fitting = (int)local_text_fit(text, most, &width);
    int blanks = before > width ? (int)(before - width) : 0;
    int length =
        snprintf(row, sizeof row, "\r%.*s%*s%s", fitting, text, blanks, "", width ? "" : "\r");
    size_t n = (size_t)length;
    struct buf room;
    const char *local = local_text_of(row, &n, &room);

    if (is_writable() && write(STDERR_FILENO, local, n) > 0)
        progress->width = width;
    buf_fini(&room);
}

void progress_hide(struct progress *progress)
{
    if (progress->width)
        draw(progress, "");
}

void progress_show(struct progress *progress)
{
    if (progress->is_row && *progress->text)
        draw(progress, progress->text);
}

/* ---- time ---- */

static void find_input(struct progress *progress)
{
    struct stat status;

    if (status_of(STDIN_FILENO, &status) < 0 || !S_ISREG(status.st_mode))
        return;
    progress->input = open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC);
    progress->input_start = lseek(STDIN_FILENO, 0, SEEK_CUR);
    progress->input_size = status.st_size;
}

/* The end of the file once more is no place of standard input. */
static off_t input_end(const struct progress *progress, off_t least)
{
    off_t end = progress->input < 0 ? progress->input_size : lseek(progress->input, 0, SEEK_END);

    return end > least ? end : least;
}

/* The file's own place counts what was read, whatever it became on the wire. */
static void sample_input(const struct progress *progress, struct progress_sample *sample)
{
    off_t at = progress->input_start < 0 ? -1 : lseek(STDIN_FILENO, 0, SEEK_CUR);

    if (at < progress->input_start || at < 0)
        return;
    sample->read = (uint64_t)(at - progress->input_start);
    sample->size = (uint64_t)(input_end(progress, at) - progress->input_start);
}

static struct progress_sample sample_now(const struct progress *progress)
{
    struct progress_sample sample = {.ms = uv_now(progress->timer.loop) - progress->start,
                                     .received = progress->counter.received,
                                     .sent = progress->counter.sent};

    sample_input(progress, &sample);
    return sample;
}

/* The rate counts from a sample some seconds ago for a row, from the one before for a line. */
static struct progress_sample next_sample(struct progress *progress,
                                          const struct progress_sample *now)
{
    unsigned span = progress->is_row ? PROGRESS_PAST : 1;
    unsigned from = progress->samples > span ? progress->samples - span : 0;
    struct progress_sample then = progress->past[from % PROGRESS_PAST];

    progress->past[progress->samples++ % PROGRESS_PAST] = *now;
    return then;
}

/* A conversation that rests gets one line about it. */
static void say_line(struct progress *progress, const struct progress_sample *then,
                     const struct progress_sample *now)
{
    bool stalled = progress->stalls;

    progress->stalls = now->received == then->received && now->sent == then->sent;
    if (!(stalled && progress->stalls) && is_writable())
        event_say(EVENT_ALWAYS, "%s", progress->text);
}

static void on_timer(uv_timer_t *timer)
{
    struct progress *progress = timer->data;
    struct progress_sample now = sample_now(progress);
    struct progress_sample then = next_sample(progress, &now);

    progress_format(progress->text, &then, &now);
    if (progress->is_row)
        progress_show(progress);
    else
        say_line(progress, &then, &now);
}

static void start_timer(struct progress *progress)
{
    uint64_t ms = progress->is_row ? ROW_MS : LINE_MS;

    uv_timer_start(&progress->timer, on_timer, ms, ms);
}

void progress_start(struct progress *progress, uv_loop_t *loop)
{
    if (progress->has_started)
        return;
    progress->has_started = true;
    progress->is_row = isatty(STDERR_FILENO) && !progress->lines_only;
    progress->samples = 1; /* the zeroed one */
    progress->start = uv_now(loop);
    loop_weak_timer(loop, &progress->timer, progress);
    start_timer(progress);
}

void progress_yield(struct progress *progress)
{
    if (!progress->has_started || !progress->is_row)
        return;
    progress_hide(progress);
    progress->is_row = false;
    start_timer(progress);
}

/* ---- streams and messages ---- */

static void counter_on_read(void *owner)
{
    progress_yield(owner);
}

static void hide(void *owner)
{
    progress_hide(owner);
}

static void show(void *owner)
{
    progress_show(owner);
}

void progress_init(struct progress *progress, bool shows_received, bool reads_input)
{
    *progress = (struct progress){.is_wanted = true, .input_start = -1, .input = -1};
    if (reads_input)
        find_input(progress);
    progress->counter.on_read = shows_received ? counter_on_read : NULL;
    progress->counter.owner = progress;
    messages_use_row((struct messages_row){hide, show, progress});
}

struct stream *progress_count(struct progress *progress, uv_loop_t *loop, struct stream *stream,
                              struct err *err)
{
    struct stream *counted;

    if (!progress->is_wanted)
        return stream;
    counted = counter_new(stream, &progress->counter, err);
    if (counted)
        progress_start(progress, loop);
    else
        stream_close(stream, STREAM_ABORT);
    return counted;
}

void progress_stop(struct progress *progress)
{
    static const struct progress_sample beginning;
    struct progress_sample now;
    char text[PROGRESS_TEXT];

    if (progress->is_wanted)
        messages_use_row((struct messages_row){0});
    if (!progress->has_started)
        return;
    uv_update_time(progress->timer.loop);
    now = sample_now(progress);
    progress_hide(progress);
    progress->is_row = false; /* which would be shown again behind the line */
    progress_format(text, &beginning, &now);
    event_say(EVENT_ALWAYS, "%s", text);
    uv_close((uv_handle_t *)&progress->timer, NULL);
    progress->has_started = false;
}
