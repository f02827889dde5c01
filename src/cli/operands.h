/* SPDX-License-Identifier: GPL-3.0-or-later */
/* operands: the words of the command line that are no options, and other words for an address. */
#pragma once

#include "base/err.h"
#include "cli/option_table.h"

enum { OPERANDS = 2 };

/* Begins zeroed. */
struct operands {
    const char *words[OPERANDS];
    int count; /* may be above OPERANDS */
};

/* -1 and ERR_USAGE: the word was meant as an option. */
int operands_take(struct operands *operands, enum command command, const char *word,
                  struct err *err);

/* Reads the addresses of options->address, also from socket activation, and of --forward. -1 and
 * ERR_USAGE: a sentence says how to write it. */
int operands_read(struct options *options, const struct operands *operands, struct err *err);
