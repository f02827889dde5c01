/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grammar: a line of a file as a statement. Rules and scripts have the same ones:
 *
 *     on /REGEX/ismx   on hex 01 ?? ..   on connect   on silence 2s   else     rules: heads
 *     expect /REGEX/ [within 5s] [else fail "sentence"]   expect hex ..   expect close   scripts
 *     fail "sentence"                                                                   scripts
 *     reply LITERAL = send LITERAL    after 20ms = wait 20ms    close    log [LITERAL]
 *     repeat [every 10ms] [100 times] ... end
 *
 * The manual tcpchat-rules(5) is their reference. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/must_check.h"
#include "bot/source.h"
#include "bot/statement.h"

/* The file while it is read. */
struct grammar {
    struct playbook *playbook;
    struct source source;
    unsigned captures;           /* that a literal may name: those of the last pattern */
    size_t open[PLAYBOOK_DEPTH]; /* repetitions whose end is to come */
    unsigned depth;
    bool has_other; /* the rules have their "else" */
};

/* Reads the line of the source. NO_STATEMENT: it belongs to the statement before. -1 and *err: it
 * is wrong; the statement may have parts, which are the caller's to free. */
MUST_CHECK int grammar_read(struct grammar *grammar, struct statement *statement, struct err *err);
