/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt: the line that is being typed, by readline.
 *
 * Text is UTF-8 both ways. Nothing here reads or writes a descriptor: keys are fed in, and what
 * goes to the screen comes out by write(). There is one prompt, because readline is one.
 * Output above the line goes between prompt_hide and prompt_show. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PROMPT_LINE = 64 * 1024 /* bytes of a line at most */ };

/* What could follow the text left of the cursor. */
struct prompt_choices {
    size_t start; /* where in that text the word begins that is to be completed */
    bool files;   /* names of files */
    /* Else the words by number, until NULL; good until the next call. */
    const char *(*word)(void *owner, size_t number);
};

struct prompt_events {
    void (*write)(void *owner, const char *bytes, size_t n);
    void (*entered)(void *owner, const char *line);
    void (*ended)(void *owner);    /* the end-of-file key on an empty line */
    void (*too_long)(void *owner); /* a key was refused; told once a line */
    void (*complete)(void *owner, const char *before, struct prompt_choices *choices);
    /* There are several; each is NUL-terminated. */
    void (*choose)(void *owner, char **words, size_t count);
};

/* Draws nothing before prompt_show. */
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

void prompt_hide(void);
void prompt_show(void);
void prompt_resize(unsigned columns, unsigned rows);

/* What stands before the line; drawn with the next prompt_show. */
void prompt_set_label(const char *label);

/* A path as it is typed, "~" as readline's completion has it; freed by the caller. */
char *prompt_path(const char *typed, size_t n);

/* What is being typed; freed by the caller, NULL without memory. */
char *prompt_text(void);
