/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option_table: every option, one row each.
 *
 * Parsing, --help, the environment's names and the hidden `tcpchat __options` all come from here,
 * and tests hold the man page and the completions against it. */
#pragma once

#include <stddef.h>

enum option_type {
    OPTION_FLAG,
    OPTION_REPEATED, /* a flag that counts how often it is given: an unsigned number */
    OPTION_TEXT,
    OPTION_LIST, /* texts up to NULL: given often, it adds up */
    OPTION_CHARSET,
    OPTION_PEER_CHARSET, /* the same, a list, auto or raw; its variable counts at a terminal only */
    OPTION_TIME,         /* a struct duration */
    OPTION_DEADLINE,     /* the same, and not 0 */
    OPTION_PORT,
    OPTION_BAD_TEXT, /* of a struct text_options, */
    OPTION_CRLF,     /* as is this flag */
    OPTION_COLOR,
    OPTION_SIZE,  /* a struct size */
    OPTION_RATE,  /* a struct per_second */
    OPTION_COUNT, /* an unsigned number above 0 */
};

struct option_row {
    char letter;          /* 0: none */
    const char *name;     /* NULL: none */
    const char *argument; /* NULL: a flag */
    unsigned where;       /* a set of enum command */
    enum option_type type;
    size_t target;        /* offset in struct options */
    const char *variable; /* NULL: no preference */
    const char *help;     /* NULL: accepted, not shown */
};

/* What is no option of tcpchat: how the other netcats write something, with a sentence, and what a
 * later version brings, without. */
struct advice {
    char letter;      /* 0: none */
    const char *name; /* NULL: none */
    unsigned where;
    const char *sentence;
};

enum { OPTION_ROWS = 52, ADVICE_ROWS = 16 };

extern const struct option_row option_table[OPTION_ROWS];

/* The variables that hold preferences, up to NULL. */
void options_preferences(const char *names[OPTION_ROWS + 1]);

extern const struct advice advice_table[ADVICE_ROWS];
