/* SPDX-License-Identifier: GPL-3.0-or-later */
/* person: what a person at a terminal needs, from the options: a room, and the console at which
 * they are its operator. */
#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "cli/run.h"
#include "room/room.h"
#include "ui/console.h"

/* What `listen` does for its operator; see console_options. */
typedef int person_lock(void *owner, bool locked, char *sentence, size_t size, struct err *err);

struct person {
    struct run *run;
    char name[MEMBER_NAME];
    struct room *room;
    struct console console;
    bool is_open;
    void (*closed)(void *owner);
    void *closed_owner;
};

/* Makes the person the room's operator. `lock` is called with this owner too. */
void person_init(struct person *person, struct run *run, const struct options *options,
                 struct room *room, person_lock *lock, void *owner);

/* Takes the terminal; `state` is what the banner begins with. */
int person_open(struct person *person, const char *state, struct err *err);

/* Shows what is left; closed(owner) follows once the terminal is as it was. */
void person_close(struct person *person, void (*closed)(void *owner), void *owner);

/* After the loop; gives the terminal back if a signal ended the loop. */
void person_fini(struct person *person);
