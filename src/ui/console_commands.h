/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console_commands: carries out the /commands of a person; text/command reads them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "io/opener.h"
#include "room/room.h"
#include "text/command.h"
#include "ui/bench_commands.h"
#include "ui/membership.h"
#include "ui/screen.h"
#include "ui/upload.h"

struct console_commands_options {
    enum command_audience audience; /* at first */
    const char *name;               /* the person's on the screen; NULL: ROSTER_YOU */
    /* Carries out /lock and /unlock and writes the outcome to `sentence`; -1 and *err. */
    int (*lock)(void *owner, bool locked, char *sentence, size_t size, struct err *err);
    /* A sentence about peers that wait for a place; false: none waits. NULL: none ever does. */
    bool (*describe_waiting)(void *owner, char *sentence, size_t size);
    void *owner;          /* of both */
    struct opener opener; /* of the person's files */
};

/* Everything that it points to is the caller's. */
struct console_commands {
    struct console_commands_options options;
    struct room *room;
    struct screen *screen;
    struct upload *upload;
    enum command_audience audience; /* of now, and so is the name */
    char name[MEMBER_NAME];
    struct membership membership; /* of `connect` */
    struct bench bench;
    bool has_quit;
};

void console_commands_init(struct console_commands *commands,
                           const struct console_commands_options *options, struct room *room,
                           struct screen *screen, struct upload *upload);

/* Whether the person is at `connect`, and so at one of two audiences. */
static inline bool console_commands_connects(const struct console_commands *commands)
{
    return commands->audience & (COMMAND_OF_CONNECT | COMMAND_OF_MEMBER);
}

void console_commands_fini(struct console_commands *commands);

/* After a message of the peer was shown. True: the set of commands has changed. */
bool console_commands_heard(struct console_commands *commands, const struct inbound *inbound);

/* A peer has left: a far room's commands are none any more. */
void console_commands_left(struct console_commands *commands);

/* Carries out a command that was typed so, and tells the outcome on the screen. */
void console_commands_run(struct console_commands *commands, const struct command_line *line,
                          const char *typed);
