/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input: splits the bytes of a terminal into typed text, keys of the job, and pasted text.
 *
 * A bracketed paste stands between ESC [ 200 ~ and ESC [ 201 ~ (xterm, mode 2004); everything
 * between them is its text, escape sequences and another start mark too. Typed bytes go on as they
 * came, but never half an escape sequence: one without its end is held until that comes, or until
 * input_flush. However the input is cut, the outcome is the same, but for the pauses:
 * A report of the cursor's place or of the terminal's kind that was asked for is told, and is no
 * key.
 *
 * A paste whose end mark is lost ends at Ctrl-C or Ctrl-D, as in bash, and by silence. A person
 * presses such a key, and nothing follows for INPUT_KEY_MS; within a paste more follows at once,
 * and the byte is text. Else text could end its paste and type commands. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ui/tty_modes.h"

enum {
    INPUT_PASTE = 16 << 20, /* bytes of a paste that are kept */
    INPUT_SEQUENCE = 32,    /* bytes of an escape sequence; a longer one is passed on as typed */
    INPUT_SEQUENCE_MS = 50,
    INPUT_KEY_MS = 200,
    INPUT_PASTE_MS = 5000,
};

/* Good during the call, which may not call back into input. */
typedef void input_typed(void *owner, const char *bytes, size_t n);

/* A key of the job, between the bytes that were typed before and after it. */
typedef void input_pressed(void *owner, enum tty_key key);

/* A whole paste with LF for CR LF and CR, not ended by NUL. A `lost` paste was too large, or memory
 * was short: text is NULL then, and n is the size it had. */
typedef void input_pasted(void *owner, const char *text, size_t n, bool lost);

/* The place of the cursor, from 0, as the last report that was due tells it. */
typedef void input_reported(void *owner, int row, int column);

/* The kind and version of the process's terminal, as its secondary device attributes tell them
 * (xterm, CSI > c). */
typedef void input_identified(unsigned kind, unsigned version);

struct input_events {
    input_typed *typed;
    input_pressed *pressed;
    input_pasted *pasted;
    input_reported *reported;
    input_identified *identified;
};

struct input {
    const struct input_events *events;
    void *owner;
    char held[INPUT_SEQUENCE]; /* an unfinished sequence; within a paste, the beginning of its end
                                  mark */
    size_t holds;
    unsigned reports; /* that the terminal still owes, of the cursor's place */
    bool identifies;  /* the terminal's kind is due */
    bool quotes;      /* the next typed key is text */
    bool pasting;
    char key;          /* within a paste: the last byte, if it may be a key; else 0 */
    bool lost;         /* the open paste did not fit, and is dropped */
    struct buf paste;  /* empty once lost */
    size_t paste_size; /* bytes of the open paste so far, dropped ones included */
};

void input_init(struct input *input, const struct input_events *events, void *owner);
void input_fini(struct input *input);

/* The terminal was asked for a report of the cursor's place (DSR 6). */
void input_expect_report(struct input *input);

/* The terminal was asked for its secondary device attributes. Some terminals answer with the
 * primary ones (CSI ?), which tell nothing, or not at all. */
void input_expect_attributes(struct input *input);

void input_push(struct input *input, const void *bytes, size_t n);

/* After how many ms without input input_flush is due: INPUT_SEQUENCE_MS while an unfinished
 * sequence is held, INPUT_PASTE_MS while a paste is open, INPUT_KEY_MS if a key may end it, 0 when
 * nothing waits. */
unsigned input_waits(const struct input *input);

/* Passes held bytes on as typed. An open paste ends as if its mark had come, and a Ctrl-C that
 * ended it is pressed, which drops it; a late mark is dropped. */
void input_flush(struct input *input);
