/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/run.h"
#include "text/suggest.h"

__attribute__((format(printf, 1, 2))) static int wrong_use(const char *format, ...)
{
    char sentence[ERR_SENTENCE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    log_say(LOG_ERROR, "%s", sentence);
    return 2;
}

static enum command command_of(const char *word)
{
    return !strcmp(word, "listen")    ? COMMAND_LISTEN
           : !strcmp(word, "connect") ? COMMAND_CONNECT
                                      : 0;
}

static int run_options(struct options *options)
{
    struct err err;

    if (options->help)
        return help_help(options->command);
    if (options_settle(options, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), &err) < 0)
        return run_refuse(&err);
    messages_install(options->verbose, options->timestamps);
    return options->command == COMMAND_LISTEN ? listen_run(options) : connect_run(options);
}

static int run_command(enum command command, int argc, char **argv)
{
    struct options options;
    struct err err;
    int status;

    if (options_parse(&options, command, argc, argv, &err) < 0)
        return run_refuse(&err);
    status = run_options(&options);
    options_fini(&options);
    return status;
}

static const char *suggest_command(const char *word)
{
    struct suggest suggest = {.word = word};

    suggest_offer(&suggest, "listen");
    suggest_offer(&suggest, "connect");
    return suggest.name;
}

static int help(int count, char **topics)
{
    if (count > 1)
        return wrong_use("'%s' is too much; write tcpchat help [COMMAND]", topics[1]);
    if (count && !command_of(topics[0]) && suggest_command(topics[0]))
        return wrong_use("'%s' is no command; did you mean %s?", topics[0],
                         suggest_command(topics[0]));
    if (count && !command_of(topics[0]))
        return wrong_use("'%s' is no command; there are listen and connect", topics[0]);
    return help_help(count ? command_of(topics[0]) : COMMAND_BOTH);
}

/* A habit of the other netcats: no command, just options or a host. */
static int advise(const char *word)
{
    if (!strcmp(word, "-l"))
        return wrong_use("%s is a command here; write tcpchat listen [HOST] PORT", word);
    if (*word == '-')
        return wrong_use("%s stands before a command; write tcpchat listen PORT or "
                         "tcpchat connect HOST PORT",
                         word);
    if (suggest_command(word))
        return wrong_use("'%s' is no command; did you mean %s?", word, suggest_command(word));
    return wrong_use("'%s' is no command; write tcpchat listen PORT or tcpchat connect HOST PORT",
                     word);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;

    run_hold_standard_descriptors();
    messages_install(0, false);
    if (!word)
        return wrong_use(
            "what? write tcpchat listen PORT or tcpchat connect HOST PORT; tcpchat help says more");
    if (command_of(word))
        return run_command(command_of(word), argc - 1, argv + 1);
    if (!strcmp(word, "help"))
        return help(argc - 2, argv + 2);
    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        return help(0, NULL);
    if (!strcmp(word, "--version"))
        return help_version();
    if (!strcmp(word, "__options"))
        return help_table();
    return advise(word);
}
