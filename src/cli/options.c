/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exclusions.h"
#include "cli/option_table.h"
#include "text/charset.h"
#include "text/encoding.h"
#include "text/suggest.h"

enum {
    FIRST_ROW = 256, /* getopt's value of the first row; letters are below */
    FIRST_ADVICE = FIRST_ROW + OPTION_ROWS,
    OPERAND = 1, /* getopt's value of an operand, with '-' in front of the letters */
};

/* ---- values ---- */

static void how_typed(char letter, const char *name, char typed[64])
{
    if (letter && name)
        snprintf(typed, 64, "-%c, --%s", letter, name);
    else if (letter)
        snprintf(typed, 64, "-%c", letter);
    else
        snprintf(typed, 64, "--%s", name);
}

static double unit_of(const char *suffix)
{
    static const struct {
        const char *suffix;
        double ms;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60e3}, {"h", 3600e3}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(suffix, units[i].suffix))
            return units[i].ms;
    return 0;
}

/* A decimal number and a unit; a hundred years at most, so that no timer overflows. */
static int read_duration(struct duration *duration, const char *text, bool zero_allowed,
                         const char *source, struct err *err)
{
    size_t digits = strspn(text, "0123456789.");
    char number[32];
    char *end;
    double ms;

    if (!digits || digits >= sizeof number)
        return err_set(err, ERR_USAGE, "%s takes seconds, such as 2, 0.5, 200ms or 3m, not '%s'",
                       source, text);
    memcpy(number, text, digits);
    number[digits] = '\0';
    ms = strtod(number, &end) * unit_of(text + digits);
    if (*end || unit_of(text + digits) == 0 || end == number || ms > 100 * 365.25 * 24 * 3600e3)
        return err_set(err, ERR_USAGE, "%s takes seconds, such as 2, 0.5, 200ms or 3m, not '%s'",
                       source, text);
    if (ms == 0 && !zero_allowed)
        return err_set(err, ERR_USAGE, "%s takes a time above 0", source);
    *duration = (struct duration){true, (uint64_t)ms + (ms > (double)(uint64_t)ms)};
    return 0;
}

static int read_port(unsigned *port, const char *text, const char *source, struct err *err)
{
    bool is_number = *text && strspn(text, "0123456789") == strlen(text);

    *port = is_number && strlen(text) <= 5 ? (unsigned)atoi(text) : 0;
    if (*port < 1 || *port > 65535)
        return err_set(err, ERR_USAGE, "%s takes a port from 1 to 65535, not '%s'", source, text);
    return 0;
}

/* A flag of the environment is 1 or 0; on the command line it has no text. */
static int read_flag(bool *flag, const char *text, const char *source, struct err *err)
{
    if (text && strcmp(text, "0") && strcmp(text, "1"))
        return err_set(err, ERR_USAGE, "%s takes 1 or 0, not '%s'", source, text);
    *flag = !text || *text == '1';
    return 0;
}

/* A policy also asks for text to be checked where nothing has to be converted. */
static int read_bad_text(struct text_options *options, const char *text, const char *source,
                         struct err *err)
{
    static const char *const words[] = {
        [BAD_REPLACE] = "replace", [BAD_ESCAPE] = "escape", [BAD_STOP] = "stop"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i])) {
            options->bad = (enum codec_bad)i;
            options->checked = true;
            return 0;
        }
    return err_set(err, ERR_USAGE, "%s takes replace, escape or stop, not '%s'", source, text);
}

/* Whether it can be opened; it is opened for good where it is needed. */
static int read_charset(const char **charset, const char *text, const char *source,
                        const char *hint, struct err *err)
{
    struct charsets tried = {0};
    struct err why;
    bool found = charset_find(&tried, text, &why);

    charsets_fini(&tried);
    if (!found)
        return err_set(err, why.kind, "%s: %s%s", source, why.sentence, hint);
    *charset = text;
    return 0;
}

/* Each of a list, and whether they go together. */
static int read_list(const char **list, const char *text, const char *source, struct err *err)
{
    struct charsets tried = {0};
    struct encoding_list encodings;
    struct err why;
    int failed = encoding_list_parse(&encodings, text, NULL, &tried, false, &why);

    charsets_fini(&tried);
    if (failed)
        return err_set(err, why.kind, "%s: %s", source, why.sentence);
    *list = text;
    return 0;
}

static bool is_list(const char *text)
{
    return strchr(text, ',') || !strcasecmp(text, "auto");
}

static int read_peer_charset(const char **charset, const char *text, const char *source,
                             struct err *err)
{
    if (is_list(text))
        return read_list(charset, text, source, err);
    if (strcasecmp(text, "raw") != 0)
        return read_charset(charset, text, source, " (programs are started with --exec)", err);
    *charset = text;
    return 0;
}

static int read_color(enum color *color, const char *text, const char *source, struct err *err)
{
    static const char *const words[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i])) {
            *color = (enum color)i;
            return 0;
        }
    return err_set(err, ERR_USAGE, "%s takes auto, always or never, not '%s'", source, text);
}

static double size_unit(const char *suffix)
{
    static const struct {
        const char *suffix;
        double bytes;
    } units[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcasecmp(suffix, units[i].suffix))
            return units[i].bytes;
    return 0;
}

static int read_size(struct size *size, const char *text, const char *source, struct err *err)
{
    char *suffix;
    double bytes = strspn(text, "0123456789.") ? strtod(text, &suffix) * size_unit(suffix) : 0;

    if (!(bytes >= 1024 && bytes <= 1 << 30))
        return err_set(err, ERR_USAGE, "%s takes a size from 1K to 1G, such as 64K or 4M, not '%s'",
                       source, text);
    *size = (struct size){true, (size_t)bytes};
    return 0;
}

static int read_rate(struct per_second *rate, const char *text, const char *source, struct err *err)
{
    char *end;
    double value = strspn(text, "0123456789.") ? strtod(text, &end) : -1;

    if (value < 0 || *end || value > 1e6)
        return err_set(err, ERR_USAGE, "%s takes a number such as 5 or 0.5, not '%s'", source,
                       text);
    *rate = (struct per_second){true, value};
    return 0;
}

static int read_count(unsigned *count, const char *text, const char *source, struct err *err)
{
    bool is_number = *text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 9;

    *count = is_number ? (unsigned)atoi(text) : 0;
    if (!*count)
        return err_set(err, ERR_USAGE, "%s takes a number above 0, not '%s'", source, text);
    return 0;
}

static int add_text(const char ***list, const char *text, struct err *err)
{
    size_t count = 0;
    const char **longer;

    while (*list && (*list)[count])
        count++;
    longer = reallocarray(*list, count + 2, sizeof *longer);
    if (!longer)
        return err_memory(err);
    longer[count] = text;
    longer[count + 1] = NULL;
    *list = longer;
    return 0;
}

static int read_value(struct options *options, const struct option_row *row, const char *text,
                      const char *source, struct err *err)
{
    void *target = (char *)options + row->target;

    switch (row->type) {
    case OPTION_FLAG: return read_flag(target, text, source, err);
    case OPTION_REPEATED: ++*(unsigned *)target; return 0;
    case OPTION_TEXT: *(const char **)target = text; return 0;
    case OPTION_LIST: return add_text(target, text, err);
    case OPTION_CHARSET: return read_charset(target, text, source, "", err);
    case OPTION_PEER_CHARSET: return read_peer_charset(target, text, source, err);
    case OPTION_TIME: return read_duration(target, text, true, source, err);
    case OPTION_DEADLINE: return read_duration(target, text, false, source, err);
    case OPTION_BAD_TEXT: return read_bad_text(target, text, source, err);
    case OPTION_CRLF: ((struct text_options *)target)->eol = EOL_CRLF; return 0;
    case OPTION_SIZE: return read_size(target, text, source, err);
    case OPTION_RATE: return read_rate(target, text, source, err);
    case OPTION_COUNT: return read_count(target, text, source, err);
    case OPTION_COLOR: return read_color(target, text, source, err);
    case OPTION_PORT: return read_port(target, text, source, err);
    }
    return 0;
}

static int read_preference(struct options *options, const struct option_row *row, struct err *err)
{
    const char *text = row->variable ? getenv(row->variable) : NULL;

    if (!text || !*text || !(row->where & options->command))
        return 0;
    if (row->target == offsetof(struct options, name))
        options->name_variable = row->variable;
    return read_value(options, row, text, row->variable, err);
}

/* Preferences for what the command line does not say. What the peer speaks is settled later: no
 * profile may change what goes through a pipe. */
static int read_environment(struct options *options, const bool said[OPTION_ROWS], struct err *err)
{
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_table[i];

        if (!said[i] && row->type != OPTION_PEER_CHARSET && read_preference(options, row, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- getopt ---- */

static const struct option_row *find_row(int value)
{
    if (value >= FIRST_ROW && value < FIRST_ADVICE)
        return &option_table[value - FIRST_ROW];
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_table[i].letter && option_table[i].letter == value)
            return &option_table[i];
    return NULL;
}

static void make_letters(char *letters)
{
    *letters++ = '-'; /* operands in their order, also with POSIXLY_CORRECT */
    *letters++ = ':'; /* a missing argument is told apart */
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_table[i].letter) {
            *letters++ = option_table[i].letter;
            if (option_table[i].argument)
                *letters++ = ':';
        }
    for (size_t i = 0; i < ADVICE_ROWS; i++)
        if (advice_table[i].letter && !find_row(advice_table[i].letter))
            *letters++ = advice_table[i].letter;
    *letters = '\0';
}

static void make_names(struct option *names)
{
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_table[i].name)
            *names++ = (struct option){option_table[i].name,
                                       option_table[i].argument ? required_argument : no_argument,
                                       NULL, FIRST_ROW + (int)i};
    for (size_t i = 0; i < ADVICE_ROWS; i++)
        if (advice_table[i].name)
            *names++ = (struct option){advice_table[i].name, optional_argument, NULL,
                                       FIRST_ADVICE + (int)i};
    *names = (struct option){0};
}

static const struct advice *find_advice(unsigned where, int value)
{
    for (int i = 0; i < ADVICE_ROWS; i++)
        if (advice_table[i].where & where &&
            (value == FIRST_ADVICE + i ||
             (advice_table[i].letter && advice_table[i].letter == value)))
            return &advice_table[i];
    return NULL;
}

static const char *command_name(enum command command)
{
    return command == COMMAND_LISTEN ? "listen" : "connect";
}

/* The option of this command that was meant; NULL: nobody knows. A value behind = is none of it. */
static const char *suggest_option(enum command command, const char *word)
{
    char name[SUGGEST_LENGTH];
    struct suggest suggest = {.word = name};

    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_table[i].where & command)
            suggest_offer(&suggest, option_table[i].name);
    return suggest.name;
}

/* Not of the table, or the beginning of several. */
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

/* What is no row of the table: a habit of another netcat, something to come, or nothing at all. */
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

static int take_option(struct options *options, int value, char **argv, bool said[OPTION_ROWS],
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
    said[row - option_table] = true;
    return read_value(options, row, optarg, typed, err);
}

/* ---- operands ---- */

enum { OPERANDS = 2 };

struct operands {
    const char *words[OPERANDS];
    int count; /* may be above OPERANDS */
};

static void take_operand(struct operands *operands, const char *word)
{
    if (operands->count < OPERANDS)
        operands->words[operands->count] = word;
    operands->count++;
}

static bool is_port_0(const struct address *address)
{
    return !address->is_unix && strspn(address->port, "0") == strlen(address->port);
}

static int read_operands(struct options *options, const struct operands *operands, struct err *err)
{
    bool listens = options->command == COMMAND_LISTEN;

    if (operands->count == 0)
        return err_set(err, ERR_USAGE,
                       listens ? "which port? write tcpchat listen [HOST] PORT"
                               : "whom? write tcpchat connect HOST PORT");
    if (operands->count > OPERANDS)
        return err_set(err, ERR_USAGE, "too many operands; write tcpchat %s",
                       listens ? "listen [HOST] PORT" : "connect HOST PORT");
    if (address_parse(&options->address, operands->words[0], operands->words[1], listens, err) < 0)
        return -1;
    if (!listens && is_port_0(&options->address))
        return err_set(err, ERR_USAGE, "nobody listens on port 0; ports go from 1 to 65535");
    return 0;
}

/* What is split at blanks has to be more than those. */
static int check_program(const char *command, struct err *err)
{
    if (command && !command[strspn(command, " \t\n")])
        return err_set(err, ERR_USAGE, "--exec: '%s' names no program", command);
    return 0;
}

/* The address that connections are passed on to. */
static int read_forward(struct options *options, struct err *err)
{
    if (!options->forward)
        return 0;
    if (address_parse(&options->forward_address, options->forward, NULL, false, err) < 0)
        return -1;
    if (is_port_0(&options->forward_address))
        return err_set(err, ERR_USAGE, "--forward: nobody listens on port 0");
    return 0;
}

static int read_command_line(struct options *options, int argc, char **argv, struct err *err)
{
    char letters[2 + 2 * OPTION_ROWS + ADVICE_ROWS + 1];
    struct option names[OPTION_ROWS + ADVICE_ROWS + 1];
    struct operands operands = {0};
    bool said[OPTION_ROWS] = {false};
    int value;

    make_letters(letters);
    make_names(names);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    while ((value = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (value == OPERAND)
            take_operand(&operands, optarg);
        else if (take_option(options, value, argv, said, err) < 0)
            return -1;
    }
    for (; optind < argc; optind++)
        take_operand(&operands, argv[optind]);
    if (options->help)
        return 0;
    if (read_environment(options, said, err) < 0 || read_operands(options, &operands, err) < 0)
        return -1;
    if (read_forward(options, err) < 0 || check_program(options->exec, err) < 0)
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
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_table[i].type == OPTION_LIST) {
            const char ***list = (void *)((char *)options + option_table[i].target);

            free(*list);
            *list = NULL;
        }
}

/* ---- where it runs ---- */

/* In a terminal and in rooms for people the peer's charset is found out. */
static int settle_encoding(struct options *options, struct err *err)
{
    for (size_t i = 0; i < OPTION_ROWS && !options->encoding; i++)
        if (option_table[i].type == OPTION_PEER_CHARSET &&
            read_preference(options, &option_table[i], err) < 0)
            return -1;
    if (!options->encoding)
        options->encoding = "auto";
    return 0;
}

static int refuse_list(const char *list, const char *source, struct err *err)
{
    if (!list || !is_list(list))
        return 0;
    return err_set(err, ERR_USAGE, "%s: a pipe needs one charset, such as -e gbk, not '%s'", source,
                   list);
}

/* Which one of several it is would have to be found out, and a guess that may change with the bytes
 * is nothing for a pipe. */
static int settle_in_pipe(const struct options *options, struct err *err)
{
    if (refuse_list(options->encoding, "-e, --encoding", err) < 0 ||
        refuse_list(options->forward_encoding, "--forward-encoding", err) < 0)
        return -1;
    return 0;
}

/* Those that go on after a connection. */
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

/* Where nobody is called anything, whatever a profile says does not matter. */
static void settle_name(struct options *options)
{
    if (options->name_variable && !options->talks && !options->chat && !options->transcript)
        options->name = options->name_variable = NULL;
}

int options_settle(struct options *options, bool at_terminal, struct err *err)
{
    bool two_ways = !options->probe && !options->send_only && !options->recv_only;

    options->bridges = options->exec || options->sh_exec || options->forward;
    settle_length(options, at_terminal && two_ways);
    options->talks = at_terminal && two_ways && !options->reply && !options->bridges;
    options->gathers = !options->bridges && (options->talks || options->keep_open ||
                                             options->chat || options->broker || options->reply);
    settle_name(options);
    if (options->talks || options->chat)
        return settle_encoding(options, err);
    return options->gathers ? 0 : settle_in_pipe(options, err);
}

bool options_are_raw(const struct options *options)
{
    return !options->encoding || !strcasecmp(options->encoding, "raw");
}

void options_preferences(const char *names[OPTION_ROWS + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_table[i].variable)
            names[count++] = option_table[i].variable;
    names[count] = NULL;
}

const struct mode *options_mode(const struct options *options)
{
    return &modes[options->chat     ? MODE_CHAT
                  : options->broker ? options->talks ? MODE_BROKER_TERMINAL : MODE_BROKER
                  : options->reply  ? MODE_REPLY
                  : !options->talks ? MODE_KEEP_OPEN
                  : options->command == COMMAND_CONNECT ? MODE_CONNECT
                                                        : MODE_LISTEN];
}
