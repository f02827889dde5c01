/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/playbook.h"

#include <stdlib.h>

#include "base/language.h"
#include "bot/grammar.h"

static int grow(struct playbook *playbook, struct err *err)
{
    size_t capacity = playbook->capacity ? 2 * playbook->capacity : 16;
    struct statement *statements;

    if (playbook->count < playbook->capacity)
        return 0;
    statements = realloc(playbook->statements, capacity * sizeof *statements);
    if (!statements)
        return err_memory(err);
    playbook->statements = statements;
    playbook->capacity = capacity;
    return 0;
}

static void free_statement(const struct playbook *playbook, struct statement *statement)
{
    playbook->module->free(statement->pattern);
    literal_free(statement->literal);
    free(statement->text);
    free(statement->sentence);
}

/* ---- the file ---- */

static int read_lines(struct grammar *grammar, struct err *err)
{
    struct playbook *playbook = grammar->playbook;

    while (source_next_line(&grammar->source)) {
        struct statement statement = {.kind = NO_STATEMENT};

        if (playbook->count == PLAYBOOK_STATEMENTS)
            return source_refuse(&grammar->source, grammar->source.first, err,
                                 N_("a file has at most %d statements"), PLAYBOOK_STATEMENTS);
        if (grow(playbook, err) < 0 || grammar_read(grammar, &statement, err) < 0) {
            free_statement(playbook, &statement);
            return -1;
        }
        if (statement.kind != NO_STATEMENT)
            playbook->statements[playbook->count++] = statement;
    }
    return 0;
}

static int check_whole(struct grammar *grammar, struct err *err)
{
    const struct playbook *playbook = grammar->playbook;
    struct source *source = &grammar->source;

    source->begin = source->end;
    if (grammar->depth) {
        source->line = playbook->statements[grammar->open[grammar->depth - 1]].line;
        return source_refuse(source, source->begin, err, N_("this repeat has no end"));
    }
    if (playbook->count)
        return 0;
    source->line = 1;
    return source_refuse(source, source->begin, err,
                         playbook->kind == PLAYBOOK_RULES
                             ? N_("there is no rule in the file")
                             : N_("there is no statement in the file"));
}

int playbook_read(struct playbook *playbook, enum playbook_kind kind, const char *path,
                  const struct bot_module *module, struct charset *utf8, struct charset *local,
                  struct err *err)
{
    struct grammar grammar = {.playbook = playbook};
    int result;

    *playbook = (struct playbook){.kind = kind, .path = path, .module = module};
    if (source_open(&grammar.source, path, utf8, local, err) < 0)
        return -1;
    result = read_lines(&grammar, err);
    if (result == 0)
        result = check_whole(&grammar, err);
    source_fini(&grammar.source);
    if (result < 0)
        playbook_fini(playbook);
    return result;
}

void playbook_fini(struct playbook *playbook)
{
    for (size_t i = 0; i < playbook->count; i++)
        free_statement(playbook, &playbook->statements[i]);
    free(playbook->statements);
    playbook->statements = NULL;
    playbook->count = playbook->capacity = 0;
}
