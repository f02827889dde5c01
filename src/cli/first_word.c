/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/first_word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/language.h"
#include "cli/correction.h"
#include "cli/mistake.h"
#include "cli/options.h"
#include "cli/refusal.h"
#include "cli/typing.h"
#include "text/suggest.h"

/* ---- the right command ---- */

/* The words behind "tcpchat COMMAND". */
static int refuse(const char *command, int argc, char **argv, struct err *err, const char *word,
                  const char *mistake)
{
    struct correction right = {.command = command, .argc = argc, .argv = argv};

    return correction_refuse(&right, word, mistake, err);
}

/* Whether the words are right behind a command. words[0] is left for its name. */
static bool is_right(enum command command, int argc, char **words, struct err *err)
{
    struct options options;

    words[0] = (char *)correction_command(command);
    if (options_parse(&options, command, argc, words, err) < 0)
        return false;
    options_fini(&options);
    return true;
}

/* ---- words for a command ---- */

static const struct {
    char word[12], command[16];
} synonyms[] = {
    {"listen", "listen"},      {"server", "listen"},     {"serve", "listen"},
    {"connect", "connect"},    {"client", "connect"},    {"chat", "listen --chat"},
    {"room", "listen --chat"}, {"help", "help"},         {"?", "help"},
    {"usage", "help"},         {"version", "--version"}, {"ver", "--version"},
};

enum { SYNONYMS = sizeof synonyms / sizeof *synonyms };

/* The command that a word stands for, without its hyphens and in any case. NULL: none. */
static const char *find_command(const char *word)
{
    static const char *const nearby[] = {"listen", "connect", "help", "version"};
    char ascii[TYPING_WORD], name[SUGGEST_LENGTH];
    struct suggest suggest = {.word = name};

    if (!strcmp(word, "-V"))
        return "--version";
    word = typing_to_ascii(word, ascii) ? ascii : word;
    snprintf(name, sizeof name, "%s", word + strspn(word, "-/"));
    for (int i = 0; i < SYNONYMS; i++)
        if (!strcasecmp(name, synonyms[i].word) &&
            !(*word == '-' && strchr(synonyms[i].command, ' ')))
            return synonyms[i].command;
    for (size_t i = 0; i < sizeof nearby / sizeof *nearby; i++)
        suggest_offer(&suggest, nearby[i]);
    return suggest.name ? find_command(suggest.name) : NULL;
}

/* "PORT" stands for words that are missing. */
static const char *operands_of(const char *command)
{
    return !strcmp(command, "connect")      ? " HOST PORT"
           : !strncmp(command, "listen", 6) ? " PORT"
                                            : "";
}

static int explain_command(const char *command, int argc, char **argv, struct err *err)
{
    char right[CORRECTION_TEXT];
    const char *mistake = *argv[0] == '-' ? N_("'%.128s' is no option here; write %s")
                                          : N_("'%.128s' is no command; write %s");

    if (!strcmp(command, "help") && *argv[0] == '-' && argc == 1)
        command = "--help";
    if (argc > 1 && *command != '-')
        return refuse(command, argc - 1, argv + 1, err, argv[0], mistake);
    snprintf(right, sizeof right, "tcpchat %s%s", command, operands_of(command));
    return err_set(err, ERR_USAGE, mistake, argv[0], right);
}

/* "8080 listen" */
static int find_later(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcasecmp(argv[i], "listen") || !strcasecmp(argv[i], "connect"))
            return i;
    return 0;
}

static int explain_later(int at, int argc, char **argv, char **words, struct err *err)
{
    enum command command = ascii_lower(*argv[at]) == 'l' ? COMMAND_LISTEN : COMMAND_CONNECT;

    memmove(words + 1 + at, words + 2 + at, (size_t)(argc - at) * sizeof *words);
    if (!is_right(command, argc, words, err))
        return -1;
    return refuse(correction_command(command), argc - 1, words + 1, err, argv[at],
                  N_("'%.128s' comes first; write %s"));
}

/* ---- options and addresses without a command ---- */

/* `nc -l` in one word, or alone */
static bool is_habit_of_listening(const char *word)
{
    return *word == '-' && word[1] != '-' && strchr(word, 'l') && strlen(word) < 8;
}

/* Dashes of options become hyphens, so that the words may be tried. */
static void write_hyphens(int argc, char **words, char (*ascii)[TYPING_WORD])
{
    for (int i = 1; i <= argc; i++)
        if (refusal_undash(COMMAND_BOTH, words[i], ascii[i]))
            words[i] = ascii[i];
}

static int explain_missing(int argc, char **argv, char **words, struct err *err)
{
    static const enum command both[] = {COMMAND_CONNECT, COMMAND_LISTEN};
    char ascii[TYPING_WORD];
    bool is_option = *argv[0] == '-' || typing_to_option(argv[0], ascii);
    struct correction line = {.command = "connect", .argc = argc, .argv = argv};
    struct meant_typed address = {.place = MEANT_CONNECT, .line = &line, .first = argv[0]};

    for (int i = !strncmp(argv[0], "fd:", 3); i < 2; i++) /* nobody connects to a descriptor */
        if (is_right(both[i], argc + 1, words, err))
            return refuse(correction_command(both[i]), argc, words + 1, err, argv[0],
                          is_option ? N_("'%.128s' stands before the command; write %s")
                                    : N_("'%.128s' has no command before it; write %s"));
    if (is_option)
        return err_set(
            err, ERR_USAGE,
            "%s stands before a command; write tcpchat listen PORT or tcpchat connect HOST PORT",
            argv[0]);
    address.second = argc == 2 ? argv[1] : NULL;
    if (*argv[0] && mistake_check_address(&address, err) < 0)
        return -1;
    return err_set(err, ERR_USAGE,
                   "'%s' is no command; write tcpchat listen PORT or tcpchat connect HOST PORT",
                   argv[0]);
}

static int explain(int argc, char **argv, char **words, struct err *err)
{
    const char *command = find_command(argv[0]);
    int later = find_later(argc, argv);

    if (command)
        return explain_command(command, argc, argv, err);
    if (later)
        return explain_later(later, argc, argv, words, err);
    for (int i = 0; i < argc; i++)
        if (is_habit_of_listening(argv[i]) && !is_right(COMMAND_LISTEN, argc + 1, words, err))
            return -1;
    return explain_missing(argc, argv, words, err);
}

int first_word_explain(int argc, char **argv, struct err *err)
{
    char **words = calloc((size_t)argc + 2, sizeof *words);
    char(*ascii)[TYPING_WORD] = calloc((size_t)argc + 1, sizeof *ascii);

    if (words && ascii) {
        memcpy(words + 1, argv, (size_t)argc * sizeof *argv);
        write_hyphens(argc, words, ascii);
        explain(argc, argv, words, err);
    } else {
        err_memory(err);
    }
    free(words);
    free(ascii);
    return -1;
}
