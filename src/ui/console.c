/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console.h"

#include <string.h>

#include "text/width.h"
#include "ui/completion.h"
#include "ui/heard.h"
#include "ui/prompt.h"
#include "ui/prompt_view.h"
#include "ui/reflow.h"
#include "ui/tty.h"

/* ---- the operator ---- */

static struct console *console_of(struct room_operator *op)
{
    return (struct console *)op;
}

static bool on_accepts_input(struct room_operator *op)
{
    return !screen_is_full(&console_of(op)->screen);
}

static void on_heard(struct room_operator *op, struct member *from, const struct inbound *inbound)
{
    struct console *console = console_of(op);

    heard_show(&console->screen, &console->colors, from, inbound);
    if (console_commands_heard(&console->input.commands, inbound))
        completion_open(console->input.commands.audience, console->room, &console->screen,
                        console->options.commands.opener);
}

static bool on_told(struct room_operator *op, const char *sentence)
{
    screen_notice(&console_of(op)->screen, sentence);
    return true;
}

static void on_room_drained(struct room_operator *op)
{
    struct console *console = console_of(op);

    if (console->is_open)
        upload_go_on(&console->upload);
}

static void on_left(struct room_operator *op, struct member *member)
{
    struct console *console = console_of(op);
    const struct room *room = console->room;

    heard_forget(&console->colors, member);
    if (console->is_open)
        upload_note_left(&console->upload);
    console_commands_left(&console->input.commands);
    if (room->ending && (room->options.mode.one_peer || room->options.once))
        console_input_keep_unfinished(&console->input);
}

static void on_lost(struct room_operator *op, const struct member *member, size_t lines)
{
    struct console *console = console_of(op);

    if (console->is_open)
        waiting_note_lost(&console->upload.waiting, member, lines);
}

static const struct operator_ops operator_ops = {
    .has_commands = true,
    .accepts_input = on_accepts_input,
    .heard = on_heard,
    .told = on_told,
    .drained = on_room_drained,
    .left = on_left,
    .lost = on_lost,
};

/* ---- the prompt and the screen ---- */

static void finish_if_closing(struct console *console);

static void on_progressed(void *owner)
{
    struct console *console = owner;

    if (console->closing)
        return;
    console_input_label(&console->input);
    terminal_flush(&console->terminal);
    leaving_go_on(&console->leaving);
}

static void finish(struct console *console)
{
    console->finished = true;
    console_input_finish(&console->input);
}

static void on_entered(void *owner, const char *line)
{
    struct console *console = owner;

    console_input_line(&console->input, line);
    if (console->input.commands.has_quit)
        finish(console);
    on_progressed(console);
}

static void on_ended(void *owner)
{
    struct console *console = owner;

    if (console_input_has_pasted(&console->input))
        return;
    finish(console);
    leaving_begin(&console->leaving);
    on_progressed(console);
}

static void on_prompt_write(void *owner, const char *bytes, size_t n)
{
    terminal_write(&((struct console *)owner)->terminal, bytes, n);
}

static void on_refused(void *owner, const char *sentence)
{
    screen_tell_event(&((struct console *)owner)->screen, &(struct event){.sentence = sentence});
}

static bool on_draws_soon(void *owner)
{
    return !screen_is_empty(&((struct console *)owner)->screen);
}

static void on_ask_place(void *owner)
{
    terminal_ask_place(&((struct console *)owner)->terminal);
}

static const struct prompt_events prompt_events = {
    .write = on_prompt_write,
    .ask_place = on_ask_place,
    .entered = on_entered,
    .ended = on_ended,
    .refused = on_refused,
    .draws_soon = on_draws_soon,
};

static void on_resized(void *owner)
{
    struct console *console = owner;

    prompt_view_resize(tty_columns(), tty_rows());
    if (!console->closing)
        terminal_flush(&console->terminal);
}

/* A line may be drawn in a resized window before SIGWINCH arrives. */
static bool on_hide(void *owner)
{
    on_resized(owner);
    return prompt_view_hide();
}

/* Raw rows may be longer than the screen is wide. */
static void on_show(void *owner, unsigned rows)
{
    prompt_view_go_down(rows, !((struct console *)owner)->options.raw);
    prompt_view_show();
}

static void on_screen_drained(void *owner)
{
    struct console *console = owner;

    upload_go_on(&console->upload);
    room_resume(console->room);
}

static const struct screen_events screen_events = {
    .hide = on_hide, .show = on_show, .drained = on_screen_drained};

static const struct upload_events upload_events = {.progressed = on_progressed};

/* ---- the terminal ---- */

/* The key ends the run where it found nothing to stop or to clear, or the person leaves. */
static void interrupt(struct console *console)
{
    bool had_some = leaving_stop(&console->leaving);

    had_some |= console_input_drop_pasted(&console->input);
    if (!console->finished)
        had_some |= prompt_clear();
    on_progressed(console);
    if (!had_some || console->finished)
        console->events->signalled(console->owner, SIGINT);
}

static void on_pressed(void *owner, enum tty_key key)
{
    struct console *console = owner;

    switch (key) {
    case KEY_INTERRUPT: interrupt(console); break;
    case KEY_QUIT: console->events->signalled(console->owner, SIGQUIT); break;
    case KEY_SUSPEND: terminal_suspend(&console->terminal); break;
    case KEY_QUOTE:
    case KEY_NONE: break;
    }
    terminal_flush(&console->terminal);
}

static void on_typed(void *owner, const char *text, size_t n)
{
    struct console *console = owner;

    if (!console->finished)
        prompt_feed(text, n);
    terminal_flush(&console->terminal);
}

static void on_pasted(void *owner, const char *text, size_t n, bool lost)
{
    struct console *console = owner;

    if (console->finished)
        return;
    console_input_paste(&console->input, text, n, lost);
    on_progressed(console);
}

static void on_terminal_drained(void *owner)
{
    struct console *console = owner;

    screen_go_on(&console->screen);
    finish_if_closing(console);
}

static void on_reported(void *owner, int row, int column)
{
    struct console *console = owner;

    if (!prompt_view_resize(tty_columns(), tty_rows())) /* else the report is of another width */
        prompt_view_settle(row, column);
    if (!console->closing)
        terminal_flush(&console->terminal);
    screen_go_on(&console->screen);
}

static void on_stopping(void *owner)
{
    (void)owner;
    prompt_view_settle(-1, -1);
    prompt_view_hide();
}

static void on_resumed(void *owner)
{
    on_resized(owner);
    on_stopping(owner);
    prompt_view_forget_place();
    prompt_view_show();
    terminal_flush(&((struct console *)owner)->terminal);
}

static void on_terminal_lost(void *owner)
{
    struct console *console = owner;

    console->events->signalled(console->owner, SIGHUP);
}

static const struct terminal_events terminal_events = {
    .input = {on_typed, on_pressed, on_pasted, on_reported, reflow_identify},
    .drained = on_terminal_drained,
    .resized = on_resized,
    .stopping = on_stopping,
    .resumed = on_resumed,
    .lost = on_terminal_lost,
};

/* ---- opening and closing ---- */

void console_init(struct console *console, uv_loop_t *loop, const struct console_options *options,
                  struct room *room, const struct console_events *events, void *owner)
{
    *console = (struct console){
        .op = {&operator_ops},
        .loop = loop,
        .options = *options,
        .events = events,
        .owner = owner,
        .room = room,
    };
    terminal_prepare();
    console_input_init(&console->input, &options->commands, room, &console->screen,
                       &console->upload);
}

static void open_screen(struct console *console)
{
    bool connects = console_commands_connects(&console->input.commands);
    struct screen_options options = {
        .colors = console->options.color ? &console->colors : NULL,
        .timestamps = console->options.timestamps,
        .view = console->options.view,
        .raw = console->options.raw,
        .waits = connects,
        .name_columns = (unsigned)strlen(connects ? "peer" : "peer1"),
    };

    screen_init(&console->screen, &console->terminal, console->room->options.local, &options,
                &screen_events, console);
}

int console_open(struct console *console, const char *state, bool ends, struct err *err)
{
    const struct room_options *room = &console->room->options;

    if (terminal_open(&console->terminal, console->loop, room->local, room->member.inbox.utf8,
                      &terminal_events, console, err) < 0)
        return -1;
    width_follow(room->local);
    colors_init(&console->colors);
    open_screen(console);
    upload_init(&console->upload, console->room, &console->screen, console->input.commands.name,
                &upload_events, console);
    leaving_init(&console->leaving, &console->upload, console->options.no_finish);
    console->is_open = true;
    screen_show_banner(&console->screen, state, ends);
    completion_open(console->input.commands.audience, console->room, &console->screen,
                    console->options.commands.opener);
    prompt_open(&prompt_events, console, tty_columns(), tty_rows());
    prompt_view_show();
    if (console->options.history)
        console_input_open_history(&console->input);
    terminal_flush(&console->terminal);
    return 0;
}

static void release(struct console *console)
{
    if (--console->parts)
        return;
    console_input_fini(&console->input);
    colors_fini(&console->colors);
    console->events->closed(console->owner);
}

static void on_terminal_closed(struct terminal *terminal)
{
    release(terminal->owner);
}

static void on_screen_closed(uv_handle_t *handle)
{
    release(((struct screen *)handle->data)->owner);
}

static void on_upload_closed(uv_handle_t *handle)
{
    release(((struct upload *)handle->data)->owner);
}

void console_abandon(struct console *console)
{
    if (!console->is_open)
        return;
    console->is_open = false;
    screen_show_rest(&console->screen);
    prompt_close();
    terminal_restore(&console->terminal);
    width_follow(NULL);
}

static void finish_if_closing(struct console *console)
{
    if (!console->closing || !console->is_open || screen_has_lines(&console->screen) ||
        !terminal_is_drained(&console->terminal))
        return;
    console_abandon(console);
    console->parts = 3;
    terminal_close(&console->terminal, on_terminal_closed);
    screen_close(&console->screen, on_screen_closed);
    upload_close(&console->upload, on_upload_closed);
}

void console_close(struct console *console)
{
    console->closing = true;
    finish(console);
    terminal_flush(&console->terminal);
    finish_if_closing(console);
}
