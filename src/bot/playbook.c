/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/playbook.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "bot/expression.h"
#include "text/literal_parse.h"
#include "text/suggest.h"

enum { IN_RULES = 1 << PLAYBOOK_RULES, IN_SCRIPTS = 1 << PLAYBOOK_SCRIPT, IN_BOTH = 3 };

/* The file while it is read. */
struct reader {
    struct playbook *playbook;
    struct source source;
    unsigned captures;           /* that a literal may name: those of the last pattern */
    size_t open[PLAYBOOK_DEPTH]; /* repetitions whose end is to come */
    unsigned depth;
    bool has_other; /* the rules have their "else" */
};

/* ---- parts of statements ---- */

static int take_literal(struct reader *reader, struct statement *statement, struct err *err)
{
    struct source *source = &reader->source;
    struct word rest = source_take_rest(source);
    unsigned captures = reader->captures ? reader->captures : LITERAL_UNMATCHED;

    if (!rest.n)
        return source_refuse(source, rest.at, err, N_("there is nothing to send"));
    statement->literal =
        literal_parse(rest.at, rest.n, source_column(source, rest.at), captures, err);
    if (statement->literal)
        return 0;
    return err->kind == ERR_USAGE ? source_prefix(source, err) : -1;
}

/* "SENTENCE", which the quotes end: a sentence has no escapes. */
static int take_sentence(struct reader *reader, char **sentence, struct err *err)
{
    struct source *source = &reader->source;
    const char *begin = source->at + 1, *end;

    if (source->at == source->end || *source->at != '"')
        return source_refuse(source, source->at, err,
                             N_("a sentence in quotes stands here: fail \"sentence\""));
    end = memchr(begin, '"', (size_t)(source->end - begin));
    if (!end || end == begin)
        return source_refuse(source, source->at, err,
                             N_("the sentence has no end: a \" is missing"));
    source->at = end + 1;
    while (source->at < source->end && strchr(" \t", *source->at))
        source->at++;
    *sentence = strndup(begin, (size_t)(end - begin));
    return *sentence ? 0 : err_memory(err);
}

static int take_expression(struct reader *reader, struct statement *statement, struct err *err)
{
    bool whole = reader->playbook->kind == PLAYBOOK_RULES;
    struct expression expression;

    if (expression_take(&reader->source, reader->playbook->module, whole, &expression, err) < 0)
        return -1;
    statement->pattern = expression.pattern;
    statement->of_bytes = expression.of_bytes;
    statement->text = expression.text;
    reader->captures = 1 + reader->playbook->module->groups(statement->pattern);
    return 0;
}

/* ---- statements of rules ---- */

static int read_on(struct reader *reader, struct statement *statement, struct err *err)
{
    struct source *source = &reader->source;
    const char *begin = source->at;

    reader->captures = 0;
    statement->kind = ON_MATCH;
    if (source_take_if(source, "connect")) {
        statement->kind = ON_CONNECT;
        return 0;
    }
    if (source_take_if(source, "silence")) {
        statement->kind = ON_SILENCE;
        return source_take_time(source, &statement->ms, err);
    }
    if (reader->has_other)
        return source_refuse(source, begin, err,
                             N_("no message comes to a rule behind else, which is the last one"));
    return take_expression(reader, statement, err);
}

static int read_else_fail(struct reader *reader, char **sentence, struct err *err)
{
    if (!source_take_if(&reader->source, "fail"))
        return source_refuse(&reader->source, reader->source.at, err,
                             N_("else has its sentence here: else fail \"sentence\""));
    return take_sentence(reader, sentence, err);
}

/* In a script it belongs to the expectation of the line before. */
static int read_else(struct reader *reader, struct statement *statement, struct err *err)
{
    struct playbook *playbook = reader->playbook;
    struct statement *last = playbook->count ? &playbook->statements[playbook->count - 1] : NULL;

    if (playbook->kind == PLAYBOOK_SCRIPT) {
        if (!last || last->sentence || (last->kind != EXPECT && last->kind != EXPECT_CLOSE))
            return source_refuse(&reader->source, reader->source.first, err,
                                 N_("else stands behind an expect"));
        return read_else_fail(reader, &last->sentence, err);
    }
    if (reader->has_other)
        return source_refuse(&reader->source, reader->source.first, err,
                             N_("there is an else already"));
    reader->has_other = true;
    reader->captures = 1;
    statement->kind = ON_OTHER;
    return 0;
}

/* ---- statements of scripts ---- */

static int read_expect(struct reader *reader, struct statement *statement, struct err *err)
{
    struct source *source = &reader->source;

    statement->kind = EXPECT;
    statement->ms = PLAYBOOK_EXPECT_MS;
    if (source_take_if(source, "close"))
        statement->kind = EXPECT_CLOSE;
    else if (take_expression(reader, statement, err) < 0)
        return -1;
    if (source_take_if(source, "within") && source_take_time(source, &statement->ms, err) < 0)
        return -1;
    return source_take_if(source, "else") ? read_else_fail(reader, &statement->sentence, err) : 0;
}

static int read_fail(struct reader *reader, struct statement *statement, struct err *err)
{
    statement->kind = FAIL;
    return take_sentence(reader, &statement->text, err);
}

/* ---- statements of both ---- */

static int read_send(struct reader *reader, struct statement *statement, struct err *err)
{
    statement->kind = SEND;
    return take_literal(reader, statement, err);
}

static int read_wait(struct reader *reader, struct statement *statement, struct err *err)
{
    statement->kind = WAIT;
    return source_take_time(&reader->source, &statement->ms, err);
}

static int read_close(struct reader *reader, struct statement *statement, struct err *err)
{
    statement->kind = CLOSE;
    return source_check_end(&reader->source, err);
}

static int read_log(struct reader *reader, struct statement *statement, struct err *err)
{
    statement->kind = LOG;
    return reader->source.at == reader->source.end ? 0 : take_literal(reader, statement, err);
}

static int read_times(struct reader *reader, struct statement *statement, struct err *err)
{
    struct word word;
    char number[10] = "";

    source_take(&reader->source, &word);
    if (word.n && word.n < sizeof number)
        memcpy(number, word.at, word.n);
    statement->times = (uint64_t)strtoul(number, NULL, 10);
    if (statement->times && !number[strspn(number, "0123456789")] &&
        (source_take_if(&reader->source, "times") || source_take_if(&reader->source, "time")))
        return 0;
    return source_refuse(&reader->source, word.at, err,
                         N_("write repeat 100 times, or repeat every 10ms 100 times"));
}

static int read_repeat(struct reader *reader, struct statement *statement, struct err *err)
{
    struct source *source = &reader->source;
    bool has_time = source_take_if(source, "every");

    statement->kind = REPEAT;
    if (has_time && source_take_time(source, &statement->ms, err) < 0)
        return -1;
    if ((!has_time || source->at < source->end) && read_times(reader, statement, err) < 0)
        return -1;
    if (reader->depth == PLAYBOOK_DEPTH)
        return source_refuse(source, source->first, err, N_("repetitions are at most eight deep"));
    reader->open[reader->depth++] = reader->playbook->count;
    return 0;
}

static int read_end(struct reader *reader, struct statement *statement, struct err *err)
{
    statement->kind = END;
    if (!reader->depth)
        return source_refuse(&reader->source, reader->source.first, err,
                             N_("there is no repeat to end"));
    statement->other = reader->open[--reader->depth];
    reader->playbook->statements[statement->other].other = reader->playbook->count;
    return 0;
}

/* ---- lines ---- */

static const struct {
    const char *word;
    unsigned where;
    bool is_head;
    int (*read)(struct reader *reader, struct statement *statement, struct err *err);
} words[] = {
    {"on", IN_RULES, true, read_on},
    {"else", IN_BOTH, true, read_else},
    {"reply", IN_BOTH, false, read_send},
    {"send", IN_BOTH, false, read_send},
    {"after", IN_BOTH, false, read_wait},
    {"wait", IN_BOTH, false, read_wait},
    {"close", IN_BOTH, false, read_close},
    {"log", IN_BOTH, false, read_log},
    {"repeat", IN_BOTH, false, read_repeat},
    {"end", IN_BOTH, false, read_end},
    {"expect", IN_SCRIPTS, false, read_expect},
    {"fail", IN_SCRIPTS, false, read_fail},
};

enum { WORDS = sizeof words / sizeof *words };

static int refuse_word(const struct reader *reader, struct word word, struct err *err)
{
    bool is_rules = reader->playbook->kind == PLAYBOOK_RULES;
    const char *file = is_rules ? "--rules" : "--script",
               *other = is_rules ? "--script" : "--rules";
    char name[SUGGEST_LENGTH + 1] = "";
    struct suggest suggest = {.word = name};

    memcpy(name, word.at, word.n < SUGGEST_LENGTH ? word.n : SUGGEST_LENGTH);
    for (size_t i = 0; i < WORDS; i++) {
        if (word_is(word, words[i].word))
            return source_refuse(&reader->source, word.at, err,
                                 N_("'%s' is a word of %s, not of %s"), name, other, file);
        if (words[i].where & (1u << reader->playbook->kind))
            suggest_offer(&suggest, words[i].word);
    }
    if (suggest.name)
        return source_refuse(&reader->source, word.at, err,
                             N_("'%s' is no word of %s; did you mean %s?"), name, file,
                             suggest.name);
    return source_refuse(&reader->source, word.at, err, N_("'%s' is no word of %s"), name, file);
}

/* In a script "else" is no head, and no statement. */
static int check_place(const struct reader *reader, size_t i, struct err *err)
{
    if (reader->playbook->kind == PLAYBOOK_SCRIPT)
        return 0;
    if (words[i].is_head && reader->depth)
        return source_refuse(&reader->source, reader->source.first, err,
                             N_("the repeat of the rule before has no end"));
    if (!words[i].is_head && !reader->playbook->count)
        return source_refuse(&reader->source, reader->source.first, err,
                             N_("an answer stands behind its rule: first on /REGEX/"));
    return 0;
}

static int read_statement(struct reader *reader, struct statement *statement, struct err *err)
{
    struct source *source = &reader->source;
    struct word word;

    statement->line = source->line;
    source_take(source, &word);
    for (size_t i = 0; i < WORDS; i++)
        if (word_is(word, words[i].word) && words[i].where & (1u << reader->playbook->kind))
            return check_place(reader, i, err) < 0 || words[i].read(reader, statement, err) < 0
                       ? -1
                       : source_check_end(source, err);
    return refuse_word(reader, word, err);
}

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

static int read_lines(struct reader *reader, struct err *err)
{
    struct playbook *playbook = reader->playbook;

    while (source_next_line(&reader->source)) {
        struct statement statement = {.kind = NO_STATEMENT};

        if (playbook->count == PLAYBOOK_STATEMENTS)
            return source_refuse(&reader->source, reader->source.first, err,
                                 N_("a file has at most %d statements"), PLAYBOOK_STATEMENTS);
        if (grow(playbook, err) < 0 || read_statement(reader, &statement, err) < 0) {
            free_statement(playbook, &statement);
            return -1;
        }
        if (statement.kind != NO_STATEMENT)
            playbook->statements[playbook->count++] = statement;
    }
    return 0;
}

static int check_whole(struct reader *reader, struct err *err)
{
    const struct playbook *playbook = reader->playbook;
    struct source *source = &reader->source;

    source->begin = source->end;
    if (reader->depth) {
        source->line = playbook->statements[reader->open[reader->depth - 1]].line;
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
    struct reader reader = {.playbook = playbook};
    int result;

    *playbook = (struct playbook){.kind = kind, .path = path, .module = module};
    if (source_open(&reader.source, path, utf8, local, err) < 0)
        return -1;
    result = read_lines(&reader, err);
    if (result == 0)
        result = check_whole(&reader, err);
    source_fini(&reader.source);
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
