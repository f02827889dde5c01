/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/language.h"
#include "io/loop.h"
#include "ui/memory.h"
#include "ui/tty.h"
#include "ui/tty_modes.h"

enum {
    READ_MAX = 16 * 1024,
    QUEUE_CAP = 16 * 1024 * 1024,
    QUEUE_HIGH = 256 * 1024, /* no key is read while more output waits */
    PATIENCE_MS = 200,       /* for the last output before the terminal is restored */
};

static const char paste_on[] = "\033[?2004h";
static const char wrap_on[] = "\033[?7h", wrap_off[] = "\033[?7l";
static const char attributes_request[] = "\033[>c", place_request[] = "\033[6n";
static const char default_modes[] = TTY_MODES_DEFAULT;

/* ---- settings ---- */

static void take(struct terminal *terminal)
{
    if (tty_modes_take(terminal->out.number, tty_is_able()) && tty_is_able())
        terminal_write(terminal, paste_on, sizeof paste_on - 1);
}

/* The shell owns the settings while the job is in the background. */
static bool is_in_background(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);

    return foreground > 0 && foreground != getpgrp();
}

/* Waits a moment for a terminal that still takes output; a signal does not shorten it. */
static void flush_patiently(struct terminal *terminal)
{
    struct pollfd room = {.fd = terminal->out.number, .events = POLLOUT};
    uint64_t end = loop_clock() + PATIENCE_MS, now;

    terminal_flush(terminal);
    while (!terminal_is_drained(terminal) && (now = loop_clock()) < end &&
           (poll(&room, 1, (int)(end - now)) > 0 || errno == EINTR) && !terminal->is_lost)
        terminal_flush(terminal);
}

/* If nobody drains the tty, drop queued output so that the mode reset gets through. */
static void drop_queue(struct terminal *terminal)
{
    static const char modes[] = TTY_MODES_CUT;

    buf_consume(&terminal->queue, buf_length(&terminal->queue));
    tcflush(STDOUT_FILENO, TCOFLUSH);
    terminal_write(terminal, modes, sizeof modes - 1);
    terminal_flush(terminal);
}

void terminal_restore(struct terminal *terminal)
{
    if (!tty_modes_are_taken())
        return;
    if (tty_is_able())
        terminal_write(terminal, default_modes, sizeof default_modes - 1);
    terminal_flush(terminal);
    if (is_in_background()) {
        tty_modes_forget();
        return;
    }
    tty_modes_resume_output();
    flush_patiently(terminal);
    if (!terminal_is_drained(terminal) && tty_is_able())
        drop_queue(terminal);
    tty_modes_give_back();
}

/* ---- reading ---- */

static void on_ready(void *owner, unsigned bits);

static void watch(struct terminal *terminal)
{
    bool reads = !terminal->is_lost && buf_length(&terminal->queue) < QUEUE_HIGH;
    bool writes = !terminal->is_lost && buf_length(&terminal->queue);

    fd_watch(&terminal->in, reads ? STREAM_IN : 0, on_ready, terminal);
    fd_watch(&terminal->out, writes ? STREAM_OUT : 0, on_ready, terminal);
}

static void lose(struct terminal *terminal)
{
    if (terminal->is_lost)
        return;
    terminal->is_lost = true;
    watch(terminal);
    terminal->events->lost(terminal->owner);
}

static void on_held(uv_timer_t *timer)
{
    struct terminal *terminal = timer->data;

    input_flush(&terminal->input);
}

/* Without memory, too, for a key may end the run. A byte may become U+FFFD, which has three. */
static void take_bytes(struct terminal *terminal, const char *bytes, size_t n)
{
    unsigned char room[4 * READ_MAX];
    struct buf text = {.bytes = room, .capacity = sizeof room, .cap = sizeof room};

    if (codec_push(&terminal->from, bytes, n, false, &text, NULL) == 0)
        input_push(&terminal->input, buf_bytes(&text), buf_length(&text));
    uv_timer_stop(&terminal->held);
    if (input_waits(&terminal->input))
        uv_timer_start(&terminal->held, on_held, input_waits(&terminal->input), 0);
}

static void read_some(struct terminal *terminal)
{
    char bytes[READ_MAX];
    ssize_t got = fd_read(&terminal->in, bytes, sizeof bytes, NULL);

    if (got > 0)
        take_bytes(terminal, bytes, (size_t)got);
    else if (got != STREAM_AGAIN)
        lose(terminal);
}

static void on_ready(void *owner, unsigned bits)
{
    struct terminal *terminal = owner;

    if (bits & STREAM_OUT)
        terminal_flush(terminal);
    if (bits & STREAM_IN && !terminal->is_lost)
        read_some(terminal);
    if (!terminal->closed)
        watch(terminal);
}

/* ---- writing ---- */

void terminal_write(struct terminal *terminal, const char *text, size_t n)
{
    int failed;

    if (codec_is_identity(&terminal->to.plan))
        failed = buf_append(&terminal->queue, text, n);
    else
        failed = codec_push(&terminal->to, text, n, false, &terminal->queue, NULL);
    (void)failed; /* a notice would come here, too; the next redraw shows the line again */
}

void terminal_set_wrap(struct terminal *terminal, bool wraps)
{
    if (tty_is_able())
        terminal_write(terminal, wraps ? wrap_on : wrap_off, sizeof wrap_on - 1);
}

bool terminal_is_drained(const struct terminal *terminal)
{
    return !buf_length(&terminal->queue);
}

static void on_unreported(uv_timer_t *timer)
{
    struct terminal *terminal = timer->data;

    terminal->events->input.reported(terminal->owner, -1, -1);
}

/* Once, and before the place: answers come in the order of the requests. */
static void ask_kind(struct terminal *terminal)
{
    if (terminal->was_asked_kind)
        return;
    terminal->was_asked_kind = true;
    terminal_write(terminal, attributes_request, sizeof attributes_request - 1);
    input_expect_attributes(&terminal->input);
}

void terminal_ask_place(struct terminal *terminal)
{
    if (tty_is_able()) {
        ask_kind(terminal);
        terminal_write(terminal, place_request, sizeof place_request - 1);
        input_expect_report(&terminal->input);
    }
    uv_timer_start(&terminal->asked, on_unreported, TERMINAL_REPORT_MS, 0);
}

void terminal_flush(struct terminal *terminal)
{
    bool had_some = !terminal_is_drained(terminal);

    while (!terminal_is_drained(terminal) && !terminal->is_lost) {
        struct iovec iov = {(void *)buf_bytes(&terminal->queue), buf_length(&terminal->queue)};
        ssize_t put = fd_writev(&terminal->out, &iov, 1, NULL);

        if (put == STREAM_AGAIN)
            break;
        if (put == STREAM_FAIL) {
            lose(terminal);
            return;
        }
        terminal->written += (uint64_t)put;
        buf_consume(&terminal->queue, (size_t)put);
    }
    if (terminal->closed)
        return;
    watch(terminal);
    if (had_some && terminal_is_drained(terminal))
        terminal->events->drained(terminal->owner);
}

/* ---- the job ---- */

/* Stops the whole job, as the terminal itself would. */
static void stop_job(void)
{
    kill(0, SIGTSTP);
}

static void on_signal(uv_signal_t *handle, int number);

static void suspend(struct terminal *terminal, void (*stop)(void))
{
    uv_signal_t *handle = &terminal->signals[0];

    if (!terminal->watches[0])
        return;
    terminal->events->stopping(terminal->owner);
    terminal_restore(terminal);
    uv_signal_stop(handle);
    stop(); /* returns when the job continues */
    if (terminal->closed)
        return;
    uv_signal_start(handle, on_signal, SIGTSTP);
    take(terminal);
    terminal->events->resumed(terminal->owner);
}

void terminal_suspend(struct terminal *terminal)
{
    suspend(terminal, stop_job);
}

static void stop_self(void)
{
    raise(SIGTSTP);
}

/* After SIGSTOP, which cannot be caught: the shell had the terminal meanwhile. */
static void resume(struct terminal *terminal)
{
    terminal_restore(terminal);
    take(terminal);
    terminal->events->resumed(terminal->owner);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct terminal *terminal = handle->data;

    if (number == SIGTSTP)
        suspend(terminal, stop_self);
    else if (number == SIGCONT)
        resume(terminal);
    else
        terminal->events->resized(terminal->owner);
}

static const int watched_signals[TERMINAL_SIGNALS] = {SIGTSTP, SIGCONT, SIGWINCH};

static bool is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void watch_signals(struct terminal *terminal)
{
    for (int i = 0; i < TERMINAL_SIGNALS; i++) {
        terminal->watches[i] = !is_ignored(watched_signals[i]);
        if (!terminal->watches[i])
            continue;
        uv_signal_init(terminal->loop, &terminal->signals[i]);
        uv_signal_start(&terminal->signals[i], on_signal, watched_signals[i]);
        uv_unref((uv_handle_t *)&terminal->signals[i]);
        terminal->signals[i].data = terminal;
        terminal->handles++;
    }
}

/* ---- opening and closing ---- */

static void open_codecs(struct terminal *terminal, struct charset *local, struct charset *utf8)
{
    struct codec_plan from = {.from = local, .to = utf8, .text.checked = true};
    struct codec_plan to = {.from = utf8, .to = local};

    codec_init(&terminal->from, &from);
    codec_init(&terminal->to, &to);
}

static void on_in_unused(struct fd *in)
{
    (void)in; /* the loop has let go of it */
}

static int open_descriptors(struct terminal *terminal, struct err *err)
{
    if (fd_init(&terminal->in, terminal->loop, STDIN_FILENO, FD_READS, N_("standard input"), err) <
        0)
        return -1;
    terminal->handles++;
    if (fd_init(&terminal->out, terminal->loop, STDOUT_FILENO, FD_WRITES, N_("standard output"),
                err) < 0) {
        fd_close(&terminal->in, on_in_unused);
        return -1;
    }
    terminal->handles++;
    return 0;
}

void terminal_prepare(void)
{
    fd_open_ahead(FD_READS);
    fd_open_ahead(FD_WRITES);
}

int terminal_open(struct terminal *terminal, uv_loop_t *loop, struct charset *local,
                  struct charset *utf8, const struct terminal_events *events, void *owner,
                  struct err *err)
{
    *terminal = (struct terminal){.loop = loop, .events = events, .owner = owner};
    if (memory_try(err) < 0 || open_descriptors(terminal, err) < 0)
        return -1;
    buf_init(&terminal->queue, QUEUE_CAP);
    input_init(&terminal->input, &events->input, owner);
    open_codecs(terminal, local, utf8);
    uv_timer_init(loop, &terminal->held);
    terminal->held.data = terminal;
    uv_timer_init(loop, &terminal->asked);
    terminal->asked.data = terminal;
    terminal->handles += 2;
    watch_signals(terminal);
    tty_modes_guard();
    take(terminal);
    watch(terminal);
    return 0;
}

static void release(struct terminal *terminal)
{
    if (--terminal->handles)
        return;
    input_fini(&terminal->input);
    buf_fini(&terminal->queue);
    terminal->closed(terminal);
}

static void on_in_closed(struct fd *in)
{
    release((struct terminal *)((char *)in - offsetof(struct terminal, in)));
}

static void on_out_closed(struct fd *out)
{
    release((struct terminal *)((char *)out - offsetof(struct terminal, out)));
}

static void on_handle_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void terminal_close(struct terminal *terminal, void (*closed)(struct terminal *terminal))
{
    terminal->closed = closed;
    tty_modes_unguard();
    for (int i = 0; i < TERMINAL_SIGNALS; i++)
        if (terminal->watches[i])
            uv_close((uv_handle_t *)&terminal->signals[i], on_handle_closed);
    uv_close((uv_handle_t *)&terminal->held, on_handle_closed);
    uv_close((uv_handle_t *)&terminal->asked, on_handle_closed);
    fd_close(&terminal->in, on_in_closed);
    fd_close(&terminal->out, on_out_closed);
}
