/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>
#include <uv.h>

#include "base/language.h"
#include "cli/features.h"
#include "cli/local_text.h"
#include "cli/modules.h"
#include "cli/option_table.h"
#include "cli/page.h"
#include "cli/run.h"
#include "cli/topics.h"
#include "text/converter.h"
#include "text/suggest.h"

enum {
    COLUMN = 30,          /* of the texts of options */
    EXAMPLES_COLUMN = 38, /* of the remarks of examples, or 3 behind the longest command */
    HEAD = 128,
    TEXT = 1024,
};

/* ---- rows ---- */

/* The command of an option is said where options of both are listed. */
static void print_row(const struct option_row *row, const char *help, unsigned commands)
{
    const char *format = !(commands & ~row->where)      ? "%s"
                         : row->where == COMMAND_LISTEN ? N_("%s (listen)")
                                                        : N_("%s (connect)");
    char letter[4] = "", head[HEAD], text[TEXT];

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c", row->letter);
    snprintf(head, sizeof head, "  %2s%s%s%s%s%s", letter, row->letter && *row->name ? ", " : "  ",
             *row->name ? "--" : "", row->name,
             *row->argument && !option_row_is_optional(row) ? " " : "", row->argument);
    snprintf(text, sizeof text, language_text(format), language_text(help));
    page_row(head, COLUMN, text);
}

static bool is_shown(const struct option_row *row, size_t topic, unsigned commands)
{
    return *row->help && row->topic == topic && row->where & commands;
}

static bool has_rows(size_t topic, unsigned commands)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (is_shown(&option_table[i], topic, commands))
            return true;
    return false;
}

static void print_rows(size_t topic, unsigned commands)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (is_shown(&option_table[i], topic, commands))
            print_row(&option_table[i], option_table[i].help, commands);
}

static void print_example(const char *command, unsigned column, const char *remark)
{
    char head[HEAD];

    snprintf(head, sizeof head, "  %s", command);
    page_row(head, column, language_text(remark));
}

/* ---- pages ---- */

__attribute__((format(printf, 1, 2))) static void print_text(const char *format, ...)
{
    char text[2 * TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, language_text(format), arguments);
    va_end(arguments);
    page_text(text);
}

/* Further lines stand below the first one. */
static void print_usage(const char *const lines[], size_t count)
{
    const char *word = language_text(N_("usage: "));
    char line[HEAD];
    unsigned width;

    local_text_fit(word, HEAD, &width);
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof line, "%s%*s%s", i ? "" : word, i ? (int)width : 0, "", lines[i]);
        page_line(line);
    }
    page_line("");
}

static void print_status(void)
{
    page_line("");
    print_text("Exit status: 0 all well, 1 network, 2 wrong use, 3 some text was replaced, 4 a "
               "timeout ran out, 5 local input or output failed, 6 security, 7 the program of "
               "--exec or the --script failed or a caller deviated from --replay, 128+N signal N.");
}

/* Blanks part the names, so that rows end between them. */
static void print_topics(void)
{
    char names[HEAD] = "";

    for (size_t i = 0; i < TOPICS; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.*s", i ? " " : "",
                 (int)sizeof topic_pages->name - 1, topic_pages[i].name);
    page_line("");
    print_text("More: tcpchat help listen, tcpchat help connect, man tcpchat, tcpchat help TOPIC "
               "about one of");
    page_row("", 2, names);
}

int help_summary(void)
{
    static const char *const usage[] = {
        "tcpchat listen  [OPTION]... [HOST] PORT",
        "tcpchat connect [OPTION]... HOST PORT",
        "tcpchat help [COMMAND|TOPIC|OPTION] | --help | --version",
    };

    page_begin();
    print_usage(usage, sizeof usage / sizeof *usage);
    print_example("tcpchat listen 8080", EXAMPLES_COLUMN, N_("talk with whoever connects"));
    print_example("tcpchat connect host 8080 -e gbk", EXAMPLES_COLUMN,
                  N_("talk with a listener that speaks GBK"));
    print_example("tcpchat listen 8080 > file", EXAMPLES_COLUMN,
                  N_("take the file that a peer sends"));
    page_line("");
    print_text("Common options:");
    for (size_t i = 0; i < option_row_count; i++)
        if (*option_table[i].brief)
            print_row(&option_table[i], option_table[i].brief, COMMAND_BOTH);
    print_topics();
    print_status();
    return page_end();
}

int help_command(enum command command)
{
    static const char *const listen[] = {"tcpchat listen [OPTION]... [HOST] PORT"},
                             *const connect[] = {"tcpchat connect [OPTION]... HOST PORT"};

    page_begin();
    print_usage(command == COMMAND_LISTEN ? listen : connect, 1);
    if (command == COMMAND_LISTEN)
        print_text("[HOST] PORT may also be written :PORT, HOST:PORT, [V6]:PORT, unix:PATH, "
                   "unix:@NAME or fd:N.");
    else
        print_text("HOST PORT may also be written HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME.");
    print_text("SECS is a decimal number of seconds, or one with ms, s, m or h behind it.");
    for (size_t i = 0; i < TOPICS; i++)
        if (has_rows(i, command)) {
            page_line("");
            print_text("%s: %s", topic_pages[i].name, language_text(topic_pages[i].summary));
            print_rows(i, command);
        }
    print_status();
    return page_end();
}

static unsigned column_of_remarks(const struct topic_page *page)
{
    unsigned column = EXAMPLES_COLUMN;

    for (size_t i = 0; i < TOPIC_EXAMPLES && *page->examples[i].command; i++) {
        unsigned wanted = (unsigned)strlen(page->examples[i].command) + 5;

        if (*page->examples[i].remark && wanted > column)
            column = wanted;
    }
    return column;
}

/* A page with the options of both commands. */
static int help_topic(const struct topic_page *page)
{
    page_begin();
    print_text("%s: %s", page->name, language_text(page->summary));
    page_line("");
    page_text(language_text(page->text));
    page_line("");
    for (size_t i = 0; i < TOPIC_EXAMPLES && *page->examples[i].command; i++)
        print_example(page->examples[i].command, column_of_remarks(page), page->examples[i].remark);
    page_line("");
    print_rows((size_t)(page - topic_pages), COMMAND_BOTH);
    page_line("");
    print_text("More: man tcpchat, %s", language_text(page->sections));
    return page_end();
}

/* ---- words ---- */

static int help_option(const struct option_row *row)
{
    page_begin();
    print_row(row, row->help, COMMAND_BOTH);
    page_line("");
    print_text("More: tcpchat help %s, man tcpchat", topic_pages[row->topic].name);
    return page_end();
}

/* The option with this name in any case, or the only one whose name begins so. NULL: none. */
static const struct option_row *find_by_name(const char *word)
{
    const struct option_row *found = NULL;
    size_t n = strlen(word), count = 0;

    for (const struct option_row *row = option_table; row < option_table + option_row_count;
         row++) {
        if (!*row->name || !*row->help || n < 2 || strncasecmp(row->name, word, n) != 0)
            continue;
        if (!row->name[n])
            return row;
        found = row;
        count++;
    }
    return count == 1 ? found : NULL;
}

/* "-e", "--encoding" and "encoding" */
static const struct option_row *find_option(const char *word)
{
    const struct option_row *row = *word == '-' && word[1] ? option_row_find(word) : NULL;

    return row && *row->help ? row : find_by_name(word + strspn(word, "-"));
}

static int refuse_word(const char *word)
{
    const char *bare = word + strspn(word, "-");
    struct suggest suggest = {.word = bare};
    struct err err;

    suggest_offer(&suggest, "listen");
    suggest_offer(&suggest, "connect");
    for (size_t i = 0; i < TOPICS; i++)
        suggest_offer(&suggest, topic_pages[i].name);
    for (size_t i = 0; i < option_row_count; i++)
        suggest_offer(&suggest, *option_table[i].help ? option_table[i].name : NULL);
    if (suggest.name)
        err_set(&err, ERR_USAGE, "there is no help about '%s'; did you mean %s?", word,
                suggest.name);
    else
        err_set(&err, ERR_USAGE, "there is no help about '%s'; tcpchat help lists the topics",
                word);
    return run_refuse(&err);
}

int help_word(const char *word)
{
    const char *bare = word + strspn(word, "-");
    const struct topic_page *page = topic_find(bare);
    const struct option_row *row = find_option(word);

    if (!strcasecmp(bare, "listen"))
        return help_command(COMMAND_LISTEN);
    if (!strcasecmp(bare, "connect"))
        return help_command(COMMAND_CONNECT);
    if (!strcasecmp(word, "help"))
        return help_summary();
    if (!strcasecmp(bare, "version"))
        return help_version();
    if (page && !(row && *word == '-'))
        return help_topic(page);
    return row ? help_option(row) : refuse_word(word);
}

/* ---- versions, table ---- */

int help_version(void)
{
    const struct ui_module *ui = modules_ui(NULL);

    char line[TEXT];

    page_begin();
    page_line("tcpchat " TCPCHAT_VERSION);
    snprintf(line, sizeof line, "libuv %s, utf8proc %s, readline %s, iconv of %s",
             uv_version_string(), utf8proc_version(), ui ? ui->library() : "missing",
             converter_library());
    page_line(line);
    features_write(line, sizeof line);
    page_line(line);
    return page_end();
}

static const char *where_name(unsigned where)
{
    return where == COMMAND_BOTH ? "both" : where == COMMAND_LISTEN ? "listen" : "connect";
}

int help_table(void)
{
    char line[TEXT];

    page_begin();
    page_line("letter\tname\targument\twhere\tvariable\thelp");
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_table[i];
        char letter[2] = {row->letter, '\0'};

        if (!*row->help)
            continue;
        snprintf(line, sizeof line, "%s\t%s\t%s\t%s\t%s\t%s", letter, row->name, row->argument,
                 where_name(row->where), row->variable, row->help);
        page_line(line);
    }
    return page_end();
}
