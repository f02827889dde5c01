/* SPDX-License-Identifier: GPL-3.0-or-later */
/* advice_table: words that other programs take for options, and what is written here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/option_table.h"

/* The answer to a word that other programs take for an option. */
enum advice_kind {
    ADVICE_SENTENCE, /* "TEXT", a message of gettext that may have the word as %s */
    ADVICE_WRITTEN,  /* "--charset is written TEXT" */
    ADVICE_PORT,     /* the port and the host are operands */
    ADVICE_HOST,
    ADVICE_LISTEN, /* it is the command */
};

/* Not an option of tcpchat: a habit from other netcats. */
struct advice {
    char letter;   /* 0: none */
    char name[32]; /* "": none */
    unsigned where;
    enum advice_kind kind;
    char text[136]; /* of the first two kinds */
};

enum { ADVICE_ROWS_MAX = 64 };

/* Names that getopt knows, so that their beginnings are theirs, too. */
extern const struct advice advice_table[];
extern const size_t advice_row_count;

/* Finds a word among further names, in small letters, that shorten no other one, and then among
 * those of advice_table. *advice is the row with that name alone. */
bool advice_find(enum command command, const char *name, struct advice *advice);
