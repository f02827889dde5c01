/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/input.h"

#include <stdio.h>
#include <string.h>

enum { ESC = 0x1B, CTRL_D = 0x04 };

static const char paste_start[] = "\033[200~", paste_end[] = "\033[201~";

enum { MARK = sizeof paste_end - 1 };

void input_init(struct input *input, const struct input_events *events, void *owner)
{
    *input = (struct input){.events = events, .owner = owner};
    buf_init(&input->paste, INPUT_PASTE);
}

void input_fini(struct input *input)
{
    buf_fini(&input->paste);
}

/* ---- within a paste ---- */

static void begin_paste(struct input *input)
{
    input->pasting = true;
    input->lost = false;
    input->paste_size = 0;
}

static void add_to_paste(struct input *input, const char *bytes, size_t n)
{
    input->paste_size += n;
    if (input->lost || buf_append(&input->paste, bytes, n) == 0)
        return;
    input->lost = true;
    buf_fini(&input->paste);
}

/* In place; returns how long the text is then. */
static size_t unify_line_ends(char *text, size_t n)
{
    size_t length = 0;

    for (size_t i = 0; i < n; i++)
        if (text[i] != '\r')
            text[length++] = text[i];
        else if (i + 1 == n || text[i + 1] != '\n')
            text[length++] = '\n';
    return length;
}

static void end_paste(struct input *input)
{
    char *text = (char *)input->paste.bytes; /* nothing was consumed: it starts there */

    input->pasting = false;
    if (input->lost)
        input->events->pasted(input->owner, NULL, input->paste_size, true);
    else
        input->events->pasted(input->owner, text ? text : "",
                              unify_line_ends(text, input->paste_size), false);
    buf_fini(&input->paste);
}

static void drop_mark(struct input *input)
{
    size_t n = input->holds;

    input->holds = 0;
    add_to_paste(input, input->held, n);
}

/* Takes the next byte of a possible end mark. ESC is only the first byte of a mark, so after a
 * mismatch only the byte itself has to be looked at again. */
static bool fits_mark(struct input *input, char byte)
{
    if (byte != paste_end[input->holds])
        drop_mark(input);
    if (byte != paste_end[input->holds])
        return false;
    input->held[input->holds++] = byte;
    if (input->holds == MARK) {
        input->holds = 0;
        end_paste(input);
    }
    return true;
}

static size_t up_to_escape(const char *bytes, size_t n)
{
    const char *escape = memchr(bytes, ESC, n);

    return escape ? (size_t)(escape - bytes) : n;
}

/* Returns how many bytes were taken. */
static size_t push_paste(struct input *input, const char *bytes, size_t n)
{
    size_t run;

    if (fits_mark(input, *bytes))
        return 1;
    run = up_to_escape(bytes, n);
    add_to_paste(input, bytes, run);
    return run;
}

/* ---- typed ---- */

/* A key behind Ctrl-V is text; readline takes the two together (quoted-insert). */
static void put_typed(struct input *input, const char *bytes, size_t n)
{
    size_t done = 0;

    for (size_t i = 0; i < n; i++) {
        enum tty_key key = input->quotes ? KEY_NONE : tty_modes_key(bytes[i]);

        input->quotes = key == KEY_QUOTE;
        if (key == KEY_NONE || key == KEY_QUOTE)
            continue;
        if (done < i)
            input->events->typed(input->owner, bytes + done, i - done);
        input->events->pressed(input->owner, key);
        done = i + 1;
    }
    if (done < n)
        input->events->typed(input->owner, bytes + done, n - done);
}

static void release(struct input *input)
{
    size_t n = input->holds;

    input->holds = 0;
    put_typed(input, input->held, n);
}

static bool holds_mark(const struct input *input, const char *mark)
{
    return input->holds == MARK && !memcmp(input->held, mark, MARK);
}

void input_expect_report(struct input *input)
{
    input->reports++;
}

void input_expect_attributes(struct input *input)
{
    input->identifies = true;
}

typedef char held_text[INPUT_SEQUENCE + 1];

static const char *text_of_held(const struct input *input, held_text text)
{
    memcpy(text, input->held, input->holds);
    text[input->holds] = '\0';
    return text;
}

/* ESC [ ROW ; COLUMN R, both from 1 (ECMA-48, 8.3.14). */
static bool is_report(const struct input *input, int *row, int *column)
{
    held_text text;
    char end;

    if (sscanf(text_of_held(input, text), "\033[%3d;%5d%c", row, column, &end) != 3 || end != 'R')
        return false;
    return --*row >= 0 && --*column >= 0;
}

/* Reports come in order, so that only the last one is of now. */
static void take_report(struct input *input, int row, int column)
{
    input->holds = 0;
    if (!--input->reports)
        input->events->reported(input->owner, row, column);
}

/* ESC [ > or ?, numbers, and c (ECMA-48, 8.3.24: DA). */
static bool are_attributes(const struct input *input)
{
    return input->holds > 3 && input->held[1] == '[' &&
           (input->held[2] == '>' || input->held[2] == '?') && input->held[input->holds - 1] == 'c';
}

static void take_attributes(struct input *input)
{
    unsigned kind, version;
    held_text text;

    input->identifies = false;
    if (sscanf(text_of_held(input, text), "\033[>%5u;%8u", &kind, &version) == 2)
        input->events->identified(kind, version);
    input->holds = 0;
}

/* An end mark without a paste came late or was forged; it is dropped. */
static void finish_sequence(struct input *input)
{
    int row, column;

    if (holds_mark(input, paste_start)) {
        input->holds = 0;
        begin_paste(input);
    } else if (holds_mark(input, paste_end)) {
        input->holds = 0;
    } else if (input->reports && is_report(input, &row, &column)) {
        take_report(input, row, column);
    } else if (input->identifies && are_attributes(input)) {
        take_attributes(input);
    } else {
        release(input);
    }
}

/* ESC, then [ or O, then parameters and intermediates (ECMA-48, 5.4). The Linux console's function
 * keys are ESC [ [ and a letter. */
static bool goes_on(const struct input *input, char byte)
{
    if (input->holds == 1)
        return byte == '[' || byte == 'O';
    return (byte >= 0x20 && byte <= 0x3F) ||
           (byte == '[' && input->holds == 2 && input->held[1] == '[');
}

/* A byte that cannot end the sequence begins another input: a control character, a letter. */
static bool is_final(const struct input *input, char byte)
{
    return input->holds == 1 ? byte != ESC : byte >= 0x40 && byte <= 0x7E;
}

static size_t push_sequence(struct input *input, char byte)
{
    bool more = goes_on(input, byte);

    if (!more && !is_final(input, byte)) {
        release(input);
        return 0;
    }
    input->held[input->holds++] = byte;
    if (!more)
        finish_sequence(input);
    else if (input->holds == INPUT_SEQUENCE)
        release(input);
    return 1;
}

static size_t push_typed(struct input *input, const char *bytes, size_t n)
{
    size_t run;

    if (input->holds)
        return push_sequence(input, *bytes);
    run = up_to_escape(bytes, n);
    put_typed(input, bytes, run);
    if (run < n)
        input->held[input->holds++] = bytes[run++];
    return run;
}

static void push(struct input *input, const char *next, size_t left)
{
    const char *end = next + left;

    while (next < end) {
        left = (size_t)(end - next);
        next += input->pasting ? push_paste(input, next, left) : push_typed(input, next, left);
    }
}

static bool may_end_paste(char byte)
{
    return byte == CTRL_D || tty_modes_key(byte) == KEY_INTERRUPT;
}

void input_push(struct input *input, const void *bytes, size_t n)
{
    const char *text = bytes, key = input->key;
    size_t ends = n && may_end_paste(text[n - 1]);

    if (!n)
        return;
    input->key = '\0';
    if (key)
        push(input, &key, 1);
    push(input, text, n - ends);
    if (ends && input->pasting)
        input->key = text[n - 1];
    else
        push(input, text + n - ends, ends);
}

/* ---- silence ---- */

unsigned input_waits(const struct input *input)
{
    if (input->pasting)
        return input->key ? INPUT_KEY_MS : INPUT_PASTE_MS;
    return input->holds ? INPUT_SEQUENCE_MS : 0;
}

/* An empty paste leaves nothing for Ctrl-C to drop. */
static void end_by_silence(struct input *input)
{
    char key = input->key;
    bool drops;

    input->key = '\0';
    drop_mark(input);
    drops = key && key != CTRL_D && input->paste_size;
    end_paste(input);
    if (drops)
        input->events->pressed(input->owner, KEY_INTERRUPT);
}

void input_flush(struct input *input)
{
    if (input->pasting)
        end_by_silence(input);
    else
        release(input);
}
