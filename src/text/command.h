/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command: the /commands, in one table that gives parsing, /help and completion.
 *
 * They are typed by a person at a prompt, or by the peers of a room; which of them there are is a
 * matter of the audience. Nothing is copied: what a parsed line holds are pieces of that line.
 *
 * A line is text unless it begins with a slash and a letter and its first word holds no other slash
 * (a path that was pasted is text). "//x" is the text "/x". Blanks are spaces and tabs; commands
 * are written in lower case. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum command_audience {
    COMMAND_OF_CONNECT = 1,
    COMMAND_OF_LISTEN = 2, /* the operator */
    COMMAND_OF_PEER = 4,   /* a member of a room, at the other end of a connection */
};

enum command_word {
    COMMAND_HELP,
    COMMAND_QUIT,
    COMMAND_STATUS,
    COMMAND_ENCODING,
    COMMAND_SEND,
    COMMAND_CLEAR,
    COMMAND_WHO,
    COMMAND_TO,
    COMMAND_KICK,
    COMMAND_NICK,
    COMMAND_LOCK,
    COMMAND_UNLOCK,
    COMMAND_ME,
    COMMAND_MSG,
};

enum command_takes {
    TAKES_NOTHING,
    TAKES_PEER,
    TAKES_NAME, /* a new one */
    TAKES_CHARSET,
    TAKES_LIST, /* of charsets */
    TAKES_FILE, /* all that is left of the line */
    TAKES_TEXT, /* the same */
};

enum { COMMAND_ARGUMENTS = 2, COMMAND_SHOWN = 64 };

/* A word that means different things to different audiences has a row for each. */
struct command_row {
    enum command_word word;
    const char *name;      /* without the slash */
    const char *arguments; /* as they are shown: "PEER TEXT", or "" */
    unsigned audiences;    /* a set of enum command_audience */
    size_t least;          /* so many arguments are needed; those in `takes` are allowed */
    enum command_takes takes[COMMAND_ARGUMENTS];
    const char *help;
};

/* The rows of an audience whose names begin with these n bytes, in the order of /help: the one
 * after `previous`, the first after NULL, NULL after the last. */
const struct command_row *command_next(const struct command_row *previous,
                                       enum command_audience audience, const char *prefix,
                                       size_t n);

/* "/to PEER TEXT". */
void command_shown(const struct command_row *row, char shown[COMMAND_SHOWN]);

/* ---- parsing ---- */

/* Whether a line that begins with these n bytes is a command, known or not, and no text. */
bool command_begins(const void *bytes, size_t n);

/* Part of a line; not ended by NUL. */
struct command_piece {
    const char *text;
    size_t length;
};

enum command_kind {
    COMMAND_IS_TEXT,
    COMMAND_IS_CALL,
    COMMAND_IS_NEAR,    /* no command of this audience, but at most one mistake away from `row`;
                           capital letters are none */
    COMMAND_IS_UNKNOWN, /* no command of this audience; `row` is a guess, be it the only one that
                           begins so, or NULL */
};

struct command_line {
    enum command_kind kind;
    struct command_piece text; /* what to send where it is to be sent */
    struct command_piece word; /* as typed, without its slash; empty in a text */
    const struct command_row *row;
    struct command_piece arguments[COMMAND_ARGUMENTS]; /* without blanks around them */
    size_t count;                                      /* of arguments */
};

/* Of a call with too few or too many arguments `row` is known and the return is -1, with a sentence
 * that says how it is written (ERR_USAGE). */
int command_parse(const char *line, enum command_audience audience, struct command_line *parsed,
                  struct err *err);

/* ---- completion ---- */

enum command_completes {
    COMPLETES_COMMAND = 1, /* by command_next */
    COMPLETES_PEER = 2,
    COMPLETES_CHARSET = 4,
    COMPLETES_FILE = 8,
};

struct command_completion {
    unsigned kinds; /* a set of enum command_completes; 0: nothing can be completed here */
    size_t start;   /* of what is completed: after a command's slash, after a list's last comma */
};

/* Of the n bytes of a line that stand before the cursor. */
struct command_completion command_complete(const char *text, size_t n,
                                           enum command_audience audience);
