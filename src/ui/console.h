/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console: a person at a terminal as the operator of a room: what is typed goes to the room, what
 * the room tells is shown above the line that is being typed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "room/room.h"
#include "text/charset.h"
#include "text/command.h"
#include "ui/history.h"
#include "ui/screen.h"
#include "ui/terminal.h"
#include "ui/upload.h"

/* What the console asks of the program around it. */
struct console_events {
    /* The terminal's keys, or its loss: the run ends as by that signal. */
    void (*signalled)(void *owner, int number);
    /* Stops accepting, or accepts again; then says in `sentence` what is so now. -1 and *err. */
    int (*lock)(void *owner, bool locked, char *sentence, size_t size, struct err *err);
    /* Everything was shown and the terminal is as it was; called from the loop. */
    void (*closed)(void *owner);
};

struct console_options {
    enum command_audience audience;
    struct charsets *charsets;
    struct charset *local, *utf8;
    struct charset *legacy; /* the other one of auto */
    const char *name;       /* NULL: "you" */
    bool color, timestamps, raw, history;
    bool no_finish; /* the end of what is typed is not told to the peer */
};

struct console {
    struct room_operator op;
    uv_loop_t *loop;
    struct console_options options;
    const struct console_events *events;
    void *owner;
    struct room *room;
    struct terminal terminal;
    struct screen screen;
    struct upload upload;
    struct history history;
    struct buf pasted; /* lines that wait for Enter, each with its LF */
    size_t pasted_count;
    bool pasted_into;       /* the line too holds what was pasted */
    char name[MEMBER_NAME]; /* own one, as it is shown */
    bool is_open;           /* the terminal is in our hands */
    bool told_history;
    bool told_passed_on; /* that a /word is the peer's */
    bool leaves;         /* once all is sent */
    bool finished;       /* nothing is typed any more */
    bool closing;
    int parts; /* that the loop holds */
};

/* Makes it the room's operator; nothing is shown yet. *console must stay at its address. */
void console_init(struct console *console, uv_loop_t *loop, const struct console_options *options,
                  struct room *room, const struct console_events *events, void *owner);

/* Takes the terminal and shows the banner: "STATE · /help lists commands · Ctrl-D LEAVES". */
int console_open(struct console *console, const char *state, const char *leaves, struct err *err);

/* One line from the program itself, as a notice or as it is. */
void console_say(struct console *console, const char *line);
void console_show(struct console *console, const char *line);

/* Shows what is left, gives the terminal back and lets go of the loop. */
void console_close(struct console *console);

/* Gives the terminal back now: the process is about to end. */
void console_abandon(struct console *console);

/* ---- for ui/console_commands and ui/console_input ---- */

/* Something was sent, or waits: the prompt says so. */
void console_progress(struct console *console);

__attribute__((format(printf, 2, 3))) void console_tell(struct console *console, const char *format,
                                                        ...);

/* Leaves at once: what is on its way still goes out. */
void console_quit(struct console *console);

/* What a command does. */
void console_command(struct console *console, const struct command_line *line);
