/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console_commands: carries out the /commands of a person; text/command reads them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "room/room.h"
#include "text/command.h"
#include "ui/screen.h"
#include "ui/upload.h"

struct console_commands_options {
    enum command_audience audience;
    const char *name; /* the person's on the screen; NULL: "you" */
    /* Carries out /lock and /unlock and writes the outcome to `sentence`; -1 and *err. */
    int (*lock)(void *owner, bool locked, char *sentence, size_t size, struct err *err);
    void *lock_owner;
};

/* Everything that it points to is the caller's. */
struct console_commands {
    struct console_commands_options options;
    struct room *room;
    struct screen *screen;
    struct upload *upload;
    char name[MEMBER_NAME]; /* of now */
};

void console_commands_init(struct console_commands *commands,
                           const struct console_commands_options *options, struct room *room,
                           struct screen *screen, struct upload *upload);

/* Tells the outcome on the screen. */
void console_commands_run(struct console_commands *commands, const struct command_line *line);
