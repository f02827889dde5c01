/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exclusions.h"
#include "cli/mistake.h"
#include "cli/operands.h"
#include "cli/option_table.h"
#include "cli/option_value.h"
#include "text/suggest.h"

enum {
    FIRST_ROW = 256, /* getopt's value of the first row; letters are below */
    FIRST_ADVICE = FIRST_ROW + OPTION_ROWS_MAX,
    OPERAND = 1, /* getopt's value of an operand, with '-' in front of the letters */
};

/* ---- the environment ---- */

static int read_preference(struct options *options, const struct option_row *row, struct err *err)
{
    const char *text = row->variable ? getenv(row->variable) : NULL;

    if (!text || !*text || !(row->where & options->command))
        return 0;
    if (row->target == offsetof(struct options, name))
        options->name_variable = row->variable;
    return option_value_read(options, row, text, row->variable, err);
}

/* Preferences count where the command line gave no option. The peer's charset is settled later: no
 * profile may change the bytes of a pipe. */
static int read_environment(struct options *options, const bool given[OPTION_ROWS_MAX],
                            struct err *err)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_table[i];

        if (!given[i] && row->type != OPTION_PEER_CHARSET && read_preference(options, row, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- getopt ---- */

static const struct option_row *find_row(int value)
{
    if (value >= FIRST_ROW && value < FIRST_ADVICE)
        return &option_table[value - FIRST_ROW];
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].letter && option_table[i].letter == value)
            return &option_table[i];
    return NULL;
}

static void make_letters(char *letters)
{
    *letters++ = '-'; /* operands in their order, also with POSIXLY_CORRECT */
    *letters++ = ':'; /* a missing argument is told apart */
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].letter) {
            *letters++ = option_table[i].letter;
            if (option_table[i].argument)
                *letters++ = ':';
        }
    for (size_t i = 0; i < advice_row_count; i++)
        if (advice_table[i].letter && !find_row(advice_table[i].letter))
            *letters++ = advice_table[i].letter;
    *letters = '\0';
}

/* An option of one command may be advised about with the other one: its row comes first. */
static void make_names(struct option *names)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].name)
            *names++ = (struct option){option_table[i].name,
                                       option_table[i].argument ? required_argument : no_argument,
                                       NULL, FIRST_ROW + (int)i};
    for (size_t i = 0; i < advice_row_count; i++)
        if (advice_table[i].name)
            *names++ = (struct option){advice_table[i].name, optional_argument, NULL,
                                       FIRST_ADVICE + (int)i};
    *names = (struct option){0};
}

static bool concerns(const struct advice *advice, int value)
{
    const struct option_row *row = find_row(value);

    if (row && row->name && advice->name && !strcmp(row->name, advice->name))
        return true;
    return value == FIRST_ADVICE + (int)(advice - advice_table) ||
           (advice->letter && advice->letter == value);
}

static const struct advice *find_advice(unsigned where, int value)
{
    for (size_t i = 0; i < advice_row_count; i++)
        if (advice_table[i].where & where && concerns(&advice_table[i], value))
            return &advice_table[i];
    return NULL;
}

/* ---- refusals ---- */

static void how_typed(char letter, const char *name, char typed[64])
{
    if (letter && name)
        snprintf(typed, 64, "-%c, --%s", letter, name);
    else if (letter)
        snprintf(typed, 64, "-%c", letter);
    else
        snprintf(typed, 64, "--%s", name);
}

static const char *command_name(enum command command)
{
    return command == COMMAND_LISTEN ? "listen" : "connect";
}

/* The option of this command nearest to the word, without a value behind =. NULL: none is near. */
static const char *suggest_option(enum command command, const char *word)
{
    char name[SUGGEST_LENGTH];
    struct suggest suggest = {.word = name};

    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].where & command)
            suggest_offer(&suggest, option_table[i].name);
    return suggest.name;
}

/* The word is not in the table, or the beginning of several options. */
static int refuse_long(const struct options *options, const char *word, struct err *err)
{
    const char *command = command_name(options->command);
    const char *meant = suggest_option(options->command, word + strlen("--"));

    if (meant)
        return err_set(err, ERR_USAGE, "%s is no option; did you mean --%s?", word, meant);
    return err_set(err, ERR_USAGE, "%s is no option, or short for several; see tcpchat help %s",
                   word, command);
}

static int refuse(const struct options *options, int value, char **argv, struct err *err)
{
    const char *name = command_name(options->command);
    const char *word = argv[optind - 1];

    if (value == ':' && optopt >= FIRST_ROW)
        return err_set(err, ERR_USAGE, "%s takes an argument; see tcpchat help %s", word, name);
    if (value == ':')
        return err_set(err, ERR_USAGE, "-%c takes an argument; see tcpchat help %s", optopt, name);
    if (optopt >= FIRST_ROW)
        return err_set(err, ERR_USAGE, "%s takes no argument; see tcpchat help %s", word, name);
    if (optopt) /* a letter; below 0 a byte of one that is not ASCII; 0 where it was a long one */
        return err_set(err, ERR_USAGE, "-%c is no option; see tcpchat help %s", optopt, name);
    return refuse_long(options, word, err);
}

static int refuse_elsewhere(const struct options *options, const char *typed, unsigned where,
                            struct err *err)
{
    return err_set(err, ERR_USAGE, "%s is an option of %s, not of %s", typed,
                   command_name((enum command)where), command_name(options->command));
}

static int refuse_advised(const struct options *options, const struct advice *advice,
                          struct err *err)
{
    char typed[64];

    if (advice->sentence)
        return err_set(err, ERR_USAGE, "%s", advice->sentence);
    how_typed(advice->letter, advice->name, typed);
    if (!(advice->where & options->command))
        return refuse_elsewhere(options, typed, advice->where, err);
    return err_set(err, ERR_USAGE, "%s is not in this version yet", typed);
}

/* A value that was typed with an input method for Chinese, `-w １０`, has a sentence of its own. */
static int explain_value(const char *typed, struct err *err)
{
    char ascii[MISTAKE_WORD];

    if (!mistake_to_ascii(optarg, ascii))
        return -1;
    return err_set(err, ERR_USAGE, "%s: '%s' is not written in ASCII; write %s", typed, optarg,
                   ascii);
}

/* A letter may be an option of one command and a habit to advise about with the other. */
static int take_option(struct options *options, int value, char **argv, bool given[OPTION_ROWS_MAX],
                       struct err *err)
{
    int letter = value == ':' ? optopt : value;
    const struct advice *advice = find_advice(options->command, letter);
    const struct option_row *row = find_row(value);
    char typed[64];

    if (!advice && !find_row(letter))
        advice = find_advice(COMMAND_BOTH, letter);
    if (advice)
        return refuse_advised(options, advice, err);
    if (!row)
        return refuse(options, value, argv, err);
    how_typed(row->letter, row->name, typed);
    if (!(row->where & options->command))
        return refuse_elsewhere(options, typed, row->where, err);
    given[row - option_table] = true;
    if (option_value_read(options, row, optarg, typed, err) == 0)
        return 0;
    return optarg ? explain_value(typed, err) : -1;
}

/* ---- the command line ---- */

/* The command is split at blanks and has to be more than those. */
static int check_program(const char *command, struct err *err)
{
    if (command && !command[strspn(command, " \t\n")])
        return err_set(err, ERR_USAGE, "--exec: '%s' names no program", command);
    return 0;
}

static int read_command_line(struct options *options, int argc, char **argv, struct err *err)
{
    char letters[2 + 2 * OPTION_ROWS_MAX + ADVICE_ROWS_MAX + 1];
    struct option names[OPTION_ROWS_MAX + ADVICE_ROWS_MAX + 1];
    struct operands operands = {0};
    bool given[OPTION_ROWS_MAX] = {false};
    int value;

    make_letters(letters);
    make_names(names);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    while ((value = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        int result = value == OPERAND ? operands_take(&operands, options->command, optarg, err)
                                      : take_option(options, value, argv, given, err);

        if (result < 0)
            return -1;
    }
    for (; optind < argc; optind++)
        if (operands_take(&operands, options->command, argv[optind], err) < 0)
            return -1;
    if (options->help)
        return 0;
    if (read_environment(options, given, err) < 0 || operands_read(options, &operands, err) < 0 ||
        check_program(options->exec, err) < 0)
        return -1;
    return exclusions_check(options, err);
}

int options_parse(struct options *options, enum command command, int argc, char **argv,
                  struct err *err)
{
    *options = (struct options){.command = command};
    if (read_command_line(options, argc, argv, err) == 0)
        return 0;
    options_fini(options);
    return -1;
}

void options_fini(struct options *options)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].type == OPTION_LIST) {
            const char ***list = (void *)((char *)options + option_table[i].target);

            free(*list);
            *list = NULL;
        }
}

/* ---- terminal or pipe ---- */

/* At a terminal and in --chat the peer's charset is detected. */
static int settle_encoding(struct options *options, struct err *err)
{
    for (size_t i = 0; i < option_row_count && !options->encoding; i++)
        if (option_table[i].type == OPTION_PEER_CHARSET &&
            read_preference(options, &option_table[i], err) < 0)
            return -1;
    if (!options->encoding)
        options->encoding = "auto";
    return 0;
}

/* A list asks for detection, whose guess may change with the bytes: nothing for a pipe. */
static int refuse_list(const char *list, const char *source, struct err *err)
{
    if (!list || !option_value_is_charset_list(list))
        return 0;
    return err_set(err, ERR_USAGE, "%s: a pipe needs one charset, such as -e gbk, not '%s'", source,
                   list);
}

/* Whether the run goes on after its first connection. */
static void settle_length(struct options *options, bool at_terminal)
{
    if (options->command != COMMAND_LISTEN)
        return;
    options->once |= options->end_with_peer;
    if (options->once)
        return;
    options->keep_open |= at_terminal || options->chat || options->broker;
    options->once = !options->keep_open;
}

/* A bad name in a profile is no fault where no name is shown. */
static void settle_name(struct options *options)
{
    if (options->name_variable && !options->has_person && !options->chat && !options->transcript)
        options->name = options->name_variable = NULL;
}

int options_settle(struct options *options, bool at_terminal, struct err *err)
{
    bool two_ways = !options->probe && !options->send_only && !options->recv_only;

    options->is_proxy = options->exec || options->sh_exec || options->forward;
    settle_length(options, at_terminal && two_ways);
    options->has_person = at_terminal && two_ways && !options->reply && !options->is_proxy;
    options->is_room = !options->is_proxy && (options->has_person || options->keep_open ||
                                              options->chat || options->broker || options->reply);
    settle_name(options);
    if (options->has_person || options->chat)
        return settle_encoding(options, err);
    if (options->is_room)
        return 0;
    return refuse_list(options->encoding, "-e, --encoding", err) < 0
               ? -1
               : refuse_list(options->forward_encoding, "--forward-encoding", err);
}

bool options_are_raw(const struct options *options)
{
    return !options->encoding || !strcasecmp(options->encoding, "raw");
}

const struct mode *options_mode(const struct options *options)
{
    return &modes[options->chat          ? MODE_CHAT
                  : options->broker      ? options->has_person ? MODE_BROKER_TERMINAL : MODE_BROKER
                  : options->reply       ? MODE_REPLY
                  : !options->has_person ? MODE_KEEP_OPEN
                  : options->command == COMMAND_CONNECT ? MODE_CONNECT
                                                        : MODE_LISTEN];
}
