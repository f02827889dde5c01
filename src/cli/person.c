/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/person.h"

#include <stdio.h>
#include <stdlib.h>

static bool wants_color(const struct options *options)
{
    const char *refused = getenv("NO_COLOR");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return terminal_is_able() && !(refused && *refused);
}

static struct console_options console_options(const struct options *options, const char *name)
{
    return (struct console_options){
        .commands = {.audience = options->command == COMMAND_CONNECT ? COMMAND_OF_CONNECT
                                                                     : COMMAND_OF_LISTEN,
                     .name = options->name ? name : NULL},
        .color = wants_color(options),
        .timestamps = options->timestamps,
        .raw = options->raw,
        .history = !options->no_history,
        .no_finish = options->no_shutdown,
    };
}

/* ---- what the room and the console tell ---- */

static void on_signalled(void *owner, int number)
{
    run_stop(((struct person *)owner)->run, number);
}

static void on_console_closed(void *owner)
{
    struct person *person = owner;

    run_divert_log(NULL, NULL, NULL);
    person->is_open = false;
    person->closed(person->closed_owner);
}

static const struct console_events console_events = {on_signalled, on_console_closed};

static void say(void *owner, const char *line)
{
    screen_notice(owner, line);
}

static void show(void *owner, const char *line)
{
    screen_plain(owner, line);
}

/* ---- coming and going ---- */

void person_init(struct person *person, struct run *run, const struct options *options,
                 struct room *room, person_lock *lock, void *owner)
{
    struct console_options console;

    *person = (struct person){.run = run, .room = room};
    snprintf(person->name, sizeof person->name, "%s", room->roster.own);
    console = console_options(options, person->name);
    console.commands.lock = lock;
    console.commands.lock_owner = owner;
    console_init(&person->console, &run->loop, &console, room, &console_events, person);
    room->op = &person->console.op;
}

int person_open(struct person *person, const char *state, struct err *err)
{
    bool connects = person->console.options.commands.audience == COMMAND_OF_CONNECT;

    if (console_open(&person->console, state, connects ? "ends" : "leaves", err) < 0)
        return -1;
    person->is_open = true;
    run_divert_log(say, show, &person->console.screen);
    return 0;
}

void person_close(struct person *person, void (*closed)(void *owner), void *owner)
{
    person->closed = closed;
    person->closed_owner = owner;
    console_close(&person->console);
}

void person_fini(struct person *person)
{
    if (!person->is_open)
        return;
    run_divert_log(NULL, NULL, NULL);
    console_abandon(&person->console);
}
