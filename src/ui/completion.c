/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/completion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "base/language.h"
#include "room/member.h"
#include "text/text_options.h"
#include "text/views.h"
#include "ui/file_names.h"
#include "ui/saved_messages.h"

enum { SENTENCE = 2048, CHOICES = 100 };

/* readline's state is global, and so is ours. */
static struct {
    enum command_audience audience;
    const struct room *room;
    struct screen *screen;
    struct opener opener;
    struct command_completion how;
    const char *prefix;
    size_t length;
    const struct command_row *row; /* the last one that was offered */
    const struct member *peer;     /* the next one to be looked at: there may be thousands */
    size_t far_name, word;         /* likewise */
    struct saved_messages saved;   /* read for each completion */
    char name[SAVED_NAME + 1];     /* of one of them */
    struct file_names files;
} wanted;

/* ---- words ---- */

static const char *const charsets[] = {"raw",    "utf-8",        "gbk",          "gb18030",
                                       "big5",   "shift_jis",    "euc-jp",       "euc-kr",
                                       "koi8-r", "windows-1251", "windows-1252", "auto"};

static const char *const switches[] = {"on", "off"};

/* Words that are one of a few, by the kind of completion. */
static const struct {
    enum command_completes kind;
    const char *const *words;
    size_t count;
} choices[] = {
    {COMPLETES_CHARSET, charsets, sizeof charsets / sizeof *charsets},
    {COMPLETES_SWITCH, switches, sizeof switches / sizeof *switches},
    {COMPLETES_EOL, &eol_names[EOL_LF], EOLS - EOL_LF},
    {COMPLETES_VIEW, view_names, VIEWS},
};

static bool is_wanted(const char *word)
{
    return !strncmp(word, wanted.prefix, wanted.length);
}

static const char *next_command(void)
{
    wanted.row = command_next(wanted.row, wanted.audience, wanted.prefix, wanted.length);
    return wanted.row ? wanted.row->name : NULL;
}

/* The next name that is here, or in the far room; NULL after the last. */
static const char *next_name(void)
{
    const struct member *peer = wanted.peer;

    if (wanted.audience == COMMAND_OF_MEMBER)
        return map_next(&wanted.room->far.names, &wanted.far_name);
    wanted.peer = peer ? peer->seat.next : NULL;
    return peer ? peer->seat.name : NULL;
}

static const char *next_of(const char *const *words, size_t count)
{
    while (wanted.word < count)
        if (is_wanted(words[wanted.word++]))
            return words[wanted.word - 1];
    return NULL;
}

/* The file's mistakes are told when a message is sent. */
static const char *next_saved(void)
{
    while (wanted.word < wanted.saved.count) {
        const struct saved_message *message = &wanted.saved.all[wanted.word++];

        snprintf(wanted.name, sizeof wanted.name, "%.*s", (int)message->name_n, message->name);
        if (is_wanted(wanted.name))
            return wanted.name;
    }
    return NULL;
}

static const char *next_argument(void)
{
    const char *peer;

    while (wanted.how.kinds & (COMPLETES_PEER | COMPLETES_ADDRESSEE) && (peer = next_name()))
        if (is_wanted(peer))
            return peer;
    if (wanted.how.kinds & COMPLETES_SAVED)
        return next_saved();
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (wanted.how.kinds & choices[i].kind)
            return next_of(choices[i].words, choices[i].count);
    return NULL;
}

/* The whole text left of the cursor is one word for readline: so names may have blanks. */
static char *whole(const char *before, const char *word, const char *tail)
{
    char *line = NULL;

    if (asprintf(&line, "%.*s%s%s", (int)wanted.how.start, before, word, tail) < 0)
        return NULL;
    return line;
}

/* ---- what readline asks ---- */

static void load_saved(void)
{
    saved_messages_fini(&wanted.saved);
    if (wanted.how.kinds & COMPLETES_SAVED &&
        saved_messages_load(&wanted.saved, wanted.opener, NULL) < 0)
        saved_messages_fini(&wanted.saved);
}

static char *next_word(const char *before, int again)
{
    const char *word;

    if (!again) {
        wanted.row = NULL;
        wanted.peer = wanted.room->roster.first;
        wanted.far_name = wanted.word = 0;
        load_saved();
    }
    word = wanted.how.kinds & COMPLETES_COMMAND ? next_command() : next_argument();
    return word ? whole(before, word, wanted.how.kinds & COMPLETES_ADDRESSEE ? ": " : " ") : NULL;
}

static char *next_file(const char *before, int again)
{
    char *name, *line;

    if (!again)
        file_names_begin(&wanted.files, wanted.opener, wanted.prefix);
    name = file_names_next(&wanted.files);
    line = name ? whole(before, name, "") : NULL;
    if (!name)
        file_names_end(&wanted.files);
    free(name);
    return line;
}

static char **complete(const char *before, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1;
    rl_completion_append_character = '\0';
    wanted.how = command_complete(before, strlen(before), wanted.audience);
    wanted.prefix = before + wanted.how.start;
    wanted.length = strlen(wanted.prefix);
    if (wanted.how.kinds & COMPLETES_FILE)
        return rl_completion_matches(before, next_file);
    return wanted.how.kinds ? rl_completion_matches(before, next_word) : NULL;
}

/* The part of a path behind its folders. */
static const char *last_name(const char *path)
{
    for (const char *slash = path; (slash = strchr(slash, '/')) && slash[1];)
        path = ++slash;
    return path;
}

/* lines[0] is what the others have in common. */
static void show(char **lines, int count, int longest)
{
    const char *slash = wanted.how.kinds & COMPLETES_COMMAND ? "/" : "";
    char sentence[SENTENCE] = "";
    size_t length = 0;

    (void)longest;
    for (int i = 0; i < count && i < CHOICES && length < sizeof sentence; i++) {
        const char *word = lines[i + 1] + wanted.how.start;

        if (wanted.how.kinds & COMPLETES_FILE)
            word = last_name(word);
        length += (size_t)snprintf(sentence + length, sizeof sentence - length, "%s%s%s",
                                   i ? "  " : "", slash, word);
    }
    if (count > CHOICES)
        screen_tell(wanted.screen, "%s  (%d more)", sentence, count - CHOICES);
    else
        screen_notice(wanted.screen, sentence);
}

void completion_open(enum command_audience audience, const struct room *room, struct screen *screen,
                     struct opener opener)
{
    wanted.audience = audience;
    wanted.room = room;
    wanted.screen = screen;
    wanted.opener = opener;
    rl_completer_word_break_characters = "";
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = show;
}
