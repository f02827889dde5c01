/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "ui/prompt.h"

enum { LABEL = 32 };

/* ---- lines ---- */

bool console_input_drop_pasted(struct console_input *input)
{
    bool had_some = input->pasted_count > 0;

    buf_clear(&input->pasted);
    input->pasted_count = 0;
    input->pasted_into = false;
    return had_some;
}

static void tell_too_long(struct console_input *input)
{
    screen_tell_event(input->commands.screen, &(struct event){.sentence = prompt_too_long});
}

static void say(struct console_input *input, const char *text, size_t n)
{
    struct buf line;

    buf_init(&line, n + 1);
    if (buf_append(&line, text, n) < 0 || buf_append(&line, "\n", 1) < 0 ||
        upload_say(input->commands.upload, (const char *)buf_bytes(&line), n + 1) < 0)
        screen_tell(input->commands.screen, "this was not sent: too much waits to be sent already");
    buf_fini(&line);
}

/* The pasted lines and the line behind them are one text. */
static void say_pasted(struct console_input *input, const char *line)
{
    struct buf *pasted = &input->pasted;

    if (upload_say(input->commands.upload, (const char *)buf_bytes(pasted), buf_length(pasted)) < 0)
        screen_tell(input->commands.screen, "this was not sent: too much waits to be sent already");
    console_input_drop_pasted(input);
    if (*line)
        say(input, line, strlen(line));
}

static void say_nearly_a_command(struct console_input *input, const struct command_line *line)
{
    screen_tell(input->commands.screen,
                "/%.*s was not sent; did you mean /%s? //%.*s sends it as text", (int)line->word.n,
                line->word.at, line->row->name, (int)line->word.n, line->word.at);
}

static void say_no_command(struct console_input *input, const struct command_line *line)
{
    int length = (int)line->word.n;

    if (line->row)
        screen_tell(input->commands.screen,
                    "/%.*s is no command; did you mean /%s? //%.*s sends it as text", length,
                    line->word.at, line->row->name, length, line->word.at);
    else
        screen_tell(input->commands.screen,
                    "/%.*s is no command; /help lists them, //%.*s sends it as text", length,
                    line->word.at, length, line->word.at);
}

/* A room at the other end may have its own commands. */
static void pass_on(struct console_input *input, const struct command_line *line, const char *typed)
{
    say(input, typed, strlen(typed));
    if (!input->told_passed_on)
        screen_tell(input->commands.screen,
                    "/%.*s is no command here and went to the peer as it is", (int)line->word.n,
                    line->word.at);
    input->told_passed_on = true;
}

static void obey(struct console_input *input, const char *typed)
{
    bool connects = console_commands_connects(&input->commands);
    struct command_line line;
    struct err err;

    if (command_parse(typed, input->commands.audience, &line, &err) < 0)
        screen_notice(input->commands.screen, err.sentence);
    else if (line.kind == COMMAND_IS_TEXT)
        say(input, line.text.at, line.text.n);
    else if (line.kind == COMMAND_IS_CALL)
        console_commands_run(&input->commands, &line, typed);
    else if (line.kind == COMMAND_IS_NEAR && connects)
        say_nearly_a_command(input, &line);
    else if (connects)
        pass_on(input, &line, typed);
    else
        say_no_command(input, &line);
}

static void remember(struct console_input *input, const char *line)
{
    struct err err;

    if (history_add(&input->history, line, &err) == 0 || input->told_history)
        return;
    input->told_history = true;
    screen_tell(input->commands.screen, "history is not kept: %s", err.sentence);
}

void console_input_keep_unfinished(struct console_input *input)
{
    char *typed = prompt_text();

    if (typed && *typed) {
        screen_typed(input->commands.screen, typed);
        remember(input, typed);
        prompt_clear();
    }
    free(typed);
}

/* A pasted line is never a command. */
static bool is_command(const struct console_input *input, const char *line)
{
    struct command_line parsed;
    struct err err;

    return !input->pasted_into &&
           (command_parse(line, input->commands.audience, &parsed, &err) < 0 ||
            parsed.kind != COMMAND_IS_TEXT);
}

/* An input method may give a full-width slash (U+FF0F): in front of a command's exact name it is
 * meant as a slash. The caller frees the line that was meant; NULL: the line as it is. */
static char *with_slash(const struct console_input *input, const char *line)
{
    static const char wide[] = "\xEF\xBC\x8F";
    struct command_line parsed;
    char *meant;
    struct err err;

    if (input->pasted_into || strncmp(line, wide, strlen(wide)) != 0)
        return NULL;
    meant = strdup(line + strlen(wide) - 1);
    if (!meant)
        return NULL;
    *meant = '/';
    if (command_parse(meant, input->commands.audience, &parsed, &err) < 0 ||
        parsed.kind == COMMAND_IS_CALL)
        return meant;
    free(meant);
    return NULL;
}

/* A command is obeyed also while pasted lines wait. */
void console_input_line(struct console_input *input, const char *line)
{
    char *meant = with_slash(input, line);

    remember(input, line);
    if (meant)
        obey(input, meant);
    else if (input->pasted_count && !is_command(input, line))
        say_pasted(input, line);
    else
        obey(input, line);
    input->pasted_into = false;
    free(meant);
}

/* ---- pastes ---- */

static void tell_pasted(const struct console_input *input)
{
    screen_tell_event(
        input->commands.screen,
        &(struct event){
            EVENT_COUNTED("{count} pasted line waits; Enter sends it, Ctrl-C drops it",
                          "{count} pasted lines wait; Enter sends them, Ctrl-C drops them",
                          input->pasted_count),
            .count = input->pasted_count});
}

bool console_input_has_pasted(const struct console_input *input)
{
    if (input->pasted_count)
        tell_pasted(input);
    return input->pasted_count > 0;
}

void console_input_label(const struct console_input *input)
{
    int percent = upload_percent(input->commands.upload);
    char label[LABEL] = "";

    if (percent >= 0)
        snprintf(label, sizeof label, "%d%%", percent);
    else if (input->pasted_count)
        snprintf(label, sizeof label, "+%zu", input->pasted_count);
    prompt_set_label(label);
}

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

/* Whole lines of a paste wait for Enter; the rest stands in the line being typed. */
static bool hold(struct console_input *input, const char *text, size_t whole)
{
    char *left;

    if (!buf_reserve(&input->pasted, PROMPT_LINE + whole)) {
        screen_tell(input->commands.screen,
                    "%zu pasted lines wait already; this paste was not taken", input->pasted_count);
        return false;
    }
    left = prompt_take_left();
    if ((left && buf_append(&input->pasted, left, strlen(left)) < 0) ||
        buf_append(&input->pasted, text, whole) < 0) {
        screen_tell(input->commands.screen, "out of memory; this paste was not taken");
        free(left);
        return false;
    }
    input->pasted_count += count_lines(text, whole);
    free(left);
    tell_pasted(input);
    return true;
}

void console_input_paste(struct console_input *input, const char *text, size_t n, bool lost)
{
    const char *lf = lost ? NULL : memrchr(text, '\n', n);
    size_t whole = lf ? (size_t)(lf - text) + 1 : 0;

    if (lost || has_long_line(text, n)) {
        tell_too_long(input);
        return;
    }
    if (whole && !hold(input, text, whole))
        return;
    if (!prompt_insert(text + whole, n - whole))
        tell_too_long(input);
    input->pasted_into |= n > whole;
}

/* ---- opening and closing ---- */

void console_input_init(struct console_input *input, const struct console_commands_options *options,
                        struct room *room, struct screen *screen, struct upload *upload)
{
    *input = (struct console_input){0};
    console_commands_init(&input->commands, options, room, screen, upload);
    buf_init(&input->pasted, UPLOAD_LINES);
    prompt_prepare();
}

void console_input_open_history(struct console_input *input)
{
    struct err err;

    if (history_open(&input->history, input->commands.options.opener, &err) < 0 ||
        history_load(&input->history, &err) < 0)
        screen_tell(input->commands.screen, "history is not kept: %s", err.sentence);
}

void console_input_finish(struct console_input *input)
{
    bench_stop(&input->commands.bench);
    prompt_close();
}

void console_input_fini(struct console_input *input)
{
    console_commands_fini(&input->commands);
    buf_fini(&input->pasted);
    history_close(&input->history);
}
