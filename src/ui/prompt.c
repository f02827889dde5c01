/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/prompt.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>
#include <readline/tilde.h>

#include "base/buf.h"
#include "base/reserve.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "ui/row.h"

enum {
    HISTORY = 1000,
    LABEL = 64,
    ARGUMENT_MAX = 1000,
    LEAST_COLUMNS = 8, /* with fewer, or with one row, readline divides by zero */
    LEAST_ROWS = 2,
};

/* readline's state is global, and so is ours. */
static struct {
    const struct prompt_events *events;
    void *owner;
    FILE *screen;
    struct buf torn;      /* a character that readline has not written to its end */
    bool cannot_go_up;    /* the cursor */
    bool is_row;          /* the line stays in one row, of which we draw what fits */
    unsigned row_columns; /* that are drawn in it */
    const char *input;    /* fed and not taken yet */
    size_t left;
    unsigned columns, rows;
    char label[LABEL]; /* and "> ": what stands before the line */
    bool is_open, is_hidden;
    bool is_entering; /* what readline holds was taken */
    bool told_too_long;
    struct prompt_choices choices;
} prompt;

/* ---- what readline asks of its surroundings ---- */

static void write_bytes(const void *bytes, size_t n)
{
    prompt.events->write(prompt.owner, bytes, n);
}

/* The line may hold what was pasted, or kept in a file: of what is not ASCII only what is shown as
 * itself goes to the screen. In its place stands something as wide as readline believes it to be:
 * the wcwidth that both ask is that of ui/wcwidth. */
static void write_character(const unsigned char *bytes, const struct utf8_char *character)
{
    bool is_good = character->status == UTF8_GOOD;

    if (is_good && (character->scalar < 0x80 || safetext_is_plain(character->scalar)))
        write_bytes(bytes, character->length);
    else if (!is_good || wcwidth((wchar_t)character->scalar) != 0)
        write_bytes("\uFFFD", strlen("\uFFFD"));
}

/* readline's output may end in the middle of a character. */
static ssize_t write_screen(void *cookie, const char *bytes, size_t n)
{
    struct buf *torn = &prompt.torn;

    (void)cookie;
    if (buf_append(torn, bytes, n) < 0)
        return 0; /* the next redraw shows it */
    while (buf_length(torn)) {
        const unsigned char *text = buf_bytes(torn);
        struct utf8_char next = utf8_next(text, buf_length(torn));

        if (next.status == UTF8_CUT)
            break;
        write_character(text, &next);
        buf_consume(torn, next.length);
    }
    return (ssize_t)n;
}

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

/* ---- drawing ---- */

static void clear_row(void)
{
    static const char erase[] = "\r\033[K";

    if (prompt.cannot_go_up) {
        write_bytes("\r", 1);
        for (unsigned i = 0; i < prompt.row_columns; i++)
            write_bytes(" ", 1);
        write_bytes("\r", 1);
    } else {
        write_bytes(erase, sizeof erase - 1);
    }
    prompt.row_columns = 0;
}

/* The line with what stands before it, during a search too. -1 without memory. */
static int whole_line(struct buf *text, size_t *head)
{
    *head = strlen(rl_display_prompt);
    buf_init(text, 2 * PROMPT_LINE);
    if (buf_append(text, rl_display_prompt, *head) == 0 &&
        buf_append(text, rl_line_buffer, (size_t)rl_end) == 0)
        return 0;
    buf_fini(text);
    return -1;
}

static void draw_row(void)
{
    struct row row;
    struct buf text;
    size_t head;

    if (whole_line(&text, &head) < 0)
        return;
    if (row_init(&row, buf_bytes(&text), buf_length(&text), head + (size_t)rl_point,
                 prompt.columns) == 0) {
        clear_row();
        write_bytes(buf_bytes(&row.shown), buf_length(&row.shown));
        write_bytes("\r", 1);
        write_bytes(buf_bytes(&row.shown), row.cursor);
        prompt.row_columns = row.columns;
        row_fini(&row);
    }
    buf_fini(&text);
}

/* What has scrolled off cannot be drawn again. */
static bool is_taller_than_screen(void)
{
    struct buf text;
    size_t head;
    bool is_taller;

    if (whole_line(&text, &head) < 0)
        return false;
    is_taller = row_height(buf_bytes(&text), buf_length(&text), prompt.columns) > prompt.rows;
    buf_fini(&text);
    return is_taller;
}

/* Where the cursor cannot go up (TERM=dumb) and where a line is scrolled because the person wants
 * it so, readline would scroll it by bytes. */
static bool fits_one_row_only(void)
{
    return prompt.cannot_go_up || prompt.columns < LEAST_COLUMNS || prompt.rows < LEAST_ROWS ||
           !strcmp(rl_variable_value("horizontal-scroll-mode"), "on") || is_taller_than_screen();
}

static void clear_line(void)
{
    if (prompt.is_row)
        clear_row();
    else
        rl_clear_visible_line();
    fflush(prompt.screen);
}

/* Once for all the keys that came together. */
static void redisplay(void)
{
    bool is_row;

    if (prompt.is_hidden || prompt.left)
        return;
    is_row = fits_one_row_only();
    if (is_row != prompt.is_row) {
        clear_line();
        rl_on_new_line();
        prompt.is_row = is_row;
    }
    if (is_row) {
        draw_row();
        return;
    }
    rl_redisplay();
    fflush(prompt.screen);
}

static void prepare(int meta)
{
    (void)meta;
    rl_tty_set_echoing(1);
}

static void unprepare(void)
{
}

/* ---- completion ---- */

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The whole text left of the cursor is one word for readline: so names may have blanks. */
static char *whole(const char *before, size_t start, const char *word, const char *tail)
{
    char *line = NULL;

    if (asprintf(&line, "%.*s%s%s", (int)start, before, word, tail) < 0)
        return NULL;
    return line;
}

static char *next_file(const char *before, int again)
{
    size_t start = prompt.choices.start;
    char *name, *line;

    if (!again)
        reserve_lend(); /* readline opens the folder */
    name = rl_filename_completion_function(before + start, again);
    line = name ? whole(before, start, name, is_directory(name) ? "/" : "") : NULL;

    free(name);
    return line;
}

static char *next_word(const char *before, int again)
{
    static size_t number;
    const char *word;

    number = again ? number + 1 : 0;
    word = prompt.choices.word(prompt.owner, number);
    return word ? whole(before, prompt.choices.start, word, " ") : NULL;
}

static char **complete(const char *before, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1;
    rl_completion_append_character = '\0';
    prompt.choices = (struct prompt_choices){0};
    prompt.events->complete(prompt.owner, before, &prompt.choices);
    if (prompt.choices.files)
        return rl_completion_matches(before, next_file);
    return prompt.choices.word ? rl_completion_matches(before, next_word) : NULL;
}

/* Of a path what stands behind its folders. */
static char *last_name(char *path)
{
    for (char *slash = path; (slash = strchr(slash, '/')) && slash[1];)
        path = ++slash;
    return path;
}

static void choose(char **lines, int count, int longest)
{
    char **words = calloc((size_t)count, sizeof *words);

    (void)longest;
    if (!words)
        return;
    for (int i = 0; i < count; i++) {
        words[i] = lines[i + 1] + prompt.choices.start;
        if (prompt.choices.files)
            words[i] = last_name(words[i]);
    }
    prompt.events->choose(prompt.owner, words, (size_t)count);
    free(words);
}

/* ---- a line is entered ---- */

/* The typed line makes room for what becomes of it; readline would leave it there and go below. */
static int accept(int count, int key)
{
    int result;

    if (!prompt.is_hidden)
        clear_line();
    rl_tty_set_echoing(0);
    result = rl_newline(count, key);
    rl_tty_set_echoing(1);
    return result;
}

/* Under whatever key the user has it. */
static void replace_accept(Keymap input)
{
    for (int i = 0; i < KEYMAP_SIZE; i++)
        if (input[i].type == ISFUNC && input[i].function == rl_newline)
            input[i].function = accept;
}

static void on_line(char *line)
{
    fflush(prompt.screen);
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

/* readline takes its charset from the environment, again and again; whatever the terminal speaks,
 * here it is UTF-8. */
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

/* What would write to descriptors behind our back, or wait. */
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

static void install(void)
{
    rl_readline_name = "tcpchat";
    rl_instream = stdin;
    rl_outstream = prompt.screen;
    rl_getc_function = next_key;
    rl_input_available_hook = has_key;
    rl_prep_term_function = prepare;
    rl_deprep_term_function = unprepare;
    rl_completer_word_break_characters = "";
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = choose;
    rl_initialize();
    rl_redisplay_function = redisplay; /* before, readline would not look at TERM */
    prompt.cannot_go_up = prompt.is_row = !rl_get_termcap("up");
    restrain();
    rl_tty_set_default_bindings(emacs_standard_keymap);
    rl_tty_set_default_bindings(vi_insertion_keymap);
    replace_accept(emacs_standard_keymap);
    replace_accept(vi_insertion_keymap);
    replace_accept(vi_movement_keymap);
}

static void set_size(unsigned columns, unsigned rows)
{
    prompt.columns = columns;
    prompt.rows = rows;
    rl_set_screen_size((int)(rows < LEAST_ROWS ? LEAST_ROWS : rows),
                       (int)(columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns));
}

void prompt_open(const struct prompt_events *events, void *owner, unsigned columns, unsigned rows)
{
    static const cookie_io_functions_t functions = {.write = write_screen};

    prompt.events = events;
    prompt.owner = owner;
    prompt.screen = fopencookie(NULL, "w", functions);
    prompt.is_hidden = true;
    prompt.is_open = true;
    buf_init(&prompt.torn, 4 * PROMPT_LINE);
    speak_utf8();
    install();
    set_size(columns, rows);
    stifle_history(HISTORY);
    strcpy(prompt.label, "> ");
    rl_callback_handler_install(prompt.label, on_line);
}

void prompt_close(void)
{
    if (!prompt.is_open)
        return;
    prompt_hide();
    prompt.is_open = false;
    rl_callback_handler_remove();
    fclose(prompt.screen);
    buf_fini(&prompt.torn);
    rl_outstream = stdout;
    clear_history();
}

/* ---- keys ---- */

static void apply_label(void);

/* A key that would make the line too long is one that stands for itself. */
static bool is_refused(char key)
{
    return rl_end >= PROMPT_LINE && (unsigned char)key >= 0x20 && key != 0x7F;
}

static void refuse(void)
{
    prompt.input++;
    prompt.left--;
    if (!prompt.told_too_long)
        prompt.events->too_long(prompt.owner);
    prompt.told_too_long = true;
}

/* "Insert x five million times" is a way to hold everybody, and so is to yank a long line often. */
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
        prompt.events->too_long(prompt.owner);
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
    redisplay();
}

/* A search or a half-typed key ends where text comes from elsewhere. */
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
    redisplay();
    return true;
}

char *prompt_take_left(void)
{
    char *left = strndup(rl_line_buffer, (size_t)rl_point);

    end_modes();
    rl_delete_text(0, rl_point);
    rl_point = 0;
    redisplay();
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
    redisplay();
    return had_some;
}

/* ---- the screen ---- */

void prompt_hide(void)
{
    if (!prompt.is_open || prompt.is_hidden)
        return;
    clear_line();
    prompt.is_hidden = true;
}

void prompt_show(void)
{
    if (!prompt.is_open)
        return;
    prompt.is_hidden = false;
    rl_on_new_line();
    redisplay();
}

void prompt_resize(unsigned columns, unsigned rows)
{
    bool was_hidden = prompt.is_hidden;

    if (columns == prompt.columns && rows == prompt.rows)
        return;
    prompt_hide();
    set_size(columns, rows);
    if (!was_hidden)
        prompt_show();
}

void prompt_set_label(const char *label)
{
    snprintf(prompt.label, sizeof prompt.label, "%s> ", label);
    apply_label();
}

/* During a search readline has a prompt of its own. */
static void apply_label(void)
{
    bool was_hidden = prompt.is_hidden;

    if (!prompt.is_open || !strcmp(prompt.label, rl_prompt) || RL_ISSTATE(RL_STATE_ISEARCH))
        return;
    prompt_hide();
    rl_set_prompt(prompt.label);
    if (!was_hidden)
        prompt_show();
}

char *prompt_text(void)
{
    return strdup(prompt.is_open && !prompt.is_entering ? rl_line_buffer : "");
}

char *prompt_path(const char *typed, size_t n)
{
    char *whole = strndup(typed, n);
    char *path = whole ? tilde_expand(whole) : NULL;

    free(whole);
    return path;
}
