/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tty_modes: the settings of the terminal, taken and given back on every way out.
 *
 * There is one terminal, as there is one descriptor 0. Settings are those of termios(3) and two
 * private modes of xterm: 2004 brackets a paste, 7 continues a long line in the next row. */
#pragma once

#include <stdbool.h>

/* Both private modes as a shell expects them. */
#define TTY_MODES_DEFAULT "\033[?7h\033[?2004l"

/* The same behind output that may be cut in a control sequence, which CAN ends (ECMA-48, 8.3.6). */
#define TTY_MODES_CUT "\x18" TTY_MODES_DEFAULT

enum tty_key { KEY_NONE, KEY_INTERRUPT, KEY_QUIT, KEY_SUSPEND, KEY_QUOTE /* Ctrl-V */ };

/* Takes the settings: bytes come one by one, unchanged and without an echo, the keys of the job
 * among them. `out` is where the private modes are written, if there are any. false: they are taken
 * already, or descriptor 0 is not a terminal. */
bool tty_modes_take(int out, bool has_private);

bool tty_modes_are_taken(void);

/* Lets an output continue that Ctrl-S holds, as the terminal itself does before a key of the job
 * ends a program. */
void tty_modes_resume_output(void);

/* Sets the settings of before; not the private modes. */
void tty_modes_give_back(void);

/* The shell has set the terminal already: nothing is to be given back. */
void tty_modes_forget(void);

/* Gives back settings and private modes where the process is about to end. Safe in a signal handler
 * and without memory. */
void tty_modes_rescue(void);

/* From here on a deadly signal gives the settings back before it ends the process. */
void tty_modes_guard(void);
void tty_modes_unguard(void);

/* Which key of the job a typed byte is, by the settings of before. */
enum tty_key tty_modes_key(char byte);
