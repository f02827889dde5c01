/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/command.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"
#include "text/name.h"
#include "text/suggest.h"

/* ---- the table ---- */

enum {
    CONNECT = COMMAND_OF_CONNECT,
    PEER = COMMAND_OF_PEER,
    CHAT = COMMAND_OF_CHAT,
    MEMBER = COMMAND_OF_MEMBER,
    OPERATOR = COMMAND_OF_LISTEN | CHAT,
    PERSON = CONNECT | MEMBER | OPERATOR,
    BENCH = CONNECT | MEMBER | COMMAND_OF_LISTEN, /* in a chat words have names */
    ROWS = 24,
};

/* clang-format off */
static const struct command_row rows[ROWS] = {
    {COMMAND_HELP, "help", "", PERSON | PEER, 0, {0}, N_("list the commands")},
    {COMMAND_QUIT, "quit", "", PERSON | PEER, 0, {0}, N_("leave")},
    {COMMAND_STATUS, "status", "", PERSON, 0, {0},
     N_("show who is connected, for how long, and what was sent")},
    {COMMAND_ENCODING, "encoding", "[PEER] [LIST]", CONNECT | OPERATOR, 0, {TAKES_PEER, TAKES_LIST},
     N_("show or set what one peer or everyone speaks")},
    {COMMAND_ENCODING, "encoding", "[LIST]", MEMBER, 0, {TAKES_LIST},
     N_("show what you and the room speak, or set it on both sides")},
    {COMMAND_ENCODING, "encoding", "CHARSET", PEER, 1, {TAKES_CHARSET}, N_("say what you speak")},
    {COMMAND_SEND, "send", "FILE", PERSON, 1, {TAKES_FILE}, N_("send a file")},
    {COMMAND_CLEAR, "clear", "", PERSON, 0, {0}, N_("clear the screen")},
    {COMMAND_EXPLAIN, "explain", "on|off", PERSON, 1, {TAKES_SWITCH},
     N_("tell each call on a socket, or no more")},
    {COMMAND_EOL, "eol", "[END]", PERSON, 0, {TAKES_EOL},
     N_("show or set the end of a line that is sent: lf, crlf, cr or none")},
    {COMMAND_VIEW, "view", "[FORM]", PERSON, 0, {TAKES_VIEW},
     N_("show messages as text, hex, both or chunks, or off: without time and bytes")},
    {COMMAND_WHO, "who", "", OPERATOR | MEMBER | PEER, 0, {0}, N_("list who is here")},
    {COMMAND_TO, "to", "PEER TEXT", OPERATOR, 2, {TAKES_PEER, TAKES_TEXT},
     N_("talk to one peer only")},
    {COMMAND_KICK, "kick", "PEER", OPERATOR, 1, {TAKES_PEER}, N_("remove a peer")},
    {COMMAND_NICK, "nick", "NAME", OPERATOR | MEMBER | PEER, 1, {TAKES_NAME}, N_("be called NAME")},
    {COMMAND_LOCK, "lock", "", OPERATOR, 0, {0}, N_("let nobody else in")},
    {COMMAND_UNLOCK, "unlock", "", OPERATOR, 0, {0}, N_("let others in again")},
    {COMMAND_ME, "me", "TEXT", CHAT | MEMBER | PEER, 1, {TAKES_TEXT}, N_("say what you do")},
    {COMMAND_MSG, "msg", "NAME TEXT", CHAT | MEMBER | PEER, 2, {TAKES_PEER, TAKES_TEXT},
     N_("talk to one only")},
    {COMMAND_BYTES, "bytes", "LITERAL", BENCH, 1, {TAKES_LITERAL},
     N_("send exactly these bytes, such as {hex 01 03}")},
    {COMMAND_EVERY, "every", "TIME LITERAL", BENCH, 2, {TAKES_TIME, TAKES_LITERAL},
     N_("send bytes now and every TIME, such as 500ms")},
    {COMMAND_STOP, "stop", "[N]", BENCH, 0, {TAKES_NUMBER}, N_("end /every, or its number N")},
    {COMMAND_M, "m", "[NAME]", BENCH, 0, {TAKES_SAVED}, N_("send a saved message, or list them")},
    {COMMAND_SAVE, "save", "NAME [LITERAL]", BENCH, 1, {TAKES_SAVED, TAKES_LITERAL},
     N_("save a literal, or the last that was sent, as a message")},
};
/* clang-format on */

/* The properties of an argument in any row. */
static const struct {
    unsigned completes;
    bool is_rest; /* blanks are part of it */
} takes[] = {
    [TAKES_PEER] = {COMPLETES_PEER, false},
    [TAKES_NAME] = {0, false},
    [TAKES_CHARSET] = {COMPLETES_CHARSET, false},
    [TAKES_LIST] = {COMPLETES_CHARSET, false},
    [TAKES_FILE] = {COMPLETES_FILE, true},
    [TAKES_TEXT] = {0, true},
    [TAKES_SWITCH] = {COMPLETES_SWITCH, false},
    [TAKES_EOL] = {COMPLETES_EOL, false},
    [TAKES_VIEW] = {COMPLETES_VIEW, false},
    [TAKES_LITERAL] = {0, true},
    [TAKES_TIME] = {0, false},
    [TAKES_NUMBER] = {0, false},
    [TAKES_SAVED] = {COMPLETES_SAVED, false},
};

static size_t most_of(const struct command_row *row)
{
    size_t most = 0;

    while (most < COMMAND_ARGUMENTS && row->takes[most])
        most++;
    return most;
}

const struct command_row *command_next(const struct command_row *previous,
                                       enum command_audience audience, const char *prefix, size_t n)
{
    for (const struct command_row *row = previous ? previous + 1 : rows; row < rows + ROWS; row++)
        if (row->audiences & audience && strnlen(row->name, n) == n &&
            !memcmp(row->name, prefix, n))
            return row;
    return NULL;
}

void command_shown(const struct command_row *row, char shown[COMMAND_SHOWN])
{
    snprintf(shown, COMMAND_SHOWN, "/%s%s%s", row->name, *row->arguments ? " " : "",
             row->arguments);
}

static const struct command_row *find(struct word name, enum command_audience audience)
{
    const struct command_row *row = NULL;

    while ((row = command_next(row, audience, name.at, name.n)))
        if (!row->name[name.n])
            return row;
    return NULL;
}

/* ---- pieces ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static struct word take(struct word *left, size_t n)
{
    struct word piece = {left->at, n};

    left->at += n;
    left->n -= n;
    return piece;
}

static void skip_blanks(struct word *left)
{
    while (left->n && is_blank(*left->at))
        take(left, 1);
}

static struct word take_word(struct word *left)
{
    size_t n = 0;

    while (n < left->n && !is_blank(left->at[n]))
        n++;
    return take(left, n);
}

static struct word take_rest(struct word *left)
{
    struct word rest = take(left, left->n);

    while (rest.n && is_blank(rest.at[rest.n - 1]))
        rest.n--;
    return rest;
}

/* Takes the slash and the word behind it. False: the line is text. */
static bool take_command(struct word *left, struct word *word)
{
    if (left->n < 2 || left->at[0] != '/' || !ascii_is_letter(left->at[1]))
        return false;
    take(left, 1);
    *word = take_word(left);
    return !memchr(word->at, '/', word->n);
}

/* ---- parsing ---- */

void command_copy(char *word, size_t size, struct word piece)
{
    snprintf(word, size, "%.*s", (int)piece.n, piece.at);
}

bool command_begins(const void *bytes, size_t n)
{
    struct word left = {bytes, n}, word;

    return take_command(&left, &word);
}

static struct word text_of(const char *line)
{
    bool escaped = line[0] == '/' && line[1] == '/';

    return (struct word){line + escaped, strlen(line + escaped)};
}

/* Capital letters do not count as mistakes. */
static void copy_lowered(char word[SUGGEST_LENGTH + 1], struct word typed)
{
    size_t n = typed.n < SUGGEST_LENGTH ? typed.n : SUGGEST_LENGTH;

    for (size_t i = 0; i < n; i++)
        word[i] = ascii_lower(typed.at[i]);
    word[n] = '\0';
}

/* The row whose name alone begins so, or NULL. */
static const struct command_row *only_one(const char *beginning, enum command_audience audience)
{
    size_t n = strlen(beginning);
    const struct command_row *row = command_next(NULL, audience, beginning, n);

    return row && !command_next(row, audience, beginning, n) ? row : NULL;
}

static void look_nearby(struct command_line *parsed, enum command_audience audience)
{
    char word[SUGGEST_LENGTH + 1];
    struct suggest suggest = {.word = word};
    const struct command_row *row = NULL;

    copy_lowered(word, parsed->word);
    while ((row = command_next(row, audience, "", 0))) {
        suggest_offer(&suggest, row->name);
        if (suggest.name == row->name)
            parsed->row = row;
    }
    parsed->kind = suggest.name && suggest.distance <= 1 ? COMMAND_IS_NEAR : COMMAND_IS_UNKNOWN;
    if (!parsed->row)
        parsed->row = only_one(word, audience);
}

/* A sentence for each way in which a row of the table takes something. */
static const char *complaint_of(const struct command_row *row)
{
    static const char alone[][56] = {
        [TAKES_NOTHING] = N_("/%s takes nothing after it"),
        [TAKES_PEER] = N_("/%s takes a peer: %s"),
        [TAKES_NAME] = N_("/%s takes a name: %s"),
        [TAKES_CHARSET] = N_("/%s takes a charset: %s"),
        [TAKES_LIST] = N_("/%s takes at most a list such as utf-8,gbk: %s"),
        [TAKES_FILE] = N_("/%s takes a file: %s"),
        [TAKES_TEXT] = N_("/%s takes a text: %s"),
        [TAKES_SWITCH] = N_("/%s takes on or off: %s"),
        [TAKES_EOL] = N_("/%s takes lf, crlf, cr or none: %s"),
        [TAKES_VIEW] = N_("/%s takes text, hex, both, chunks or off: %s"),
        [TAKES_LITERAL] = N_("/%s takes a literal: %s"),
        [TAKES_NUMBER] = N_("/%s takes at most a number: %s"),
        [TAKES_SAVED] = N_("/%s takes at most the name of a saved message: %s"),
    };

    if (most_of(row) < 2)
        return alone[row->takes[0]];
    if (row->takes[1] == TAKES_LITERAL)
        return row->least == 2 ? N_("/%s takes a time and a literal: %s")
                               : N_("/%s takes a name, and perhaps a literal: %s");
    return row->takes[1] == TAKES_LIST
               ? N_("/%s takes at most a peer and a list such as utf-8,gbk: %s")
               : N_("/%s takes a peer and a text: %s");
}

static int complain(const struct command_row *row, struct err *err)
{
    char shown[COMMAND_SHOWN];

    command_shown(row, shown);
    return err_set(err, ERR_USAGE, complaint_of(row), row->name, shown);
}

/* Words behind a name were meant as a part of it. */
static int complain_of_blanks(const struct command_line *parsed, struct word left, struct err *err)
{
    const char *name = parsed->arguments[0].at;
    struct word whole = {name, (size_t)(left.at + left.n - name)};

    whole = take_rest(&whole);
    if (whole.n > NAME_BYTES)
        return complain(parsed->row, err);
    return err_set(err, ERR_USAGE, "'%.*s' is no name: it has blanks", (int)whole.n, whole.at);
}

static int take_arguments(struct command_line *parsed, struct word left, struct err *err)
{
    const struct command_row *row = parsed->row;

    skip_blanks(&left);
    while (left.n && parsed->count < most_of(row)) {
        bool is_rest = takes[row->takes[parsed->count]].is_rest;

        parsed->arguments[parsed->count++] = is_rest ? take_rest(&left) : take_word(&left);
        skip_blanks(&left);
    }
    if (left.n && row->takes[0] == TAKES_NAME)
        return complain_of_blanks(parsed, left, err);
    return left.n || parsed->count < row->least ? complain(row, err) : 0;
}

int command_parse(const char *line, enum command_audience audience, struct command_line *parsed,
                  struct err *err)
{
    struct word left = {line, strlen(line)}, word;

    *parsed = (struct command_line){.kind = COMMAND_IS_TEXT, .text = text_of(line)};
    if (!take_command(&left, &word))
        return 0;
    parsed->word = word;
    parsed->row = find(word, audience);
    if (!parsed->row) {
        look_nearby(parsed, audience);
        return 0;
    }
    parsed->kind = COMMAND_IS_CALL;
    return take_arguments(parsed, left, err);
}

/* ---- completion ---- */

/* The kinds of an argument at this place: its own and, if that is optional, the next. */
static unsigned kinds_at(const struct command_row *row, size_t index)
{
    unsigned kinds = 0;

    for (size_t i = index; i < most_of(row) && (i == index || row->least < i); i++)
        kinds |= takes[row->takes[i]].completes;
    return kinds;
}

/* In a list, which a comma identifies, the last charset is completed. */
static void narrow_to_item(struct command_completion *completion, struct word word)
{
    const char *comma = word.n ? memrchr(word.at, ',', word.n) : NULL;

    if (!comma || !(completion->kinds & COMPLETES_CHARSET))
        return;
    completion->kinds = COMPLETES_CHARSET;
    completion->start += (size_t)(comma + 1 - word.at);
}

static struct command_completion complete_argument(const struct command_row *row, const char *text,
                                                   struct word left)
{
    struct command_completion completion = {0};

    for (size_t i = 0; i < most_of(row); i++) {
        struct word word;

        skip_blanks(&left);
        completion.start = (size_t)(left.at - text);
        word = takes[row->takes[i]].is_rest ? take(&left, left.n) : take_word(&left);
        if (!left.n) { /* the cursor stands in it */
            completion.kinds = kinds_at(row, i);
            narrow_to_item(&completion, word);
            break;
        }
    }
    return completion;
}

struct command_completion command_complete(const char *text, size_t n,
                                           enum command_audience audience)
{
    const struct command_completion nothing = {0}, command = {COMPLETES_COMMAND, 1},
                                    addressee = {COMPLETES_ADDRESSEE, 0};
    bool has_names = audience & (CHAT | MEMBER);
    struct word left = {text, n}, word;
    const struct command_row *row;

    if (n == 1 && *text == '/')
        return command;
    if (!take_command(&left, &word))
        return has_names && n && *text != '/' && take_word(&left).n == n ? addressee : nothing;
    if (!left.n)
        return command;
    row = find(word, audience);
    return row ? complete_argument(row, text, left) : nothing;
}
