/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>
#include <uv.h>

#include "base/log.h"
#include "cli/features.h"
#include "cli/option_table.h"
#include "text/converter.h"
#include "ui/prompt.h"

enum { COLUMN = 30, WIDTH = 79 };

/* Standard output may be a full disk. */
static int finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    log_say(LOG_ERROR, "standard output: %s", strerror(errno));
    return 5;
}

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

static void print_row(const struct option_row *row)
{
    char letter[4] = "", head[64];
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
    print_wrapped(row->help);
}

static void print_rows(const char *title, enum command command, unsigned where)
{
    printf("\n%s:\n", title);
    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].help && option_table[i].where == where && where & command)
            print_row(&option_table[i]);
}

static void print_synopsis(enum command command)
{
    const char *head = "usage:";

    if (command & COMMAND_LISTEN) {
        printf("%s tcpchat listen  [OPTION]... [HOST] PORT\n", head);
        head = "      ";
    }
    if (command & COMMAND_CONNECT)
        printf("%s tcpchat connect [OPTION]... HOST PORT\n", head);
    if (command == COMMAND_BOTH)
        puts("       tcpchat help [COMMAND] | --help | --version");
    puts("\nHOST PORT may also be written HOST:PORT, [V6]:PORT or unix:PATH.\n"
         "SECS is a decimal number of seconds, or one with ms, s, m or h behind it.");
}

int help_help(enum command command)
{
    print_synopsis(command);
    print_rows("Options", command, COMMAND_BOTH);
    if (command & COMMAND_LISTEN)
        print_rows("Options of listen", command, COMMAND_LISTEN);
    if (command & COMMAND_CONNECT)
        print_rows("Options of connect", command, COMMAND_CONNECT);
    puts("\nExit status: 0 all well, 1 network, 2 wrong use, 3 some text was replaced,\n"
         "4 a timeout ran out, 5 local input or output failed, 6 security, 7 the program\n"
         "of --exec failed, 128+N signal N.");
    return finish_output();
}

int help_version(void)
{
    printf("tcpchat %s\n", TCPCHAT_VERSION);
    printf("libuv %s, utf8proc %s, readline %s, iconv of %s\n", uv_version_string(),
           utf8proc_version(), prompt_library(), converter_library());
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
