/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statement: a statement of rules or of a script, and all that a file has of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/module.h"
#include "text/literal.h"

enum {
    PLAYBOOK_DEPTH = 8, /* of repetitions in repetitions */
    PLAYBOOK_STATEMENTS = 10000,
    PLAYBOOK_EXPECT_MS = 10 * 1000, /* an expectation without a time, as in expect(1) */
};

enum playbook_kind { PLAYBOOK_RULES, PLAYBOOK_SCRIPT };

enum statement_kind {
    /* Heads: the statements behind one, up to the next, are its answer. */
    ON_MATCH,
    ON_CONNECT,
    ON_SILENCE,
    ON_OTHER, /* else */
    /* Others: */
    EXPECT,
    EXPECT_CLOSE,
    FAIL,
    SEND,
    WAIT,
    CLOSE,
    LOG,
    REPEAT,
    END,
    NO_STATEMENT, /* the line belongs to the statement before */
};

struct statement {
    enum statement_kind kind;
    unsigned line;
    struct pattern *pattern; /* of ON_MATCH and EXPECT */
    bool of_bytes;           /* the pattern is */
    struct literal *literal; /* of SEND and LOG; NULL in LOG: the message */
    char *text;              /* EXPECT: the pattern as it is written; FAIL: the sentence */
    char *sentence;          /* of EXPECT and EXPECT_CLOSE, in place of the usual one; or NULL */
    uint64_t ms;             /* ON_SILENCE, EXPECT, WAIT; REPEAT: 0 without a time */
    uint64_t times;          /* REPEAT: 0 without an end */
    size_t other;            /* the END of a REPEAT, and the REPEAT of an END */
};

struct playbook {
    enum playbook_kind kind;
    const char *path; /* the caller's */
    const struct bot_module *module;
    struct statement *statements;
    size_t count, capacity;
};

static inline bool statement_is_head(const struct statement *statement)
{
    return statement->kind <= ON_OTHER;
}
