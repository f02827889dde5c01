/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>
#include <uv.h>

#include "base/event.h"
#include "cli/features.h"
#include "cli/modules.h"
#include "cli/option_table.h"
#include "cli/run.h"
#include "cli/topics.h"
#include "text/converter.h"
#include "text/suggest.h"

enum { COLUMN = 30, WIDTH = 79, TEXT = 512 };

/* Standard output may be a full disk. */
static int finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    event_say_error("standard output: %s", strerror(errno));
    return 5;
}

/* ---- rows ---- */

/* Prints the text from COLUMN on, broken at blanks before WIDTH. */
static void print_wrapped(const char *text)
{
    int column = COLUMN;

    while (*text) {
        int length = (int)strcspn(text, " ");
        bool breaks = column > COLUMN && column + 1 + length > WIDTH;

        if (breaks)
            printf("\n%*s", COLUMN, "");
        else if (column > COLUMN)
            putchar(' ');
        printf("%.*s", length, text);
        column = (breaks ? COLUMN : column + (column > COLUMN)) + length;
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

/* The command of an option is said where options of both are listed. */
static void print_row(const struct option_row *row, const char *help, unsigned commands)
{
    char letter[4] = "", head[64], text[TEXT];
    int length;

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c", row->letter);
    length = snprintf(head, sizeof head, "  %2s%s%s%s%s%s", letter,
                      row->letter && row->name ? ", " : "  ", row->name ? "--" : "",
                      row->name ? row->name : "", row->argument ? " " : "",
                      row->argument ? row->argument : "");
    printf("%s%*s", head, length < COLUMN - 1 ? COLUMN - length : 0, "");
    if (length >= COLUMN - 1)
        printf("\n%*s", COLUMN, "");
    snprintf(text, sizeof text, "%s%s", help,
             !(commands & ~row->where)      ? ""
             : row->where == COMMAND_LISTEN ? " (listen)"
                                            : " (connect)");
    print_wrapped(text);
}

static bool is_shown(const struct option_row *row, size_t topic, unsigned commands)
{
    return row->help && row->topic == topic && row->where & commands;
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

/* ---- pages ---- */

static void print_status(void)
{
    puts("\nExit status: 0 all well, 1 network, 2 wrong use, 3 some text was replaced,\n"
         "4 a timeout ran out, 5 local input or output failed, 6 security, 7 the program\n"
         "of --exec failed, 128+N signal N.");
}

int help_summary(void)
{
    puts("usage: tcpchat listen  [OPTION]... [HOST] PORT\n"
         "       tcpchat connect [OPTION]... HOST PORT\n"
         "       tcpchat help [COMMAND|TOPIC|OPTION] | --help | --version\n\n"
         "  tcpchat listen 8080                 talk with whoever connects\n"
         "  tcpchat connect host 8080 -e gbk    talk with a listener that speaks GBK\n"
         "  tcpchat listen 8080 > file          take the file that a peer sends\n"
         "\nCommon options:");
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].brief)
            print_row(&option_table[i], option_table[i].brief, COMMAND_BOTH);
    puts("\nMore: tcpchat help listen, tcpchat help connect, man tcpchat, tcpchat help TOPIC\n"
         "about one of");
    for (size_t i = 0; i < TOPICS; i++)
        printf("  %s", topic_pages[i].name);
    puts("");
    print_status();
    return finish_output();
}

int help_command(enum command command)
{
    if (command == COMMAND_LISTEN)
        puts("usage: tcpchat listen [OPTION]... [HOST] PORT\n\n"
             "[HOST] PORT may also be written :PORT, HOST:PORT, [V6]:PORT, unix:PATH,\n"
             "unix:@NAME or fd:N.");
    else
        puts("usage: tcpchat connect [OPTION]... HOST PORT\n\n"
             "HOST PORT may also be written HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME.");
    puts("SECS is a decimal number of seconds, or one with ms, s, m or h behind it.");
    for (size_t i = 0; i < TOPICS; i++)
        if (has_rows(i, command)) {
            printf("\n%s: %s\n", topic_pages[i].name, topic_pages[i].summary);
            print_rows(i, command);
        }
    print_status();
    return finish_output();
}

/* A page with the options of both commands. */
static int help_topic(const struct topic_page *page)
{
    printf("%s: %s\n\n%s\n%s\n", page->name, page->summary, page->text, page->examples);
    print_rows((size_t)(page - topic_pages), COMMAND_BOTH);
    printf("\nMore: man tcpchat, %s\n", page->sections);
    return finish_output();
}

/* ---- words ---- */

static int help_option(const struct option_row *row)
{
    print_row(row, row->help, COMMAND_BOTH);
    printf("\nMore: tcpchat help %s, man tcpchat\n", topic_pages[row->topic].name);
    return finish_output();
}

/* The option with this name in any case, or the only one whose name begins so. NULL: none. */
static const struct option_row *find_by_name(const char *word)
{
    const struct option_row *found = NULL;
    size_t n = strlen(word), count = 0;

    for (const struct option_row *row = option_table; row < option_table + option_row_count;
         row++) {
        if (!row->name || !row->help || n < 2 || strncasecmp(row->name, word, n) != 0)
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

    return row && row->help ? row : find_by_name(word + strspn(word, "-"));
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
        suggest_offer(&suggest, option_table[i].help ? option_table[i].name : NULL);
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

    printf("tcpchat %s\n", TCPCHAT_VERSION);
    printf("libuv %s, utf8proc %s, readline %s, iconv of %s\n", uv_version_string(),
           utf8proc_version(), ui ? ui->library() : "missing", converter_library());
    features_print();
    return finish_output();
}

static const char *where_name(unsigned where)
{
    return where == COMMAND_BOTH ? "both" : where == COMMAND_LISTEN ? "listen" : "connect";
}

int help_table(void)
{
    puts("letter\tname\targument\twhere\tvariable\thelp");
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_table[i];
        char letter[2] = {row->letter, '\0'};

        if (row->help)
            printf("%s\t%s\t%s\t%s\t%s\t%s\n", letter, row->name ? row->name : "",
                   row->argument ? row->argument : "", where_name(row->where),
                   row->variable ? row->variable : "", row->help);
    }
    return finish_output();
}
