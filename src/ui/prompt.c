/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/prompt.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>
#include <readline/tilde.h>

#include "base/language.h"
#include "ui/prompt_view.h"

enum { HISTORY = 1000, LABEL = 64, ARGUMENT_MAX = 1000 };

/* readline's state is global, and so is ours. */
static struct {
    const struct prompt_events *events;
    void *owner;
    const char *input; /* fed and not taken yet */
    size_t left;
    char label[LABEL]; /* the text before the line, with its "> " */
    bool is_open;
    bool is_entering; /* the line in readline's buffer was handed on */
    bool told_too_long;
} prompt;

const char prompt_too_long[] = N_("a line holds at most 64 KiB; /send FILE sends more");

/* ---- callbacks of readline ---- */

static int next_key(FILE *stream)
{
    (void)stream;
    if (!prompt.left)
        return EOF;
    prompt.left--;
    return (unsigned char)*prompt.input++;
}

static int has_key(void)
{
    return prompt.left > 0;
}

static void prepare(int meta)
{
    (void)meta;
    rl_tty_set_echoing(1);
}

static void unprepare(void)
{
}

/* ---- a line is entered ---- */

/* Clears the entered line, which the screen echoes; readline would leave it and go below. */
static int accept(int count, int key)
{
    int result;

    prompt_view_clear();
    prompt_view_pause(true);
    rl_tty_set_echoing(0);
    result = rl_newline(count, key);
    rl_tty_set_echoing(1);
    return result;
}

/* A confined run cannot open the file again. It would also undo what restrain() sets. */
static int refuse_inputrc(int count, int key)
{
    (void)count;
    (void)key;
    prompt.events->refused(prompt.owner, N_("the inputrc is read at the start of the run only"));
    return 0;
}

/* The keys may be any, by inputrc. */
static void replace(Keymap keys)
{
    for (int i = 0; i < KEYMAP_SIZE; i++)
        if (keys[i].type == ISKMAP)
            replace((Keymap)keys[i].function);
        else if (keys[i].type == ISFUNC && keys[i].function == rl_newline)
            keys[i].function = accept;
        else if (keys[i].type == ISFUNC && keys[i].function == rl_re_read_init_file)
            keys[i].function = refuse_inputrc;
}

static void on_line(char *line)
{
    fflush(rl_outstream);
    prompt.told_too_long = false;
    prompt.is_entering = true;
    if (line)
        prompt.events->entered(prompt.owner, line);
    else
        prompt.events->ended(prompt.owner);
    prompt.is_entering = false;
    free(line);
}

/* ---- opening ---- */

/* readline takes its charset from the environment, again and again. It is UTF-8 here, also where
 * the terminal speaks another one. */
static void speak_utf8(void)
{
    static const char *const locales[] = {"C.UTF-8", "en_US.UTF-8", "POSIX.UTF-8"};

    setlocale(LC_CTYPE, "");
    for (size_t i = 0; strcmp(nl_langinfo(CODESET), "UTF-8") != 0; i++) {
        if (i == sizeof locales / sizeof *locales)
            return;
        if (setlocale(LC_CTYPE, locales[i]))
            setenv("LC_ALL", locales[i], 1);
    }
}

/* Switches off features that write to descriptors or wait. */
static void restrain(void)
{
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_completion_query_items = -1;
    rl_variable_bind("enable-bracketed-paste", "off");
    rl_variable_bind("bell-style", "none");
    rl_variable_bind("blink-matching-paren", "off");
    rl_variable_bind("page-completions", "off");
}

void prompt_prepare(void)
{
    speak_utf8();
    rl_readline_name = "tcpchat";
    rl_instream = stdin;
    rl_getc_function = next_key;
    rl_input_available_hook = has_key;
    rl_prep_term_function = prepare;
    rl_deprep_term_function = unprepare;
    rl_initialize();
}

void prompt_open(const struct prompt_events *events, void *owner, unsigned columns, unsigned rows)
{
    prompt.events = events;
    prompt.owner = owner;
    prompt.is_open = true;
    prompt_view_open(events->write, events->ask_place, owner, columns, rows);
    restrain();
    rl_tty_set_default_bindings(emacs_standard_keymap);
    rl_tty_set_default_bindings(vi_insertion_keymap);
    replace(emacs_standard_keymap);
    replace(vi_insertion_keymap);
    replace(vi_movement_keymap);
    stifle_history(HISTORY);
    strcpy(prompt.label, "> ");
    rl_callback_handler_install(prompt.label, on_line);
}

void prompt_close(void)
{
    if (!prompt.is_open)
        return;
    prompt_view_settle(-1, -1);
    prompt_view_hide();
    prompt.is_open = false;
    rl_callback_handler_remove();
    prompt_view_close();
    clear_history();
}

/* ---- keys ---- */

/* During a search readline has a prompt of its own; while a line is entered that line would be
 * drawn once more. prompt_feed makes up for both. */
static void apply_label(void)
{
    if (prompt.is_open && !prompt.is_entering && strcmp(prompt.label, rl_prompt) &&
        !RL_ISSTATE(RL_STATE_ISEARCH))
        prompt_view_set_label(prompt.label);
}

/* Only keys that insert themselves can make the line too long. */
static bool is_refused(char key)
{
    return rl_end >= PROMPT_LINE && (unsigned char)key >= 0x20 && key != 0x7F;
}

static void refuse(void)
{
    prompt.input++;
    prompt.left--;
    if (!prompt.told_too_long)
        prompt.events->refused(prompt.owner, prompt_too_long);
    prompt.told_too_long = true;
}

/* A large numeric argument, or many yanks of a long line, would hold up the loop. */
static void take_key(void)
{
    if (rl_numeric_arg > ARGUMENT_MAX)
        rl_numeric_arg = ARGUMENT_MAX;
    rl_callback_read_char();
    if (!prompt.is_open || rl_end <= PROMPT_LINE)
        return;
    rl_delete_text(PROMPT_LINE, rl_end);
    if (rl_point > rl_end)
        rl_point = rl_end;
    if (!prompt.told_too_long)
        prompt.events->refused(prompt.owner, prompt_too_long);
    prompt.told_too_long = true;
}

void prompt_feed(const char *input, size_t n)
{
    prompt.input = input;
    prompt.left = n;
    while (prompt.left && prompt.is_open) {
        if (is_refused(*prompt.input))
            refuse();
        else
            take_key();
    }
    prompt.left = 0;
    if (!prompt.is_open)
        return;
    apply_label();
    prompt_view_pause(prompt.events->draws_soon(prompt.owner));
    prompt_view_draw();
    prompt_view_pause(false);
}

/* Ends a search or a half-typed key before text comes from another source. */
static void end_modes(void)
{
    rl_callback_sigcleanup();
}

bool prompt_insert(const char *text, size_t n)
{
    char *copy;

    if (n > (size_t)(PROMPT_LINE - rl_end))
        return false;
    copy = malloc(n + 1);
    if (!copy)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    for (char *nul; (nul = memchr(copy, '\0', n));)
        *nul = '?'; /* a line cannot hold it */
    end_modes();
    rl_insert_text(copy);
    free(copy);
    prompt_view_draw();
    return true;
}

char *prompt_take_left(void)
{
    char *left = strndup(rl_line_buffer, (size_t)rl_point);

    end_modes();
    rl_delete_text(0, rl_point);
    rl_point = 0;
    prompt_view_draw();
    return left;
}

bool prompt_clear(void)
{
    bool had_some = rl_end || RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG);

    end_modes();
    rl_free_undo_list();
    rl_replace_line("", 1);
    rl_point = rl_mark = 0;
    using_history();
    prompt.told_too_long = false;
    if (rl_editing_mode == 0)
        rl_vi_insertion_mode(1, 'i');
    prompt_view_draw();
    return had_some;
}

/* ---- label and text ---- */

void prompt_set_label(const char *label)
{
    snprintf(prompt.label, sizeof prompt.label, "%s> ", label);
    apply_label();
}

char *prompt_text(void)
{
    return strdup(prompt.is_open && !prompt.is_entering ? rl_line_buffer : "");
}

const char *prompt_library(void)
{
    return rl_library_version;
}

char *prompt_path(const char *typed, size_t n)
{
    char *whole = strndup(typed, n);
    char *path = whole ? tilde_expand(whole) : NULL;

    free(whole);
    return path;
}
