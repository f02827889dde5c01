/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt: the line that is being typed, by readline.
 *
 * Text is UTF-8 both ways. Nothing here reads or writes a descriptor: keys are fed in, and what
 * goes to the screen comes out by write(). There is one prompt, because readline is one.
 * prompt_view draws it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PROMPT_LINE = 64 * 1024 /* bytes of a line at most */ };

struct prompt_events {
    void (*write)(void *owner, const char *bytes, size_t n);
    void (*entered)(void *owner, const char *line);
    void (*ended)(void *owner);    /* the end-of-file key on an empty line */
    void (*too_long)(void *owner); /* a key was refused; told once a line */
};

/* Draws nothing before prompt_view_show. */
void prompt_open(const struct prompt_events *events, void *owner, unsigned columns, unsigned rows);

/* Hides it for good; what was typed is forgotten. */
void prompt_close(void);

/* Typed keys. */
void prompt_feed(const char *input, size_t n);

/* Puts text without a line end at the cursor. false where the line would become too long. */
bool prompt_insert(const char *text, size_t n);

/* Removes the text left of the cursor and returns it; freed by the caller. */
char *prompt_take_left(void);

/* Forgets what was typed; false where that was nothing. */
bool prompt_clear(void);

/* What stands before the line; drawn with the next prompt_view_show. */
void prompt_set_label(const char *label);

/* A path as it is typed, "~" as readline's completion has it; freed by the caller. */
char *prompt_path(const char *typed, size_t n);

/* What is being typed; freed by the caller, NULL without memory. */
char *prompt_text(void);
