/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console_input: what a person enters at a console: lines are commands or text, and the lines of a
 * paste wait for Enter.
 *
 * The prompt's and the terminal's events of the same meaning; their owner is the console. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct console;

void console_input_line(void *owner, const char *line);
void console_input_too_long(void *owner);
void console_input_paste(void *owner, const char *text, size_t n, bool lost);

/* Drops the lines that wait. */
void console_input_forget_pasted(struct console *console);

/* Keeps a line for the next time. */
void console_input_remember(struct console *console, const char *line);
