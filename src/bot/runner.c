/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A repetition with a time is due at its beginning and then at whole multiples of the time, so that
 * no delay adds up: a late one is made at once. */
#include "bot/runner.h"

enum { JUMPS = 1000 /* of one step; then the owner's loop has its turn */ };

struct runner runner_of_script(const struct playbook *playbook)
{
    return (struct runner){.playbook = playbook, .end = playbook->count};
}

struct runner runner_of_rule(const struct playbook *playbook, size_t head)
{
    struct runner runner = {.playbook = playbook, .at = head + 1, .end = head + 1};

    while (runner.end < playbook->count && !statement_is_head(&playbook->statements[runner.end]))
        runner.end++;
    return runner;
}

static void enter(struct runner *runner, const struct statement *statement, uint64_t now)
{
    runner->loops[runner->depth].left = statement->times;
    runner->loops[runner->depth].due = now;
    runner->depth++;
}

/* At the end of a repetition. True: the next one is not due yet. */
static bool repeat(struct runner *runner, const struct statement *end, uint64_t now)
{
    const struct statement *begin = &runner->playbook->statements[end->other];
    uint64_t *left = &runner->loops[runner->depth - 1].left;
    uint64_t *due = &runner->loops[runner->depth - 1].due;

    if (*left && --*left == 0) {
        runner->depth--;
        return false;
    }
    runner->at = end->other + 1;
    *due = begin->ms ? *due + begin->ms : now;
    runner->until = *due;
    return *due > now;
}

static enum runner_step step_of(struct runner *runner, const struct statement *statement,
                                uint64_t now)
{
    switch (statement->kind) {
    case SEND:
    case LOG: return RUNNER_ACTS;
    case WAIT: runner->until = now + statement->ms; return RUNNER_WAITS;
    case EXPECT:
    case EXPECT_CLOSE: runner->until = now + statement->ms; return RUNNER_EXPECTS;
    case FAIL: return RUNNER_FAILS;
    case CLOSE: return RUNNER_CLOSES;
    default: return RUNNER_DONE;
    }
}

enum runner_step runner_next(struct runner *runner, uint64_t now,
                             const struct statement **statement)
{
    for (int jumps = 0; jumps < JUMPS; jumps++) {
        if (runner->at == runner->end)
            return RUNNER_DONE;
        *statement = &runner->playbook->statements[runner->at++];
        if ((*statement)->kind == REPEAT)
            enter(runner, *statement, now);
        else if ((*statement)->kind != END)
            return step_of(runner, *statement, now);
        else if (repeat(runner, *statement, now))
            return RUNNER_WAITS;
    }
    runner->until = now;
    return RUNNER_WAITS;
}
