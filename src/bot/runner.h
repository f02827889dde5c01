/* SPDX-License-Identifier: GPL-3.0-or-later */
/* runner: one run through statements, as a list of steps that its owner carries out.
 *
 * A script is one run; the answer of a rule is another one. A runner has no clock, no timer and no
 * peer: the owner says the time, and asks for the next step once the former one is done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/statement.h"

enum runner_step {
    RUNNER_ACTS,    /* *statement is SEND or LOG */
    RUNNER_WAITS,   /* until runner->until */
    RUNNER_EXPECTS, /* *statement is EXPECT or EXPECT_CLOSE, whose time ends at runner->until */
    RUNNER_FAILS,   /* *statement is FAIL */
    RUNNER_CLOSES,
    RUNNER_DONE,
};

struct runner {
    const struct playbook *playbook;
    size_t at, end; /* the next statement, and the one behind the last */
    uint64_t until; /* ms of the owner's clock */
    unsigned depth;
    struct {
        uint64_t left; /* of its times; 0: no end */
        uint64_t due;  /* the beginning of this time, in ms */
    } loops[PLAYBOOK_DEPTH];
};

/* A run through the whole script, or through the answer of a head. */
struct runner runner_of_script(const struct playbook *playbook);
struct runner runner_of_rule(const struct playbook *playbook, size_t head);

/* The next step. *statement is the one that it is about. */
enum runner_step runner_next(struct runner *runner, uint64_t now,
                             const struct statement **statement);
