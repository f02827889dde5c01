/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setup_room: from the options to a room and its operator: a console at a terminal, or standard
 * input and output. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/context.h"
#include "cli/encodings.h"
#include "cli/setup_bot.h"
#include "room/room.h"
#include "room/stdio_operator.h"
#include "ui/module.h"

struct setup_room {
    struct context *context;
    struct encodings encodings;
    struct setup_bot bot;
    char *reply; /* of --reply, as UTF-8 or bytes; owned */
    char name[MEMBER_NAME];
    struct room room;
    const struct ui_module *ui; /* NULL: no person talks */
    struct console console;     /* the operator where a person talks; else: */
    struct stdio_operator stdio_operator;
    bool is_open; /* the operator */
    struct err outcome;
};

/* Opens charsets. ERR_USAGE: a charset, --name, --reply or a file of a bot is wrong. */
int setup_room_init(struct setup_room *setup, struct context *context, struct err *err);

/* Takes the terminal, or standard input and output. The banner at a terminal begins with `state`.
 */
int setup_room_open(struct setup_room *setup, const char *state, struct err *err);

/* After a signal has ended the loop. Rooms, and pipes whose standard input has ended, come to an
 * orderly end, for which the loop goes on a while. Other pipes are broken off. */
void setup_room_interrupt(struct setup_room *setup);

/* After the loop. */
void setup_room_fini(struct setup_room *setup);
