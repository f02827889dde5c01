/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/grammar.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "bot/expression.h"
#include "text/literal_parse.h"
#include "text/suggest.h"

enum { IN_RULES = 1 << PLAYBOOK_RULES, IN_SCRIPTS = 1 << PLAYBOOK_SCRIPT, IN_BOTH = 3 };

/* ---- parts of statements ---- */

static int take_literal(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct source *source = &grammar->source;
    struct word rest = source_take_rest(source);
    unsigned captures = grammar->captures ? grammar->captures : LITERAL_UNMATCHED;

    if (!rest.n)
        return source_refuse(source, rest.at, err, N_("there is nothing to send"));
    statement->literal =
        literal_parse(rest.at, rest.n, source_column(source, rest.at), captures, err);
    if (statement->literal)
        return 0;
    return err->kind == ERR_USAGE ? source_prefix(source, err) : -1;
}

/* "SENTENCE", which the quotes end: a sentence has no escapes. */
static int take_sentence(struct grammar *grammar, char **sentence, struct err *err)
{
    struct source *source = &grammar->source;
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

static int take_expression(struct grammar *grammar, struct statement *statement, struct err *err)
{
    bool whole = grammar->playbook->kind == PLAYBOOK_RULES;
    struct expression expression;

    if (expression_take(&grammar->source, grammar->playbook->module, whole, &expression, err) < 0)
        return -1;
    statement->pattern = expression.pattern;
    statement->of_bytes = expression.of_bytes;
    statement->text = expression.text;
    grammar->captures = 1 + grammar->playbook->module->groups(statement->pattern);
    return 0;
}

/* ---- statements of rules ---- */

static int read_on(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct source *source = &grammar->source;
    const char *begin = source->at;

    grammar->captures = 0;
    statement->kind = ON_MATCH;
    if (source_take_if(source, "connect")) {
        statement->kind = ON_CONNECT;
        return 0;
    }
    if (source_take_if(source, "silence")) {
        statement->kind = ON_SILENCE;
        return source_take_time(source, &statement->ms, err);
    }
    if (grammar->has_other)
        return source_refuse(source, begin, err,
                             N_("no message comes to a rule behind else, which is the last one"));
    return take_expression(grammar, statement, err);
}

static int read_else_fail(struct grammar *grammar, char **sentence, struct err *err)
{
    if (!source_take_if(&grammar->source, "fail"))
        return source_refuse(&grammar->source, grammar->source.at, err,
                             N_("else has its sentence here: else fail \"sentence\""));
    return take_sentence(grammar, sentence, err);
}

/* In a script it belongs to the expectation of the line before. */
static int read_else(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct playbook *playbook = grammar->playbook;
    struct statement *last = playbook->count ? &playbook->statements[playbook->count - 1] : NULL;

    if (playbook->kind == PLAYBOOK_SCRIPT) {
        if (!last || last->sentence || (last->kind != EXPECT && last->kind != EXPECT_CLOSE))
            return source_refuse(&grammar->source, grammar->source.first, err,
                                 N_("else stands behind an expect"));
        return read_else_fail(grammar, &last->sentence, err);
    }
    if (grammar->has_other)
        return source_refuse(&grammar->source, grammar->source.first, err,
                             N_("there is an else already"));
    grammar->has_other = true;
    grammar->captures = 1;
    statement->kind = ON_OTHER;
    return 0;
}

/* ---- statements of scripts ---- */

static int read_expect(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct source *source = &grammar->source;

    statement->kind = EXPECT;
    statement->ms = PLAYBOOK_EXPECT_MS;
    if (source_take_if(source, "close"))
        statement->kind = EXPECT_CLOSE;
    else if (take_expression(grammar, statement, err) < 0)
        return -1;
    if (source_take_if(source, "within") && source_take_time(source, &statement->ms, err) < 0)
        return -1;
    return source_take_if(source, "else") ? read_else_fail(grammar, &statement->sentence, err) : 0;
}

static int read_fail(struct grammar *grammar, struct statement *statement, struct err *err)
{
    statement->kind = FAIL;
    return take_sentence(grammar, &statement->text, err);
}

/* ---- statements of both ---- */

static int read_send(struct grammar *grammar, struct statement *statement, struct err *err)
{
    statement->kind = SEND;
    return take_literal(grammar, statement, err);
}

static int read_wait(struct grammar *grammar, struct statement *statement, struct err *err)
{
    statement->kind = WAIT;
    return source_take_time(&grammar->source, &statement->ms, err);
}

static int read_close(struct grammar *grammar, struct statement *statement, struct err *err)
{
    statement->kind = CLOSE;
    return source_check_end(&grammar->source, err);
}

static int read_log(struct grammar *grammar, struct statement *statement, struct err *err)
{
    statement->kind = LOG;
    return grammar->source.at == grammar->source.end ? 0 : take_literal(grammar, statement, err);
}

static int read_times(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct word word;
    char number[10] = "";

    source_take(&grammar->source, &word);
    if (word.n && word.n < sizeof number)
        memcpy(number, word.at, word.n);
    statement->times = (uint64_t)strtoul(number, NULL, 10);
    if (statement->times && !number[strspn(number, "0123456789")] &&
        (source_take_if(&grammar->source, "times") || source_take_if(&grammar->source, "time")))
        return 0;
    return source_refuse(&grammar->source, word.at, err,
                         N_("write repeat 100 times, or repeat every 10ms 100 times"));
}

static int read_repeat(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct source *source = &grammar->source;
    bool has_time = source_take_if(source, "every");

    statement->kind = REPEAT;
    if (has_time && source_take_time(source, &statement->ms, err) < 0)
        return -1;
    if ((!has_time || source->at < source->end) && read_times(grammar, statement, err) < 0)
        return -1;
    if (grammar->depth == PLAYBOOK_DEPTH)
        return source_refuse(source, source->first, err, N_("repetitions are at most eight deep"));
    grammar->open[grammar->depth++] = grammar->playbook->count;
    return 0;
}

static int read_end(struct grammar *grammar, struct statement *statement, struct err *err)
{
    statement->kind = END;
    if (!grammar->depth)
        return source_refuse(&grammar->source, grammar->source.first, err,
                             N_("there is no repeat to end"));
    statement->other = grammar->open[--grammar->depth];
    grammar->playbook->statements[statement->other].other = grammar->playbook->count;
    return 0;
}

/* ---- lines ---- */

static const struct {
    const char *word;
    unsigned where;
    bool is_head;
    int (*read)(struct grammar *grammar, struct statement *statement, struct err *err);
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

static int refuse_word(const struct grammar *grammar, struct word word, struct err *err)
{
    bool is_rules = grammar->playbook->kind == PLAYBOOK_RULES;
    const char *file = is_rules ? "--rules" : "--script",
               *other = is_rules ? "--script" : "--rules";
    char name[SUGGEST_LENGTH + 1] = "";
    struct suggest suggest = {.word = name};

    memcpy(name, word.at, word.n < SUGGEST_LENGTH ? word.n : SUGGEST_LENGTH);
    for (size_t i = 0; i < WORDS; i++) {
        if (word_is(word, words[i].word))
            return source_refuse(&grammar->source, word.at, err,
                                 N_("'%s' is a word of %s, not of %s"), name, other, file);
        if (words[i].where & (1u << grammar->playbook->kind))
            suggest_offer(&suggest, words[i].word);
    }
    if (suggest.name)
        return source_refuse(&grammar->source, word.at, err,
                             N_("'%s' is no word of %s; did you mean %s?"), name, file,
                             suggest.name);
    return source_refuse(&grammar->source, word.at, err, N_("'%s' is no word of %s"), name, file);
}

/* In a script "else" is no head, and no statement. */
static int check_place(const struct grammar *grammar, size_t i, struct err *err)
{
    if (grammar->playbook->kind == PLAYBOOK_SCRIPT)
        return 0;
    if (words[i].is_head && grammar->depth)
        return source_refuse(&grammar->source, grammar->source.first, err,
                             N_("the repeat of the rule before has no end"));
    if (!words[i].is_head && !grammar->playbook->count)
        return source_refuse(&grammar->source, grammar->source.first, err,
                             N_("an answer stands behind its rule: first on /REGEX/"));
    return 0;
}

int grammar_read(struct grammar *grammar, struct statement *statement, struct err *err)
{
    struct source *source = &grammar->source;
    struct word word;

    statement->line = source->line;
    source_take(source, &word);
    for (size_t i = 0; i < WORDS; i++)
        if (word_is(word, words[i].word) && words[i].where & (1u << grammar->playbook->kind))
            return check_place(grammar, i, err) < 0 || words[i].read(grammar, statement, err) < 0
                       ? -1
                       : source_check_end(source, err);
    return refuse_word(grammar, word, err);
}
