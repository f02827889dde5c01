/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ascii.h"
#include "cli/advice_table.h"
#include "cli/exclusions.h"
#include "cli/mistake.h"
#include "cli/operands.h"
#include "cli/option_table.h"
#include "cli/option_value.h"
#include "cli/refusal.h"
#include "cli/secrets.h"

enum {
    FIRST_ROW = 256, /* getopt's value of the first row; letters are below */
    FIRST_ADVICE = FIRST_ROW + OPTION_ROWS_MAX,
    OPERAND = 1, /* getopt's value of an operand, with '-' in front of the letters */
};

/* ---- the environment ---- */

static int read_preference(struct options *options, const struct option_row *row, struct err *err)
{
    const char *text = *row->variable ? getenv(row->variable) : NULL;

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
            if (*option_table[i].argument)
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
        if (*option_table[i].name)
            *names++ =
                (struct option){option_table[i].name,
                                !*option_table[i].argument                 ? no_argument
                                : option_row_is_optional(&option_table[i]) ? optional_argument
                                                                           : required_argument,
                                NULL, FIRST_ROW + (int)i};
    for (size_t i = 0; i < advice_row_count; i++)
        if (*advice_table[i].name)
            *names++ = (struct option){advice_table[i].name, optional_argument, NULL,
                                       FIRST_ADVICE + (int)i};
    *names = (struct option){0};
}

static bool concerns(const struct advice *advice, int value)
{
    const struct option_row *row = find_row(value);

    if (row && *row->name && !strcmp(row->name, advice->name))
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

/* ---- one word ---- */

/* The command line while it is read. */
struct reading {
    struct options *options;
    int argc;
    char **argv;
    int at; /* the word of argv that getopt reads */
    struct operands operands;
    bool given[OPTION_ROWS_MAX];
};

static struct refusal refusal_of(struct reading *reading)
{
    return (struct refusal){reading->options->command, &reading->operands,
                            reading->argv[reading->at], optarg};
}

/* A word that getopt took for no option, or without its argument. optopt: a letter; below 0 a byte
 * of one that is not ASCII; 0 where it was a long one that is in no row. */
static int refuse(struct reading *reading, int value, struct err *err)
{
    struct refusal refusal = refusal_of(reading);
    const struct option_row *row = find_row(optopt);
    const char *word = reading->argv[reading->at];
    char letter[] = {'-', (char)optopt, '\0'};
    char typed[REFUSAL_TYPED];

    if (refusal_check_dash(&refusal, err) < 0)
        return -1;
    if (row && !(row->where & reading->options->command)) {
        refusal_typed(row->letter, row->name, typed);
        return refusal_elsewhere(&refusal, typed, row->where, err);
    }
    if (optopt >= FIRST_ROW || value == ':')
        return refusal_argument(&refusal, optopt >= FIRST_ROW ? word : letter, value == ':', err);
    if (optopt)
        return refusal_unknown_letter(&refusal, (char)optopt, err);
    return refusal_unknown_name(&refusal, err);
}

static int read_value(struct reading *reading, const struct option_row *row, struct err *err)
{
    struct refusal refusal = refusal_of(reading);
    char typed[REFUSAL_TYPED];

    refusal_typed(row->letter, row->name, typed);
    if (!(row->where & reading->options->command))
        return refusal_elsewhere(&refusal, typed, row->where, err);
    reading->given[row - option_table] = true;
    if (row->type == OPTION_PORT)
        operands_note_source_port(&reading->operands, refusal.word, row->letter, optarg);
    else if (row->letter == '4' || row->letter == '6')
        operands_note_family(&reading->operands, refusal.word, row->letter);
    else if (*row->argument && optarg)
        operands_note_value(&reading->operands, row, optarg);
    if (option_value_read(reading->options, row, optarg, typed, err) == 0)
        return refusal_check_list(&refusal, row, typed, err);
    (void)refusal_explain_value(&refusal, row, typed, err);
    return -1;
}

/* A letter may be an option of one command and a habit to advise about with the other. */
static int read_option(struct reading *reading, int value, struct err *err)
{
    int letter = value == ':' ? optopt : value;
    const struct advice *advice = find_advice(reading->options->command, letter);
    const struct option_row *row = find_row(value);
    struct refusal refusal = refusal_of(reading);

    if (advice)
        return refusal_advise(&refusal, advice, letter < FIRST_ROW ? (char)letter : '\0', err);
    return row ? read_value(reading, row, err) : refuse(reading, value, err);
}

static int read_operand(struct reading *reading, struct err *err)
{
    struct refusal refusal = refusal_of(reading);

    refusal.word = optarg;
    if (refusal_check_dash(&refusal, err) < 0)
        return -1;
    operands_take(&reading->operands, optarg);
    return 0;
}

/* 1 where getopt has to read it. */
static int read_hyphen(struct reading *reading, struct err *err)
{
    struct refusal refusal = refusal_of(reading);
    int result = refusal_check_hyphen(&refusal, err);

    if (result == 0)
        optind++;
    return result;
}

/* ---- the command line ---- */

/* The command is split at blanks and has to be more than those. */
static int check_program(const char *command, struct err *err)
{
    if (command && !command[strspn(command, " \t\n")])
        return err_set(err, ERR_USAGE, "--exec: '%s' names no program", command);
    return 0;
}

/* 0 at the end of the words that getopt reads. */
static int read_next(struct reading *reading, const char *letters, const struct option *names,
                     struct err *err)
{
    int before = reading->at, value, result;

    reading->at = optind;
    if (reading->at != before && reading->at < reading->argc) {
        result = read_hyphen(reading, err);
        if (result <= 0)
            return result < 0 ? -1 : 1;
    }
    value = getopt_long(reading->argc, reading->argv, letters, names, NULL);
    if (value == -1)
        return 0;
    result = value == OPERAND ? read_operand(reading, err) : read_option(reading, value, err);
    if (result < 0 && value != OPERAND) {
        struct refusal refusal = refusal_of(reading);

        refusal_explain_hyphen(&refusal, err);
    }
    return result < 0 ? -1 : 1;
}

static int read_words(struct reading *reading, struct err *err)
{
    char letters[2 + 2 * OPTION_ROWS_MAX + ADVICE_ROWS_MAX + 1];
    struct option names[OPTION_ROWS_MAX + ADVICE_ROWS_MAX + 1];
    int result;

    make_letters(letters);
    make_names(names);
    opterr = 0;
    optind = 0; /* glibc: start anew, before the first word is looked at */
    (void)getopt_long(1, reading->argv, letters, names, NULL);
    do
        result = read_next(reading, letters, names, err);
    while (result > 0);
    for (; result == 0 && optind < reading->argc; optind++) {
        optarg = reading->argv[optind];
        result = read_operand(reading, err);
    }
    return result;
}

static int read_command_line(struct options *options, int argc, char **argv, struct err *err)
{
    struct reading reading = {.options = options, .argc = argc, .argv = argv};

    reading.operands.line = reading.operands.unnamed = correction_of(options->command, argc, argv);
    if (read_words(&reading, err) < 0)
        return -1;
    if (options->help)
        return 0;
    if (read_environment(options, reading.given, err) < 0 ||
        operands_read(options, &reading.operands, err) < 0 ||
        check_program(options->exec, err) < 0 || mistake_check_hex_dump(options->hex_dump, err) < 0)
        return -1;
    return exclusions_check(options, err);
}

int options_parse(struct options *options, enum command command, int argc, char **argv,
                  struct err *err)
{
    *options = (struct options){.command = command, .proxy_login = secrets_take(argc, argv)};
    if (read_command_line(options, argc, argv, err) == 0)
        return 0;
    options_fini(options);
    return -1;
}

void options_fini(struct options *options)
{
    secrets_free(options->proxy_login);
    options->proxy_login = NULL;
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

    options->is_proxy = options->exec || options->sh_exec || options->forward || options->replay;
    settle_length(options, at_terminal && two_ways);
    options->answers = options->reply || options->rules || options->script;
    options->has_person = at_terminal && two_ways && !options->answers && !options->is_proxy;
    options->is_room = !options->is_proxy && (options->has_person || options->keep_open ||
                                              options->chat || options->broker || options->answers);
    settle_name(options);
    if (options->has_person || options->chat)
        return settle_encoding(options, err);
    if (options->is_room)
        return 0;
    return refuse_list(options->encoding, "-e, --encoding", err) < 0
               ? -1
               : refuse_list(options->forward_encoding, "--forward-encoding", err);
}

bool options_serve_one(const struct options *options)
{
    return options->once || options->command == COMMAND_CONNECT;
}

int options_family(const struct options *options)
{
    return options->ipv4 ? AF_INET : options->ipv6 ? AF_INET6 : AF_UNSPEC;
}

bool options_are_raw(const struct options *options)
{
    return !options->encoding || !strcasecmp(options->encoding, "raw");
}

const struct mode *options_mode(const struct options *options)
{
    return &modes[options->chat          ? MODE_CHAT
                  : options->broker      ? options->has_person ? MODE_BROKER_TERMINAL : MODE_BROKER
                  : options->script      ? MODE_SCRIPT
                  : options->answers     ? MODE_REPLY
                  : !options->has_person ? MODE_KEEP_OPEN
                  : options->command == COMMAND_CONNECT ? MODE_CONNECT
                                                        : MODE_LISTEN];
}
