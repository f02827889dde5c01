/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/connect.h"
#include "cli/explained.h"
#include "cli/first_word.h"
#include "cli/help.h"
#include "cli/listen.h"
#include "cli/local_text.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/run.h"

/* ---- listen and connect ---- */

static int run_options(struct options *options)
{
    struct err err;

    if (options->help)
        return help_command(options->command);
    if (options_settle(options, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), &err) < 0)
        return run_refuse(&err);
    messages_install(options->verbose, options->timestamps);
    explained_install();
    event_explain(options->explain);
    local_text_use(options->has_person ? options->local_encoding : NULL);
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

static int on_listen(int argc, char **argv)
{
    return run_command(COMMAND_LISTEN, argc, argv);
}

static int on_connect(int argc, char **argv)
{
    return run_command(COMMAND_CONNECT, argc, argv);
}

/* ---- help ---- */

static int on_help(int argc, char **argv)
{
    struct err err;

    if (argc > 2) {
        err_set(&err, ERR_USAGE, "'%s' is too much; write tcpchat help %s", argv[2], argv[1]);
        return run_refuse(&err);
    }
    return argc < 2 ? help_summary() : help_word(argv[1]);
}

/* ---- the first word ---- */

/* Functions return the exit status. */
static const struct {
    const char *word;
    int (*run)(int argc, char **argv); /* argv[0] is the word; or */
    int (*show)(void);                 /* whatever stands behind the word */
} subcommands[] = {
    {"listen", on_listen, NULL},     {"connect", on_connect, NULL},
    {"help", on_help, NULL},         {"--help", NULL, help_summary},
    {"-h", NULL, help_summary},      {"--version", NULL, help_version},
    {"__options", NULL, help_table},
};

static int refuse_first_word(int argc, char **argv)
{
    struct err err;

    if (argc > 0)
        first_word_explain(argc, argv, &err);
    else
        err_set(&err, ERR_USAGE,
                "what? write tcpchat listen PORT or tcpchat connect HOST PORT; "
                "tcpchat help says more");
    return run_refuse(&err);
}

int main(int argc, char **argv)
{
    language_begin();
    run_hold_standard_descriptors();
    messages_install(0, false);
    for (size_t i = 0; argc > 1 && i < sizeof subcommands / sizeof *subcommands; i++)
        if (!strcmp(argv[1], subcommands[i].word))
            return subcommands[i].show ? subcommands[i].show()
                                       : subcommands[i].run(argc - 1, argv + 1);
    return refuse_first_word(argc - 1, argv + 1);
}
