/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/completion.h"

#include <stdio.h>
#include <string.h>

#include "ui/console.h"

enum { SENTENCE = 2048, CHOICES = 100 };

/* What completes is asked for word by word. */
static struct {
    struct command_completion how;
    const char *prefix;
    size_t length;
    const struct member *peer; /* the next ones to be looked at */
    size_t charset;
} wanted;

static const char *const offered[] = {"raw",    "utf-8",        "gbk",          "gb18030",
                                      "big5",   "shift_jis",    "euc-jp",       "euc-kr",
                                      "koi8-r", "windows-1251", "windows-1252", "auto"};

static const char *nth_command(const struct console *console, size_t number)
{
    const struct command_row *row = NULL;

    do
        row = command_next(row, console->options.audience, wanted.prefix, wanted.length);
    while (row && number--);
    return row ? row->name : NULL;
}

static bool is_wanted(const char *word)
{
    return !strncmp(word, wanted.prefix, wanted.length);
}

/* Goes on where the last one was found: there may be thousands. */
static const char *next_peer(void)
{
    for (; wanted.peer; wanted.peer = wanted.peer->seat.next)
        if (is_wanted(wanted.peer->seat.name)) {
            const char *name = wanted.peer->seat.name;

            wanted.peer = wanted.peer->seat.next;
            return name;
        }
    return NULL;
}

static const char *next_charset(void)
{
    while (wanted.charset < sizeof offered / sizeof *offered) {
        const char *name = offered[wanted.charset++];

        if (is_wanted(name))
            return name;
    }
    return NULL;
}

static const char *nth_argument(const struct console *console, size_t number)
{
    const char *word = NULL;

    if (!number) {
        wanted.peer = wanted.how.kinds & COMPLETES_PEER ? console->room->roster.first : NULL;
        wanted.charset = 0;
    }
    word = next_peer();
    if (!word && wanted.how.kinds & COMPLETES_CHARSET)
        word = next_charset();
    return word;
}

static const char *nth_word(void *owner, size_t number)
{
    if (wanted.how.kinds & COMPLETES_COMMAND)
        return nth_command(owner, number);
    return nth_argument(owner, number);
}

void completion_begin(void *owner, const char *before, struct prompt_choices *choices)
{
    const struct console *console = owner;

    wanted.how = command_complete(before, strlen(before), console->options.audience);
    wanted.prefix = before + wanted.how.start;
    wanted.length = strlen(wanted.prefix);
    choices->start = wanted.how.start;
    choices->files = wanted.how.kinds & COMPLETES_FILE;
    choices->word = wanted.how.kinds & ~(unsigned)COMPLETES_FILE ? nth_word : NULL;
}

void completion_show(void *owner, char **words, size_t count)
{
    const char *slash = wanted.how.kinds & COMPLETES_COMMAND ? "/" : "";
    char sentence[SENTENCE] = "";
    size_t length = 0;

    for (size_t i = 0; i < count && i < CHOICES && length < sizeof sentence; i++)
        length += (size_t)snprintf(sentence + length, sizeof sentence - length, "%s%s%s",
                                   i ? "  " : "", slash, words[i]);
    console_tell(owner, "%s%s", sentence, count > CHOICES ? "  and more" : "");
}
