/* SPDX-License-Identifier: GPL-3.0-or-later */
/* operands: the words of the command line that are no options, and other words for an address. */
#pragma once

#include "base/err.h"
#include "cli/correction.h"
#include "cli/option_table.h"

enum { OPERANDS = 2 };

enum operand_name { OPERAND_HOST, OPERAND_PORT };

/* Begins zeroed, except `line`, and `unnamed`, which begins as a copy of it. */
struct operands {
    struct correction line; /* the command line as it was typed */
    const char *words[OPERANDS];
    int count;         /* may be above OPERANDS */
    const char *extra; /* the first word above OPERANDS */

    /* Operands that were given as options. */
    struct correction unnamed; /* line without those options */
    const char *named[2];      /* by enum operand_name: their values; NULL: there is none */
    char typed[64];            /* the first of the options; empty: there is none */
    enum operand_name typed_name;
    enum operand_name expected;
    bool expects;   /* the next word is the value of `expected` */
    bool is_listen; /* the first of the options is -l, which is the command */

    /* The port of this side: arguments of correction_drop. */
    const char *source_word, *source_port; /* NULL: it was not given */
    char source_letter;

    const char *family_word; /* with the letter of -4 or -6; NULL: neither was given */
    char family;

    /* The last value that looks like a port, and its option. NULL: there is none. */
    const char *value;
    const struct option_row *taker;
};

void operands_take(struct operands *operands, const char *word);

/* An option that names an operand: `--port 8080`. The arguments are those of correction_drop; the
 * next word is the value where there is none. */
void operands_take_named(struct operands *operands, enum operand_name name, const char *word,
                         char letter, const char *value);

/* -l or --listen. */
void operands_take_listen(struct operands *operands, const char *word, char letter);

/* The port of this side, which may have been meant as the one to connect to. */
void operands_note_source_port(struct operands *operands, const char *word, char letter,
                               const char *value);

/* -4 or -6, which an address may contradict. */
void operands_note_family(struct operands *operands, const char *word, char letter);

/* The value of an option, which may have been meant as the port. */
void operands_note_value(struct operands *operands, const struct option_row *row,
                         const char *value);

/* Reads the addresses of options->address, also from socket activation, and of --forward. -1 and
 * ERR_USAGE: a sentence says how to write it. */
int operands_read(struct options *options, const struct operands *operands, struct err *err);
