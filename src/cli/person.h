/* person: what a person at a terminal needs, from the options: a room, and the console at which
 * they are its operator. */
#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "cli/run.h"
#include "io/tap.h"
#include "talk/room.h"
#include "talk/transcript.h"
#include "text/charset.h"
#include "ui/console.h"

/* What `listen` does for its operator; see console_events. */
typedef int person_lock(void *owner, bool locked, char *sentence, size_t size, struct err *err);

struct person {
    struct run *run;
    struct charset *local, *utf8, *legacy;
    struct transcript transcript;
    bool writes_transcript;
    char name[MEMBER_NAME];
    struct room room;
    struct console console;
    struct err outcome;
    bool is_open;
    handler_done *done;
    void *owner;
    person_lock *lock;
};

/* Opens charsets and files. `output`: NULL, or where -o writes to. done(owner, err) follows when
 * the conversation is over and the terminal is as it was. */
int person_init(struct person *person, struct run *run, const struct options *options,
                struct charsets *charsets, struct charset *local, struct tap_file *output,
                handler_done *done, person_lock *lock, void *owner, struct err *err);

/* Takes the terminal; `state` is what the banner begins with. */
int person_open(struct person *person, const char *state, struct err *err);

/* After the loop; gives the terminal back if a signal ended the loop. */
void person_fini(struct person *person);
