/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prompt: the line that is being typed, by readline.
 *
 * Text is UTF-8 both ways. The prompt reads and writes no descriptor: keys are fed in, and output
 * goes to write(). There is one prompt, because readline has one global state.
 * prompt_view draws it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PROMPT_LINE = 64 * 1024 /* bytes of a line at most */ };

struct prompt_events {
    void (*write)(void *owner, const char *bytes, size_t n);
    void (*ask_place)(void *owner); /* of the cursor: as prompt_view_open has it */
    void (*entered)(void *owner, const char *line);
    void (*ended)(void *owner); /* the end-of-file key on an empty line */
    /* A key was refused, and the sentence says why. A line that is too long is told once. */
    void (*refused)(void *owner, const char *sentence);
    /* Whether output above the line, and the line with it, is drawn in a moment anyway. */
    bool (*draws_soon)(void *owner);
};

extern const char prompt_too_long[]; /* a sentence */

/* Reads $INPUTRC and what is known of the terminal, which a confined run could not. */
void prompt_prepare(void);

/* Follows prompt_prepare. Draws nothing before prompt_view_show. */
void prompt_open(const struct prompt_events *events, void *owner, unsigned columns, unsigned rows);

/* Hides the prompt for good and drops the line. */
void prompt_close(void);

/* Typed keys. */
void prompt_feed(const char *input, size_t n);

/* Inserts text without a line end at the cursor. false: the line would become too long. */
bool prompt_insert(const char *text, size_t n);

/* Removes the text left of the cursor and returns it; the caller frees it. */
char *prompt_take_left(void);

/* Drops the line; false where it was empty and no search was open. */
bool prompt_clear(void);

/* Sets the text before the line. */
void prompt_set_label(const char *label);

/* The version of readline. */
const char *prompt_library(void);

/* A typed path with "~" expanded as readline's completion does; the caller frees it. */
char *prompt_path(const char *typed, size_t n);

/* A copy of the line being typed, which the caller frees; NULL without memory. */
char *prompt_text(void);
