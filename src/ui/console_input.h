/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console_input: the input of a person: a line is a command or text, and the lines of a paste wait
 * for Enter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ui/console_commands.h"
#include "ui/history.h"

struct console_input {
    struct console_commands commands;
    struct history history;
    struct buf pasted; /* lines that wait for Enter, each with its LF */
    size_t pasted_count;
    bool pasted_into;    /* the line being typed holds pasted text */
    bool told_history;   /* that the file failed */
    bool told_passed_on; /* that a /word went to the peer */
};

/* As console_commands_init. */
void console_input_init(struct console_input *input, const struct console_commands_options *options,
                        struct room *room, struct screen *screen, struct upload *upload);
/* Nothing is typed any more, and nothing is repeated. */
void console_input_finish(struct console_input *input);
void console_input_fini(struct console_input *input);

/* Loads the history, and keeps lines in its file from now on. The prompt is open. */
void console_input_open_history(struct console_input *input);

/* A line was entered. */
void console_input_line(struct console_input *input, const char *line);

/* Text was pasted, in the terminal's words; see terminal_events. */
void console_input_paste(struct console_input *input, const char *text, size_t n, bool lost);

/* Labels the prompt with the share of a file that is sent, or the number of pasted lines. */
void console_input_label(const struct console_input *input);

/* Whether pasted lines wait; a notice says so. */
bool console_input_has_pasted(const struct console_input *input);

/* Drops the lines that wait; false where there are none. */
bool console_input_drop_pasted(struct console_input *input);

/* The run ends: the line being typed is shown above the last notice, and kept in the history. */
void console_input_keep_unfinished(struct console_input *input);
