/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command: the /commands, in one table for parsing, /help and completion.
 *
 * A person at a prompt types them, or the peers of a room; each audience has its own. A parsed line
 * points into the line and copies nothing.
 *
 * A command begins with a slash and a letter, and its first word holds no other slash: a pasted
 * path is text. "//x" is the text "/x". Blanks are spaces and tabs; commands are written in lower
 * case. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "text/word.h"

enum command_audience {
    COMMAND_OF_CONNECT = 1,
    COMMAND_OF_LISTEN = 2,  /* the operator of peers that do not hear each other */
    COMMAND_OF_PEER = 4,    /* a member of a room, on the wire */
    COMMAND_OF_CHAT = 8,    /* the operator of a room */
    COMMAND_OF_MEMBER = 16, /* `connect`, where the peer is a room */
};

enum command_word {
    COMMAND_HELP,
    COMMAND_QUIT,
    COMMAND_STATUS,
    COMMAND_ENCODING,
    COMMAND_SEND,
    COMMAND_CLEAR,
    COMMAND_EXPLAIN,
    COMMAND_WHO,
    COMMAND_TO,
    COMMAND_KICK,
    COMMAND_NICK,
    COMMAND_LOCK,
    COMMAND_UNLOCK,
    COMMAND_ME,
    COMMAND_MSG,
    COMMAND_EOL,
    COMMAND_VIEW,
    COMMAND_BYTES,
    COMMAND_EVERY,
    COMMAND_STOP,
    COMMAND_M,
    COMMAND_SAVE,
};

enum command_takes {
    TAKES_NOTHING,
    TAKES_PEER,
    TAKES_NAME, /* a new one */
    TAKES_CHARSET,
    TAKES_LIST, /* of charsets */
    TAKES_FILE, /* the rest of the line */
    TAKES_TEXT, /* the same */
    TAKES_SWITCH,
    TAKES_EOL,
    TAKES_VIEW,
    TAKES_LITERAL, /* the rest of the line */
    TAKES_TIME,
    TAKES_NUMBER,
    TAKES_SAVED, /* the name of a saved message */
};

enum { COMMAND_ARGUMENTS = 2, COMMAND_SHOWN = 64 };

/* A command with different meanings for different audiences has a row for each. */
struct command_row {
    enum command_word word;
    char name[12];      /* without the slash */
    char arguments[16]; /* as they are shown: "PEER TEXT", or "" */
    unsigned audiences; /* a set of enum command_audience */
    size_t least;       /* number of needed arguments; `takes` has all */
    enum command_takes takes[COMMAND_ARGUMENTS];
    char help[80];
};

/* Iterates over the rows of an audience whose names begin with n bytes, in the order of /help: the
 * first row after NULL, NULL after the last. */
const struct command_row *command_next(const struct command_row *previous,
                                       enum command_audience audience, const char *prefix,
                                       size_t n);

/* "/to PEER TEXT". */
void command_shown(const struct command_row *row, char shown[COMMAND_SHOWN]);

/* ---- parsing ---- */

/* Whether a line that begins with n bytes is a command, known or not, and not text. */
bool command_begins(const void *bytes, size_t n);

/* Copies a piece of a line to `word` (size > 0), with a NUL; it is cut where it is too long. */
void command_copy(char *word, size_t size, struct word piece);

enum command_kind {
    COMMAND_IS_TEXT,
    COMMAND_IS_CALL,
    COMMAND_IS_NEAR,    /* not a command of this audience, but at most one mistake away from `row`;
                           capital letters are not mistakes */
    COMMAND_IS_UNKNOWN, /* not a command of this audience; `row` is a guess (the closest, or the
                           only one that begins so) or NULL */
};

struct command_line {
    enum command_kind kind;
    struct word text; /* the text to send */
    struct word word; /* as typed, without its slash; empty for text */
    const struct command_row *row;
    struct word arguments[COMMAND_ARGUMENTS]; /* without blanks around them */
    size_t count;                             /* of arguments */
};

/* -1 and ERR_USAGE with a sentence for a call with too few or too many arguments; parsed->row is
 * set then, too. */
int command_parse(const char *line, enum command_audience audience, struct command_line *parsed,
                  struct err *err);

/* ---- completion ---- */

enum command_completes {
    COMPLETES_COMMAND = 1, /* by command_next */
    COMPLETES_PEER = 2,
    COMPLETES_CHARSET = 4,
    COMPLETES_FILE = 8,
    COMPLETES_ADDRESSEE = 16, /* a peer at the beginning of a text: "alice: " */
    COMPLETES_SWITCH = 32,    /* on or off */
    COMPLETES_EOL = 64,
    COMPLETES_VIEW = 128,
    COMPLETES_SAVED = 256, /* a saved message */
};

struct command_completion {
    unsigned kinds; /* a set of enum command_completes; 0: there is no completion */
    size_t start;   /* of the completed word: behind a slash, or the last comma of a list */
};

/* The completion for the n bytes of a line in front of the cursor. */
struct command_completion command_complete(const char *text, size_t n,
                                           enum command_audience audience);
