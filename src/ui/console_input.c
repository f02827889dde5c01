/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console.h"
#include "ui/prompt.h"

/* ---- lines ---- */

void console_input_forget_pasted(struct console *console)
{
    buf_consume(&console->pasted, buf_length(&console->pasted));
    console->pasted_count = 0;
}

static void refuse(struct console *console)
{
    console_tell(console, "a line holds at most 64 KiB; /send FILE sends more");
}

static void say(struct console *console, const char *text, size_t n)
{
    struct buf line;

    buf_init(&line, n + 1);
    if (buf_append(&line, text, n) < 0 || buf_append(&line, "\n", 1) < 0 ||
        upload_say(&console->upload, (const char *)buf_bytes(&line), n + 1) < 0)
        console_tell(console, "this was not sent: too much waits to be sent already");
    buf_fini(&line);
}

/* What was pasted and what stands behind it are one piece of text. */
static void say_pasted(struct console *console, const char *line)
{
    struct buf *pasted = &console->pasted;

    if (upload_say(&console->upload, (const char *)buf_bytes(pasted), buf_length(pasted)) < 0)
        console_tell(console, "this was not sent: too much waits to be sent already");
    console_input_forget_pasted(console);
    if (*line)
        say(console, line, strlen(line));
    console_progress(console);
}

static void say_nearly_a_command(struct console *console, const struct command_line *line)
{
    console_tell(console, "/%.*s was not sent; did you mean /%s? //%.*s sends it as text",
                 (int)line->word.length, line->word.text, line->row->name, (int)line->word.length,
                 line->word.text);
}

static void say_no_command(struct console *console, const struct command_line *line)
{
    int length = (int)line->word.length;

    if (line->row)
        console_tell(console, "/%.*s is no command; did you mean /%s? //%.*s sends it as text",
                     length, line->word.text, line->row->name, length, line->word.text);
    else
        console_tell(console, "/%.*s is no command; /help lists them, //%.*s sends it as text",
                     length, line->word.text, length, line->word.text);
}

/* A room at the other end may have commands of its own. */
static void pass_on(struct console *console, const struct command_line *line, const char *typed)
{
    say(console, typed, strlen(typed));
    if (!console->told_passed_on)
        console_tell(console, "/%.*s is no command here and went to the peer as it is",
                     (int)line->word.length, line->word.text);
    console->told_passed_on = true;
}

static void obey(struct console *console, const char *typed)
{
    bool connects = console->options.audience == COMMAND_OF_CONNECT;
    struct command_line line;
    struct err err;

    if (command_parse(typed, console->options.audience, &line, &err) < 0)
        console_tell(console, "%s", err.sentence);
    else if (line.kind == COMMAND_IS_TEXT)
        say(console, line.text.text, line.text.length);
    else if (line.kind == COMMAND_IS_CALL)
        console_command(console, &line);
    else if (line.kind == COMMAND_IS_NEAR && connects)
        say_nearly_a_command(console, &line);
    else if (connects)
        pass_on(console, &line, typed);
    else
        say_no_command(console, &line);
}

void console_input_remember(struct console *console, const char *line)
{
    struct err err;

    if (history_add(&console->history, line, &err) == 0 || console->told_history)
        return;
    console->told_history = true;
    console_tell(console, "history is not kept: %s", err.sentence);
}

/* What begins with a slash and was typed, not pasted. */
static bool is_command(const struct console *console, const char *line)
{
    struct command_line parsed;
    struct err err;

    return !console->pasted_into &&
           (command_parse(line, console->options.audience, &parsed, &err) < 0 ||
            parsed.kind != COMMAND_IS_TEXT);
}

/* While pasted lines wait commands are obeyed all the same. */
void console_input_line(void *owner, const char *line)
{
    struct console *console = owner;

    console_input_remember(console, line);
    if (console->pasted_count && !is_command(console, line))
        say_pasted(console, line);
    else
        obey(console, line);
    console->pasted_into = false;
}

void console_input_too_long(void *owner)
{
    refuse(owner);
}

/* ---- pastes ---- */

static size_t count_lines(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += text[i] == '\n';
    return count;
}

static bool has_long_line(const char *text, size_t n)
{
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        length = text[i] == '\n' ? 0 : length + 1;
        if (length > PROMPT_LINE)
            return true;
    }
    return false;
}

/* The lines of a paste wait for Enter, what follows the last of them stands in the line. */
static bool hold(struct console *console, const char *text, size_t whole)
{
    char *left;

    if (!buf_reserve(&console->pasted, PROMPT_LINE + whole)) {
        console_tell(console, "%zu pasted lines wait already; this paste was not taken",
                     console->pasted_count);
        return false;
    }
    left = prompt_take_left();
    if ((left && buf_append(&console->pasted, left, strlen(left)) < 0) ||
        buf_append(&console->pasted, text, whole) < 0) {
        console_tell(console, "out of memory; this paste was not taken");
        free(left);
        return false;
    }
    console->pasted_count += count_lines(text, whole);
    free(left);
    console_tell(console, "%zu pasted line%s; Enter sends %s, Ctrl-C drops %s",
                 console->pasted_count, console->pasted_count == 1 ? " waits" : "s wait",
                 console->pasted_count == 1 ? "it" : "them",
                 console->pasted_count == 1 ? "it" : "them");
    console_progress(console);
    return true;
}

void console_input_paste(void *owner, const char *text, size_t n, bool lost)
{
    struct console *console = owner;
    const char *lf = lost ? NULL : memrchr(text, '\n', n);
    size_t whole = lf ? (size_t)(lf - text) + 1 : 0;

    if (console->finished)
        return;
    if (lost || has_long_line(text, n)) {
        refuse(console);
        return;
    }
    if (whole && !hold(console, text, whole))
        return;
    if (!prompt_insert(text + whole, n - whole))
        refuse(console);
    console->pasted_into |= n > whole;
    terminal_flush(&console->terminal);
}
