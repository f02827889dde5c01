/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console: a person at a terminal as the operator of a room. Entered lines go to the room, and the
 * room's messages and notices are shown above the line being typed. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "room/room.h"
#include "text/command.h"
#include "ui/console_input.h"
#include "ui/leaving.h"
#include "ui/screen.h"
#include "ui/terminal.h"
#include "ui/upload.h"

struct console_events {
    /* A key of the terminal, or its loss: the run ends as by that signal. */
    void (*signalled)(void *owner, int number);
    /* Everything was shown and the terminal is as it was; called from the loop. */
    void (*closed)(void *owner);
};

struct console_options {
    struct console_commands_options commands;
    enum view view;
    bool color, timestamps, raw, history;
    bool no_finish; /* Ctrl-D sends no end to the peer */
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
    struct colors colors;
    struct upload upload;
    struct console_input input;
    struct leaving leaving;
    bool is_open;  /* the terminal is taken */
    bool finished; /* nothing is typed any more */
    bool closing;
    int parts; /* terminal, screen and upload: those that the loop holds */
};

/* Prepares the operator of the room, and opens what console_open needs; nothing is shown yet.
 * *console must stay at its address. */
void console_init(struct console *console, uv_loop_t *loop, const struct console_options *options,
                  struct room *room, const struct console_events *events, void *owner);

/* Takes the terminal and shows the banner: "STATE · /help lists commands · Ctrl-D LEAVES". */
int console_open(struct console *console, const char *state, bool ends, struct err *err);

/* Shows the rest, restores the terminal and leaves the loop; closed() follows. */
void console_close(struct console *console);

/* Restores the terminal at once, because the process is about to end. */
void console_abandon(struct console *console);
