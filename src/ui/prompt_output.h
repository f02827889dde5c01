/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt_output: what readline writes, made safe for the screen.
 *
 * A line from a paste or a file may hold any character. Outside ASCII only a plain one goes to the
 * screen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* There is one, for rl_outstream; write() gets UTF-8. */
FILE *prompt_output_open(void (*write)(const void *bytes, size_t n));
void prompt_output_close(FILE *file);

/* Makes readline take `drawn`, a line on the screen, for its own drawing, with the cursor behind
 * `point` bytes. The line that is being typed stays; readline draws the difference next. False
 * without memory. */
bool prompt_output_adopt(const char *drawn, size_t point);

/* Whether the screen was cleared, as Ctrl-L does, since the last call. */
bool prompt_output_cleared_screen(void);
