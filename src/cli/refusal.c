/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/refusal.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/cold.h"
#include "base/language.h"
#include "cli/option_value.h"
#include "cli/typing.h"
#include "text/suggest.h"

void refusal_typed(char letter, const char *name, char typed[REFUSAL_TYPED])
{
    snprintf(typed, REFUSAL_TYPED, "%s%.1s%s%s%s", letter ? "-" : "", &letter,
             letter && *name ? ", " : "", *name ? "--" : "", name);
}

/* ---- names ---- */

/* A word without hyphens and without a value, in small letters. */
static void copy_name(const char *word, char name[SUGGEST_LENGTH])
{
    const char *begin = word + strspn(word, "-");

    snprintf(name, SUGGEST_LENGTH, "%.*s", (int)strcspn(begin, "="), begin);
    for (char *next = name; *next; next++)
        *next = ascii_lower(*next);
}

/* The options of a command whose names begin with a word. */
struct beginnings {
    const char *names[OPTION_ROWS_MAX];
    size_t count;
    bool has_whole; /* the word is one of the names */
};

static struct beginnings find_beginnings(enum command command, const char *name)
{
    struct beginnings found = {.count = 0};

    for (const struct option_row *row = option_table; row < option_table + option_row_count; row++)
        if (*row->name && row->where & command && !strncmp(row->name, name, strlen(name))) {
            found.names[found.count++] = row->name;
            found.has_whole |= !row->name[strlen(name)];
        }
    return found;
}

static bool is_name(enum command command, const char *name)
{
    return find_beginnings(command, name).has_whole;
}

static const char *suggest_name(enum command command, const char *name)
{
    struct suggest suggest = {.word = name};

    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].where & command)
            suggest_offer(&suggest, option_table[i].name);
    return suggest.name;
}

/* The name that was meant by three letters and more. NULL: none was. */
static const char *meant_name(enum command command, const char *name)
{
    struct beginnings found = find_beginnings(command, name);
    struct advice advice;

    if (strlen(name) < 3)
        return NULL;
    if (found.has_whole || advice_find(command, name, &advice))
        return name;
    return found.count ? found.names[0] : suggest_name(command, name);
}

/* ---- one hyphen ---- */

/* The word becomes "--NAME" with its value. */
static int refuse_hyphen(const struct refusal *refusal, const char *name, struct err *err)
{
    struct correction right = refusal->operands->line;
    const char *value = strchr(refusal->word, '=');
    char option[TYPING_WORD], quoted[TYPING_WORD];

    snprintf(option, sizeof option, "--%s%.128s", name, value ? value : "");
    correction_quote(option, quoted, sizeof quoted);
    correction_change(&right, refusal->word, quoted);
    return correction_refuse(&right, refusal->word, N_("'%.128s' has one hyphen; write %s"), err);
}

static bool is_cluster(const char *word)
{
    return *word == '-' && word[1] != '-' && strlen(word) > 3;
}

int refusal_check_hyphen(const struct refusal *refusal, struct err *err)
{
    struct advice advice;
    char name[SUGGEST_LENGTH];

    if (!is_cluster(refusal->word))
        return 1;
    copy_name(refusal->word, name);
    if (advice_find(refusal->command, name, &advice))
        return refusal_advise(refusal, &advice, '\0', err);
    return is_name(COMMAND_BOTH, name) ? refuse_hyphen(refusal, name, err) : 1;
}

void refusal_explain_hyphen(const struct refusal *refusal, struct err *err)
{
    const char *meant;
    char name[SUGGEST_LENGTH];

    copy_name(refusal->word, name);
    meant = is_cluster(refusal->word) ? meant_name(refusal->command, name) : NULL;
    if (meant)
        refuse_hyphen(refusal, meant, err);
}

/* ---- dashes ---- */

/* "-k" for letters, "--chat" for the name of an option or nearly one. The value keeps its bytes. */
static void write_option(enum command command, const char *ascii, char option[TYPING_WORD])
{
    const char *rest = ascii + strspn(ascii, "-");
    char name[SUGGEST_LENGTH];
    const char *meant;

    copy_name(ascii, name);
    meant = meant_name(command, name);
    if (meant)
        snprintf(option, TYPING_WORD, "--%s%.128s", meant, rest + strcspn(rest, "="));
    else
        snprintf(option, TYPING_WORD, "-%.128s", rest);
}

/* "--encoding—gbk" and "-e—gbk": the dash stands before a value, or between letters. */
static bool write_parted(enum command command, const char *word, char option[TYPING_WORD])
{
    const char *value, *dash = typing_find_dash(word, &value);
    char first[TYPING_WORD], ascii[TYPING_WORD];
    const struct option_row *row;

    if (!dash || dash - word >= TYPING_WORD)
        return false;
    snprintf(first, sizeof first, "%.*s", (int)(dash - word), word);
    write_option(command, typing_to_ascii(first, ascii) ? ascii : first, option);
    row = option_row_find(option);
    if (option[1] == '-' && (!row || *row->argument))
        snprintf(option + strlen(option), TYPING_WORD - strlen(option), "=%.64s", value);
    else if (option[1] != '-')
        snprintf(option + strlen(option), TYPING_WORD - strlen(option), "%.64s", value);
    return true;
}

bool refusal_undash(enum command command, const char *word, char option[TYPING_WORD])
{
    char ascii[TYPING_WORD], name[SUGGEST_LENGTH] = "";
    bool is_ascii;

    if ((unsigned char)*word < 0x80 && *word != '-')
        return false;
    is_ascii = typing_to_option(word, ascii);
    if (is_ascii)
        copy_name(ascii, name);
    if ((!is_ascii || !is_name(command, name)) && write_parted(command, word, option))
        return true;
    if (!is_ascii || !ascii[strspn(ascii, "-")])
        return false;
    write_option(command, ascii, option);
    return true;
}

/* Whether a later word with a dash is an option, too, and not a text. */
static bool is_option(enum command command, const char *option)
{
    char name[SUGGEST_LENGTH], letter[] = {'-', option[1], '\0'};

    copy_name(option, name);
    return option[1] == '-' ? is_name(command, name) : option_row_find(letter) != NULL;
}

COLD static int refuse_dash(const struct refusal *refusal, struct err *err)
{
    struct correction right = refusal->operands->line;
    char option[TYPING_WORD];
    char quoted[CORRECTION_CHANGES][TYPING_WORD];

    for (int i = 0; i < right.argc && right.count < CORRECTION_CHANGES; i++)
        if (refusal_undash(refusal->command, right.argv[i], option) &&
            (right.argv[i] == refusal->word || is_option(refusal->command, option))) {
            correction_quote(option, quoted[right.count], TYPING_WORD);
            correction_change(&right, right.argv[i], quoted[right.count]);
        }
    return correction_refuse(&right, refusal->word,
                             *refusal->word == '-'
                                 ? N_("'%.128s' is not written in ASCII; write %s")
                                 : N_("'%.128s' begins with a dash, not with a hyphen; write %s"),
                             err);
}

int refusal_check_dash(const struct refusal *refusal, struct err *err)
{
    char option[TYPING_WORD];

    return refusal_undash(refusal->command, refusal->word, option) ? refuse_dash(refusal, err) : 0;
}

/* ---- options ---- */

/* A name has its value in the word; the next word is one only where there is none. */
static int advise_operand(const struct refusal *refusal, enum operand_name name, char letter)
{
    const char *sign = strchr(refusal->word, '=');
    const char *value = letter ? refusal->value : sign ? sign + 1 : NULL;

    operands_take_named(refusal->operands, name, refusal->word, letter,
                        value && *value ? value : NULL);
    return 0;
}

int refusal_advise(const struct refusal *refusal, const struct advice *advice, char letter,
                   struct err *err)
{
    char typed[REFUSAL_TYPED];

    refusal_typed(advice->letter, advice->name, typed);
    switch (advice->kind) {
    case ADVICE_PORT: return advise_operand(refusal, OPERAND_PORT, letter);
    case ADVICE_HOST: return advise_operand(refusal, OPERAND_HOST, letter);
    case ADVICE_LISTEN: operands_take_listen(refusal->operands, refusal->word, letter); return 0;
    case ADVICE_SENTENCE: return err_set(err, ERR_USAGE, advice->text, typed);
    default: return err_set(err, ERR_USAGE, "%s is written %s", typed, advice->text);
    }
}

int refusal_elsewhere(const struct refusal *refusal, const char *typed, unsigned where,
                      struct err *err)
{
    return err_set(err, ERR_USAGE, "%s is an option of %s, not of %s", typed,
                   correction_command((enum command)where), correction_command(refusal->command));
}

int refusal_unknown_letter(const struct refusal *refusal, char letter, struct err *err)
{
    return err_set(err, ERR_USAGE, "-%c is no option; see tcpchat help %s", letter,
                   correction_command(refusal->command));
}

/* "--no is short for several: --no-shutdown, --no-history, --no-commands and others" */
static int refuse_beginning(const struct refusal *refusal, const struct beginnings *found,
                            struct err *err)
{
    const char *format = found->count > 3
                             ? N_("%s is short for several: --%s, --%s, --%s and others")
                         : found->count > 2 ? N_("%s is short for several: --%s, --%s, --%s")
                                            : N_("%s is short for several: --%s, --%s");

    return err_set(err, ERR_USAGE, format, refusal->word, found->names[0], found->names[1],
                   found->names[2]);
}

int refusal_unknown_name(const struct refusal *refusal, struct err *err)
{
    struct advice advice;
    struct beginnings found;
    char name[SUGGEST_LENGTH];
    const char *meant;

    copy_name(refusal->word, name);
    if (advice_find(refusal->command, name, &advice))
        return refusal_advise(refusal, &advice, '\0', err);
    found = find_beginnings(refusal->command, name);
    if (found.count > 1 && *name)
        return refuse_beginning(refusal, &found, err);
    meant = found.count == 1 ? found.names[0] : suggest_name(refusal->command, name);
    if (meant)
        return err_set(err, ERR_USAGE, "%s is no option; did you mean --%s?", refusal->word, meant);
    return err_set(err, ERR_USAGE, "%s is no option; see tcpchat help %s", refusal->word,
                   correction_command(refusal->command));
}

int refusal_argument(const struct refusal *refusal, const char *typed, bool takes, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   takes ? N_("%s takes an argument; see tcpchat help %s")
                         : N_("%s takes no argument; see tcpchat help %s"),
                   typed, correction_command(refusal->command));
}

/* A list is looked at later. */
static bool is_value(const struct refusal *refusal, const struct option_row *row, const char *text,
                     const char *typed, struct err *err)
{
    struct options tried = {.command = refusal->command};

    return row->type == OPTION_LIST || option_value_read(&tried, row, text, typed, err) == 0;
}

int refusal_explain_value(const struct refusal *refusal, const struct option_row *row,
                          const char *typed, struct err *err)
{
    char ascii[TYPING_WORD];
    const char *meant = ascii;

    if (!refusal->value || !typing_to_ascii(refusal->value, ascii))
        return 0;
    meant += strspn(ascii, "-");
    if (!*meant || !is_value(refusal, row, meant, typed, err))
        return 0;
    return err_set(err, ERR_USAGE, "%s: '%s' is not written in ASCII; write %s", typed,
                   refusal->value, meant);
}

int refusal_check_list(const struct refusal *refusal, const struct option_row *row,
                       const char *typed, struct err *err)
{
    if (strcmp(row->argument, "LIST") && strcmp(row->argument, "ADDR"))
        return 0;
    return refusal_explain_value(refusal, row, typed, err);
}
