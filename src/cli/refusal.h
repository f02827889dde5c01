/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refusal: the sentence about a word that is no option here, or not rightly one.
 *
 * Functions return -1 with a sentence (ERR_USAGE); 0 where the word is taken all the same, because
 * it names an operand, which is refused with the others at the end. */
#pragma once

#include "base/err.h"
#include "cli/advice_table.h"
#include "cli/operands.h"
#include "cli/typing.h"

/* The word that is read. */
struct refusal {
    enum command command;
    struct operands *operands;
    const char *word;  /* of argv */
    const char *value; /* of the option, in the word or the next one; NULL: it has none */
};

/* "-k, --keep-open" */
enum { REFUSAL_TYPED = 64 };
void refusal_typed(char letter, const char *name, char typed[REFUSAL_TYPED]);

/* A word with the name of a long option and one hyphen, `-chat`, before it is read as letters. 1
 * where it is none. */
int refusal_check_hyphen(const struct refusal *refusal, struct err *err);

/* The same for the beginning of a name, or nearly one, after it was refused as letters. *err stays
 * where it is none. */
void refusal_explain_hyphen(const struct refusal *refusal, struct err *err);

/* The option that was meant by a word that begins with a dash of typography. False: it does not. */
bool refusal_undash(enum command command, const char *word, char option[TYPING_WORD]);

/* An operand that begins with a dash of typography, `listen —k`, is refused. */
int refusal_check_dash(const struct refusal *refusal, struct err *err);

/* `letter` is how the advice was asked for; 0: by its name. */
int refusal_advise(const struct refusal *refusal, const struct advice *advice, char letter,
                   struct err *err);
int refusal_elsewhere(const struct refusal *refusal, const char *typed, unsigned where,
                      struct err *err);
int refusal_unknown_letter(const struct refusal *refusal, char letter, struct err *err);
int refusal_unknown_name(const struct refusal *refusal, struct err *err);

/* An option without its argument, or a flag with one. The row is of this command. */
int refusal_argument(const struct refusal *refusal, const char *typed, bool takes, struct err *err);

/* -1 and *err: the value was typed with an input method for Chinese, `-w １０`. 0: it was not, and
 * *err is unchanged, or says why the value is wrong also in ASCII. */
int refusal_explain_value(const struct refusal *refusal, const struct option_row *row,
                          const char *typed, struct err *err);

/* A list or an address that is read later, with characters of such an input method. */
int refusal_check_list(const struct refusal *refusal, const struct option_row *row,
                       const char *typed, struct err *err);
